import type { Registry, ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { attributesOf, requiredAttributes, requiredRelationships, writableRelationships } from "./members.ts";

/** Example bodies, so that trying out begins with something that makes sense. */

export const EXAMPLE_ID = "0194d7a4-5c1e-7b3a-9f52-3c1d6e8a4b70";

/** What a new resource must have, and what the declaration has an example of. */
export function newExample<Caller>(type: ResourceType<Caller>) {
  const required = requiredAttributes(type);
  const given = attributesOf(
    type,
    ({ name, create, example }) => create !== undefined && (example !== undefined || required.includes(name)),
  );
  const relationships = requiredRelationships(type).map(
    (member) => [member.name, { data: linkageExample(member) }] as const,
  );
  return {
    type: type.name,
    attributes: valueExamples(given),
    ...(relationships.length === 0 ? {} : { relationships: Object.fromEntries(relationships) }),
  };
}

/** One attribute is enough to show how; secrets are changed by those who mean it. */
export function changedExample<Caller>(type: ResourceType<Caller>) {
  const stored = attributesOf(type, ({ update, column }) => update !== undefined && column !== null);
  const shown = stored.findLast(({ example }) => example !== undefined) ?? stored[0];
  return { type: type.name, id: EXAMPLE_ID, attributes: valueExamples(shown === undefined ? [] : [shown]) };
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

/** Values by name: the declaration's own example, or something of the type. */
export function valueExamples<Caller>(attributes: readonly ResourceAttribute<Caller>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, valueExample(attribute)]));
}

function valueExample<Caller>({ example, nullable, value }: ResourceAttribute<Caller>): unknown {
  if (example !== undefined) return example;
  if (nullable === true) return null;
  if (value.name === "dateTime") return "2026-01-31T12:00:00.000Z";
  const values: Readonly<Record<string, unknown>> = { boolean: false, integer: 1, string: "text" };
  return values[String(value.schema["type"])] ?? null;
}
