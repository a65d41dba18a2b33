import { ATOMIC } from "../write/operation.ts";
import { MEDIA_TYPE } from "../http/media-type.ts";
import type { Registry, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { collectionParameters, ID_PARAMETER, resourceParameters, type Parameter } from "./parameters.ts";
import { linkageSchema, reference, schemaName, sharedSchemas, typeSchemas, type Schema } from "./schemas.ts";

/** What the description says beside the resources: the server's name, and paths that are no resources. */
export interface OpenApiOptions {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** Absolute, without a slash at the end. */
  readonly serverUrl: string;
  /** Where the resources stand below it, e.g. `/v1`. */
  readonly prefix: string;
  readonly otherPaths?: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: Schema;
  readonly answer?: Schema;
  readonly status?: "200" | "201" | "202" | "204";
  /** Further statuses that are no faults. */
  readonly also?: Readonly<Record<string, unknown>>;
}

/** The description of all endpoints, made from the declarations. OpenAPI 3.1.0. */
export function openApiDocument<Caller>(registry: Registry<Caller>, options: OpenApiOptions): Record<string, unknown> {
  const paths: Record<string, unknown> = {};
  for (const type of registry.values()) Object.assign(paths, typePaths(type, options.prefix));
  paths[`${options.prefix}/operations`] = { post: operationsPath() };
  return {
    openapi: "3.1.0",
    info: { title: options.title, description: options.description, version: options.version },
    servers: [{ url: options.serverUrl }],
    tags: [...registry.keys()].map((name) => ({ name })),
    security: [{}, { bearer: [] }],
    paths: { ...paths, ...options.otherPaths },
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: Object.assign(sharedSchemas(), ...[...registry.values()].map((type) => typeSchemas(type))) as unknown,
    },
  };
}

function typePaths<Caller>(type: ResourceType<Caller>, prefix: string): Record<string, unknown> {
  const { name, definition } = type;
  const schema = schemaName(name);
  const collection = `${prefix}/${name}`;
  const resource = `${collection}/{id}`;
  const paths: Record<string, unknown> = {
    [collection]: {
      get: operation(type, {
        summary: `List ${name}`,
        parameters: collectionParameters(type),
        answer: reference(`${schema}Collection`),
      }),
      ...(definition.create === undefined
        ? {}
        : {
            post: operation(type, {
              summary: `Create one of ${name}`,
              parameters: resourceParameters(type),
              body: reference(`${schema}Creation`),
              answer: reference(`${schema}Document`),
              status: "201",
              also: { "202": answered("Accepted; what becomes of it is told elsewhere.", reference("Accepted")) },
            }),
          }),
    },
    [resource]: {
      parameters: [ID_PARAMETER],
      get: operation(type, {
        summary: `Read one of ${name}`,
        parameters: resourceParameters(type),
        answer: reference(`${schema}Document`),
        also: { "304": { description: "The client has this very document." } },
      }),
      ...(definition.update === undefined
        ? {}
        : {
            patch: operation(type, {
              summary: `Change one of ${name}`,
              parameters: resourceParameters(type),
              body: reference(`${schema}Update`),
              answer: reference(`${schema}Document`),
            }),
          }),
      ...(definition.delete === undefined
        ? {}
        : { delete: operation(type, { summary: `Delete one of ${name}`, status: "204" }) }),
    },
  };
  for (const relationship of type.relationships.values()) {
    paths[`${resource}/${relationship.name}`] = {
      parameters: [ID_PARAMETER],
      get: relatedOperation(type, relationship),
    };
    paths[`${resource}/relationships/${relationship.name}`] = {
      parameters: [ID_PARAMETER],
      ...relationshipOperations(type, relationship),
    };
  }
  return paths;
}

function relatedOperation<Caller>(type: ResourceType<Caller>, { name, to, target }: ResourceRelationship<Caller>) {
  const schema = schemaName(target.name);
  return operation(type, {
    summary: `Read the ${name} of one of ${type.name}`,
    parameters: to === "many" ? collectionParameters(target) : resourceParameters(target),
    answer: reference(to === "many" ? `${schema}Collection` : `${schema}OrNullDocument`),
  });
}

function relationshipOperations<Caller>(type: ResourceType<Caller>, relationship: ResourceRelationship<Caller>) {
  const { name, to, write } = relationship;
  const linkage: Schema = { type: "object", properties: { data: linkageSchema(relationship) }, required: ["data"] };
  const change = (summary: string) => operation(type, { summary, body: linkage, status: "204" });
  return {
    get: operation(type, { summary: `Read which ${name} one of ${type.name} is linked to`, answer: linkage }),
    ...(write === undefined
      ? {}
      : {
          patch: change(`Replace the ${name} of one of ${type.name}`),
          ...(to === "many"
            ? {
                post: change(`Add ${name} to one of ${type.name}`),
                delete: change(`Remove ${name} from one of ${type.name}`),
              }
            : {}),
        }),
  };
}

function operationsPath() {
  const ext = `${MEDIA_TYPE};ext="${ATOMIC}"`;
  const list = { type: "array", items: { type: "object" } };
  return {
    summary: "Perform several operations in one transaction",
    externalDocs: { url: `${ATOMIC}/` },
    requestBody: {
      required: true,
      content: {
        [ext]: {
          schema: {
            type: "object",
            properties: { "atomic:operations": { ...list, minItems: 1, maxItems: 100 } },
            required: ["atomic:operations"],
          },
        },
      },
    },
    responses: {
      "200": {
        description: "All took place.",
        content: { [ext]: { schema: { type: "object", properties: { "atomic:results": list } } } },
      },
      "204": { description: "All took place; there is nothing to show." },
      default: FAULTS,
    },
  };
}

function operation<Caller>(
  type: ResourceType<Caller>,
  { summary, parameters, body, answer, status = "200", also }: Operation,
) {
  return {
    summary,
    tags: [type.name],
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { [MEDIA_TYPE]: { schema: body } } } }),
    responses: {
      [status]: answer === undefined ? { description: "Done." } : answered("Done.", answer),
      ...also,
      default: FAULTS,
    },
  };
}

function answered(description: string, schema: Schema) {
  return { description, content: { [MEDIA_TYPE]: { schema } } };
}

const FAULTS = answered("Refused; the document says why.", reference("Errors"));
