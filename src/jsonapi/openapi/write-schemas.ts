import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { MAX_LINKED } from "../write/body.ts";
import {
  attributeSchemas,
  attributesOf,
  requiredAttributes,
  requiredRelationships,
  writableRelationships,
} from "./members.ts";
import { oneOf } from "./names.ts";
import { arrayOf, ID, LID, literal, object, orNull, reference, type Schema } from "./schema.ts";

/** Unknown attributes and relationships are refused (422); other members that nobody asked for are ignored. */
const CLOSED = { additionalProperties: false };

/** The schemas of what requests may have of one type. */
export function writeSchemas<Caller>(type: ResourceType<Caller>): Record<string, Schema> {
  const name = oneOf(type.name);
  return {
    [`${name}Reference`]: object({ type: literal(type.name), id: ID }, ["type", "id"]),
    ...(type.definition.create === undefined
      ? {}
      : {
          [`New${name}`]: newResource(type),
          [`${name}Creation`]: object({ data: reference(`New${name}`) }),
        }),
    ...(type.definition.update === undefined
      ? {}
      : {
          [`Changed${name}`]: changedResource(type),
          [`${name}Update`]: object({ data: reference(`Changed${name}`) }),
        }),
  };
}

/** The linkage of a relationship, as requests send it. */
export function sentLinkage<Caller>({ to, target }: ResourceRelationship<Caller>, identifier = "Reference"): Schema {
  const sent = reference(`${oneOf(target.name)}${identifier}`);
  return to === "many" ? arrayOf(sent, { maxItems: MAX_LINKED }) : orNull(sent);
}

/** @param identifier the suffix of the schema by which relationships name resources */
export function newResource<Caller>(type: ResourceType<Caller>, identifier?: string): Schema {
  const attributes = requiredAttributes(type);
  const relationships = requiredRelationships(type).map(({ name }) => name);
  return object(
    {
      type: literal(type.name),
      ...(type.definition.clientIds === true
        ? { id: { ...ID, description: "An id of your own, if you like: a UUID in lower case." } }
        : {}),
      lid: LID,
      attributes: object(
        attributeSchemas(attributesOf(type, ({ create }) => create !== undefined)),
        attributes,
        CLOSED,
      ),
      ...relationshipsMember(type, relationships, identifier),
    },
    ["type", ...(attributes.length > 0 ? ["attributes"] : []), ...(relationships.length > 0 ? ["relationships"] : [])],
  );
}

export function changedResource<Caller>(type: ResourceType<Caller>, identifier?: string): Schema {
  return object(
    {
      type: literal(type.name),
      id: ID,
      ...(identifier === undefined ? {} : { lid: LID }),
      attributes: object(attributeSchemas(attributesOf(type, ({ update }) => update !== undefined)), [], CLOSED),
      ...relationshipsMember(type, [], identifier),
    },
    identifier === undefined ? ["type", "id"] : ["type"],
  );
}

function relationshipsMember<Caller>(type: ResourceType<Caller>, required: readonly string[], identifier?: string) {
  const members = writableRelationships(type);
  if (members.length === 0) return {};
  const schemas = members.map((member) => [member.name, object({ data: sentLinkage(member, identifier) })] as const);
  return { relationships: object(Object.fromEntries(schemas), required, CLOSED) };
}
