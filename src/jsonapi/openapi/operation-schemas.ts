import type { Registry, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { MAX_OPERATIONS } from "../write/operation.ts";
import { writableRelationships } from "./members.ts";
import { capital, oneOf } from "./names.ts";
import { arrayOf, ID, LID, literal, object, reference, type Schema } from "./schema.ts";
import { changedResource, newResource, sentLinkage } from "./write-schemas.ts";

/** The suffix of the schema by which operations name resources: by id, or by the lid of one that is made in the same request. */
const LOCAL = "LocalReference";

const HREF: Schema = {
  type: "string",
  format: "uri-reference",
  description: "Instead of ref: the URL of what it is about.",
};

/** The schemas of the Atomic Operations extension: every operation that there is, by type. https://jsonapi.org/ext/atomic/ */
export function operationSchemas<Caller>(registry: Registry<Caller>): Record<string, Schema> {
  const types = [...registry.values()];
  const operations = Object.assign({}, ...types.map((type) => operationsOf(type))) as Record<string, Schema>;
  const shown = types.filter((type) => isMadeAmongOthers(type) || type.definition.update !== undefined);
  return {
    ...Object.fromEntries(types.map((type) => [`${oneOf(type.name)}${LOCAL}`, localReference(type)])),
    ...operations,
    AtomicOperation: { oneOf: Object.keys(operations).map(reference) },
    AtomicRequest: object({
      "atomic:operations": arrayOf(reference("AtomicOperation"), { minItems: 1, maxItems: MAX_OPERATIONS }),
    }),
    AtomicResult: object(
      {
        data: { oneOf: shown.map((type) => reference(oneOf(type.name))) },
        meta: object({ message: { type: "string" } }, []),
      },
      [],
      { description: "What came of one operation; empty where there is nothing to show." },
    ),
    AtomicResponse: object({
      jsonapi: reference("JsonapiObject"),
      "atomic:results": arrayOf(reference("AtomicResult"), { description: "One for each operation, in their order." }),
    }),
  };
}

function operationsOf<Caller>(type: ResourceType<Caller>): Record<string, Schema> {
  const name = oneOf(type.name);
  const { update, delete: remove } = type.definition;
  return {
    ...(isMadeAmongOthers(type)
      ? {
          [`Add${name}Operation`]: object(
            {
              op: literal("add"),
              ref: object({ type: literal(type.name) }),
              href: HREF,
              data: newResource(type, LOCAL),
            },
            ["op", "data"],
          ),
        }
      : {}),
    ...(update === undefined
      ? {}
      : {
          [`Update${name}Operation`]: object(
            { op: literal("update"), ref: target(type), href: HREF, data: changedResource(type, LOCAL) },
            ["op", "data"],
          ),
        }),
    ...(remove === undefined
      ? {}
      : { [`Remove${name}Operation`]: object({ op: literal("remove"), ref: target(type), href: HREF }, ["op"]) }),
    ...Object.fromEntries(writableRelationships(type).map((member) => relationshipOperation(type, member))),
  };
}

function relationshipOperation<Caller>(
  type: ResourceType<Caller>,
  relationship: ResourceRelationship<Caller>,
): [string, Schema] {
  const op: Schema =
    relationship.to === "many" ? { type: "string", enum: ["add", "update", "remove"] } : literal("update");
  const schema = object(
    { op, ref: target(type, relationship.name), href: HREF, data: sentLinkage(relationship, LOCAL) },
    ["op", "data"],
  );
  return [`Change${oneOf(type.name)}${capital(relationship.name)}Operation`, schema];
}

function isMadeAmongOthers<Caller>({ definition: { create } }: ResourceType<Caller>): boolean {
  return create !== undefined && create.alone !== true;
}

function target<Caller>(type: ResourceType<Caller>, relationship?: string): Schema {
  return object(
    {
      type: literal(type.name),
      id: ID,
      lid: LID,
      ...(relationship === undefined ? {} : { relationship: literal(relationship) }),
    },
    ["type", ...(relationship === undefined ? [] : ["relationship"])],
  );
}

function localReference<Caller>(type: ResourceType<Caller>): Schema {
  return object({ type: literal(type.name), id: ID, lid: LID }, ["type"], {
    description: "By id, or by the lid of a resource that an operation before makes.",
  });
}
