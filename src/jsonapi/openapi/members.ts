import type { ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import type { Schema } from "./schema.ts";

/** Which members of a type answers show, and which requests may have. */

/** Not a secret that goes in alone. */
export function isEverShown<Caller>({ column, value }: ResourceAttribute<Caller>): boolean {
  return column !== null || value.schema["writeOnly"] !== true;
}

/** Made by a hook and stored nowhere: the answer that creates the resource shows it, and no other. */
export function isShownOnce<Caller>(attribute: ResourceAttribute<Caller>): boolean {
  return attribute.column === null && attribute.computed === undefined && isReadOnly(attribute);
}

function isReadOnly<Caller>({ create, update }: ResourceAttribute<Caller>): boolean {
  return create === undefined && update === undefined;
}

export function attributesOf<Caller>(
  type: ResourceType<Caller>,
  which: (attribute: ResourceAttribute<Caller>) => boolean,
): ResourceAttribute<Caller>[] {
  return [...type.attributes.values()].filter(which);
}

export function writableRelationships<Caller>(type: ResourceType<Caller>): ResourceRelationship<Caller>[] {
  return [...type.relationships.values()].filter(({ write }) => write !== undefined);
}

/** The names of the attributes that a creation must have. */
export function requiredAttributes<Caller>(type: ResourceType<Caller>): string[] {
  return attributesOf(type, ({ required, create }) => required === true && create !== undefined).map(
    ({ name }) => name,
  );
}

/** The relationships that it must have. */
export function requiredRelationships<Caller>(type: ResourceType<Caller>): ResourceRelationship<Caller>[] {
  return writableRelationships(type).filter(
    (member) => member.to === "one" && member.nullable !== true && member.default === undefined,
  );
}

export function attributeSchema<Caller>(attribute: ResourceAttribute<Caller>): Schema {
  const { value, nullable, description, example } = attribute;
  const { type, enum: words } = value.schema;
  return {
    ...value.schema,
    ...(nullable === true && typeof type === "string" ? { type: [type, "null"] } : {}),
    ...(nullable === true && Array.isArray(words) ? { enum: [...(words as unknown[]), null] } : {}),
    ...(isReadOnly(attribute) ? { readOnly: true } : {}),
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

export function attributeSchemas<Caller>(attributes: readonly ResourceAttribute<Caller>[]): Record<string, Schema> {
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeSchema(attribute)]));
}
