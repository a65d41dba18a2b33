import type { ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** `articles` is `Articles` in the names of its schemas. */
export const schemaName = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);

const URI: Schema = { type: "string", format: "uri" };
const ID: Schema = { type: "string", format: "uuid" };
const META: Schema = { type: "object" };

function object(properties: Record<string, Schema>, required: readonly string[] = Object.keys(properties)): Schema {
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}) };
}

/** A document that has a profile applied names it here. JSON:API 1.1, "Top Level". */
const selfLink: Schema = { anyOf: [URI, object({ href: URI, type: { type: "string" } })] };
const pageLink: Schema = { type: ["string", "null"], format: "uri" };

/** What documents of all types share. JSON:API 1.1, "Document Structure". */
export function sharedSchemas(): Record<string, Schema> {
  return {
    Jsonapi: object(
      { version: { const: "1.1" }, profile: { type: "array", items: URI }, ext: { type: "array", items: URI } },
      ["version"],
    ),
    CollectionLinks: object(
      { self: selfLink, first: pageLink, prev: pageLink, next: pageLink, last: pageLink, related: URI },
      ["self"],
    ),
    CollectionMeta: object({ total: { type: "integer" }, page: META }, ["page"]),
    Errors: object({
      jsonapi: reference("Jsonapi"),
      errors: { type: "array", minItems: 1, items: reference("Error") },
    }),
    Error: object(
      {
        id: { type: "string" },
        status: { type: "string", pattern: "^[45][0-9]{2}$" },
        code: { type: "string" },
        title: { type: "string" },
        detail: { type: "string" },
        source: object({ pointer: { type: "string" }, parameter: { type: "string" }, header: { type: "string" } }, []),
        links: { type: "object" },
        meta: META,
      },
      ["id", "status", "code", "title", "detail"],
    ),
    Accepted: object({ jsonapi: reference("Jsonapi"), meta: META }),
  };
}

/** The schemas of one type: its resources, the documents that show them, and those that make and change them. */
export function typeSchemas<Caller>(type: ResourceType<Caller>): Record<string, Schema> {
  const name = schemaName(type.name);
  const attributes = [...type.attributes.values()];
  const relationships = [...type.relationships.values()];
  const documentOf = (data: Schema): Schema =>
    object({ jsonapi: reference("Jsonapi"), links: object({ self: URI }), data, included }, [
      "jsonapi",
      "links",
      "data",
    ]);
  const included: Schema = { type: "array", items: object({ type: { type: "string" }, id: ID }) };

  return {
    [`${name}Identifier`]: object({ type: { const: type.name }, id: ID, meta: META }, ["type", "id"]),
    [`${name}Attributes`]: object(membersOf(attributes.filter(isEverShown)), []),
    [`${name}Resource`]: object(
      {
        type: { const: type.name },
        id: ID,
        attributes: reference(`${name}Attributes`),
        relationships: object(
          Object.fromEntries(relationships.map((member) => [member.name, relationshipSchema(member)])),
          [],
        ),
        links: object({ self: URI }),
        meta: META,
      },
      ["type", "id", "links"],
    ),
    [`${name}Document`]: documentOf(reference(`${name}Resource`)),
    [`${name}OrNullDocument`]: documentOf({ oneOf: [reference(`${name}Resource`), { type: "null" }] }),
    [`${name}Collection`]: object(
      {
        jsonapi: reference("Jsonapi"),
        links: reference("CollectionLinks"),
        data: { type: "array", items: reference(`${name}Resource`) },
        included,
        meta: reference("CollectionMeta"),
      },
      ["jsonapi", "links", "data", "meta"],
    ),
    ...(type.definition.create === undefined ? {} : { [`${name}Creation`]: creation(type, attributes, relationships) }),
    ...(type.definition.update === undefined ? {} : { [`${name}Update`]: update(type, attributes, relationships) }),
  };
}

/** The linkage of a relationship, as requests send it and answers show it. */
export function linkageSchema<Caller>({ to, target }: ResourceRelationship<Caller>): Schema {
  const identifier = reference(`${schemaName(target.name)}Identifier`);
  return to === "many" ? { type: "array", items: identifier } : { oneOf: [identifier, { type: "null" }] };
}

/** An attribute that is written but never shown has a value type of which no JSON is known. */
function isEverShown<Caller>({ column, value }: ResourceAttribute<Caller>): boolean {
  return column !== null || value.schema["writeOnly"] !== true;
}

function membersOf<Caller>(attributes: readonly ResourceAttribute<Caller>[]): Record<string, Schema> {
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeSchema(attribute)]));
}

function attributeSchema<Caller>({ value, nullable, create, update }: ResourceAttribute<Caller>): Schema {
  const { type } = value.schema;
  const isReadOnly = create === undefined && update === undefined;
  return {
    ...value.schema,
    ...(nullable === true && typeof type === "string" ? { type: [type, "null"] } : {}),
    ...(isReadOnly ? { readOnly: true } : {}),
  };
}

function relationshipSchema<Caller>(relationship: ResourceRelationship<Caller>): Schema {
  return object({ links: object({ self: URI, related: URI }), data: linkageSchema(relationship) }, ["links"]);
}

function creation<Caller>(
  type: ResourceType<Caller>,
  attributes: readonly ResourceAttribute<Caller>[],
  relationships: readonly ResourceRelationship<Caller>[],
): Schema {
  const writable = attributes.filter(({ create }) => create !== undefined);
  const required = writable.filter((attribute) => attribute.required === true).map(({ name }) => name);
  return object({
    data: object(
      {
        type: { const: type.name },
        ...(type.definition.clientIds === true ? { id: ID } : {}),
        lid: { type: "string" },
        attributes: object(membersOf(writable), required),
        relationships: writableRelationships(relationships),
      },
      ["type", ...(required.length > 0 ? ["attributes"] : [])],
    ),
  });
}

function update<Caller>(
  type: ResourceType<Caller>,
  attributes: readonly ResourceAttribute<Caller>[],
  relationships: readonly ResourceRelationship<Caller>[],
): Schema {
  const writable = attributes.filter((attribute) => attribute.update !== undefined);
  return object({
    data: object(
      {
        type: { const: type.name },
        id: ID,
        attributes: object(membersOf(writable), []),
        relationships: writableRelationships(relationships),
      },
      ["type", "id"],
    ),
  });
}

function writableRelationships<Caller>(relationships: readonly ResourceRelationship<Caller>[]): Schema {
  const writable = relationships.filter(({ write }) => write !== undefined);
  return object(
    Object.fromEntries(writable.map((member) => [member.name, object({ data: linkageSchema(member) })])),
    [],
  );
}
