import type { Registry, ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { attributesOf, writableRelationships } from "./members.ts";

/** Example bodies, so that trying out begins with something that makes sense. */

export const EXAMPLE_ID = "0194d7a4-5c1e-7b3a-9f52-3c1d6e8a4b70";

export function newExample<Caller>(type: ResourceType<Caller>) {
  const given = attributesOf(type, ({ create, example }) => create !== undefined && example !== undefined);
  return { type: type.name, attributes: examplesOf(given) };
}

/** One attribute is enough to show how; secrets are changed by those who mean it. */
export function changedExample<Caller>(type: ResourceType<Caller>) {
  const given = attributesOf(
    type,
    ({ update, example, column }) => update !== undefined && example !== undefined && column !== null,
  );
  return { type: type.name, id: EXAMPLE_ID, attributes: examplesOf(given.slice(-1)) };
}

export function linkageExample<Caller>({ to, target }: ResourceRelationship<Caller>) {
  const identifier = { type: target.name, id: EXAMPLE_ID };
  return to === "many" ? [identifier] : identifier;
}

/** A resource, and a link from it to another, in one go. */
export function operationsExample<Caller>(registry: Registry<Caller>) {
  const type = [...registry.values()].find(
    ({ definition: { create } }) => create !== undefined && create.alone !== true,
  );
  if (type === undefined) return [];
  const lid = "new";
  const links = writableRelationships(type).find(({ to }) => to === "many");
  return [
    { op: "add", data: { ...newExample(type), lid } },
    ...(links === undefined
      ? []
      : [{ op: "add", ref: { type: type.name, lid, relationship: links.name }, data: linkageExample(links) }]),
  ];
}

function examplesOf<Caller>(attributes: readonly ResourceAttribute<Caller>[]) {
  return Object.fromEntries(attributes.map(({ name, example }) => [name, example]));
}
