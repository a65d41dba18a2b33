import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { attributeSchemas, attributesOf, isEverShown, isShownOnce } from "./members.ts";
import { manyOf, oneOf } from "./names.ts";
import { arrayOf, ID, literal, object, orNull, reference, type Schema } from "./schema.ts";

/** The schemas of what answers show of one type: its resources, and the documents with them. */
export function resourceSchemas<Caller>(type: ResourceType<Caller>): Record<string, Schema> {
  const name = oneOf(type.name);
  const relationships = [...type.relationships.values()];
  const stored = attributesOf(type, (attribute) => isEverShown(attribute) && !isShownOnce(attribute));
  const once = attributesOf(type, isShownOnce);
  const links = { allOf: [reference("PagedDocumentLinks"), reference("PageLinks")] };

  return {
    [`${name}Identifier`]: object({ type: literal(type.name), id: ID, meta: reference("ItemMeta") }, ["type", "id"]),
    // None is required: fieldsets leave out what they do not name, and some are for the eyes of some only.
    [`${name}Attributes`]: object(attributeSchemas(stored), []),
    ...(relationships.length === 0
      ? {}
      : {
          [`${name}Relationships`]: object(
            Object.fromEntries(relationships.map((member) => [member.name, relationshipSchema(member)])),
            [],
          ),
        }),
    [name]: resourceSchema(type, reference(`${name}Attributes`)),
    [`${name}Document`]: documentSchema(reference(name)),
    [`Nullable${name}Document`]: documentSchema(orNull(reference(name))),
    [`${name}Collection`]: object(
      {
        jsonapi: reference("JsonapiObject"),
        links,
        data: arrayOf(reference(name)),
        included: reference("Included"),
        meta: reference("CollectionMeta"),
      },
      ["jsonapi", "links", "data", "meta"],
    ),
    ...linkageDocuments(type),
    ...(once.length === 0
      ? {}
      : {
          [`Created${name}Document`]: documentSchema(
            resourceSchema(type, {
              allOf: [reference(`${name}Attributes`), object(attributeSchemas(once), [])],
            }),
          ),
        }),
  };
}

/** The schema of the answer to a creation. */
export function createdDocument<Caller>(type: ResourceType<Caller>): string {
  const isMore = attributesOf(type, isShownOnce).length > 0;
  return `${isMore ? "Created" : ""}${oneOf(type.name)}Document`;
}

/** The linkage of a relationship, as answers show it. */
export function linkageSchema<Caller>({ to, target }: ResourceRelationship<Caller>): Schema {
  const identifier = reference(`${oneOf(target.name)}Identifier`);
  return to === "many" ? arrayOf(identifier) : orNull(identifier);
}

/** The schema of the document with the linkage of a relationship. */
export function linkageDocument<Caller>({ to, target }: ResourceRelationship<Caller>): string {
  return to === "many" ? `${manyOf(target.name)}LinkageCollection` : `${oneOf(target.name)}Linkage`;
}

function linkageDocuments<Caller>(type: ResourceType<Caller>): Record<string, Schema> {
  const identifier = reference(`${oneOf(type.name)}Identifier`);
  return {
    [`${oneOf(type.name)}Linkage`]: object(
      {
        jsonapi: reference("JsonapiObject"),
        links: reference("LinkageLinks"),
        data: orNull(identifier),
        included: reference("Included"),
      },
      ["jsonapi", "links", "data"],
    ),
    [`${manyOf(type.name)}LinkageCollection`]: object(
      {
        jsonapi: reference("JsonapiObject"),
        links: { allOf: [reference("PagedLinkageLinks"), reference("PageLinks")] },
        data: arrayOf(identifier),
        included: reference("Included"),
        meta: reference("CollectionMeta"),
      },
      ["jsonapi", "links", "data", "meta"],
    ),
  };
}

function resourceSchema<Caller>(type: ResourceType<Caller>, attributes: Schema): Schema {
  const { description } = type.definition;
  return object(
    {
      type: literal(type.name),
      id: ID,
      attributes,
      ...(type.relationships.size === 0 ? {} : { relationships: reference(`${oneOf(type.name)}Relationships`) }),
      links: reference("ResourceLinks"),
      meta: reference("ItemMeta"),
    },
    ["type", "id", "attributes", "links"],
    description === undefined ? {} : { description },
  );
}

function documentSchema(data: Schema): Schema {
  return object(
    {
      jsonapi: reference("JsonapiObject"),
      links: reference("DocumentLinks"),
      data,
      included: reference("Included"),
    },
    ["jsonapi", "links", "data"],
  );
}

function relationshipSchema<Caller>(relationship: ResourceRelationship<Caller>): Schema {
  const { description } = relationship;
  return object({ links: reference("RelationshipLinks"), data: linkageSchema(relationship) }, ["links"], {
    ...(description === undefined ? {} : { description }),
  });
}
