import { errorHeaders } from "../../errors/responses.ts";
import { MEDIA_TYPE } from "../http/media-type.ts";
import type { Registry } from "../resource/registry.ts";
import { ATOMIC } from "../write/operation.ts";
import { resultsExample } from "./answer-examples.ts";
import { Components } from "./components.ts";
import { operationErrors } from "./endpoint-errors.ts";
import { operationsExample } from "./examples.ts";
import { introduction } from "./introduction.ts";
import { oneOf } from "./names.ts";
import { answer, nothingToShow, operation } from "./operation.ts";
import { operationSchemas } from "./operation-schemas.ts";
import { referredSchemas } from "./referred.ts";
import { resourceSchemas } from "./resource-schemas.ts";
import type { PathOptions } from "./path-options.ts";
import { reference } from "./schema.ts";
import { sharedSchemas } from "./shared-schemas.ts";
import { typePaths } from "./type-paths.ts";
import { writeSchemas } from "./write-schemas.ts";

/** What the description says beside the resources: the server's name, and paths that are no resources. */
export interface OpenApiOptions<Caller> extends Omit<PathOptions<Caller>, "base"> {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** Absolute, without a slash at the end. */
  readonly serverUrl: string;
  readonly otherPaths?: Readonly<Record<string, unknown>>;
  /** Of the other paths. */
  readonly otherTags?: readonly Tag[];
  /** Beside the bearer's token: by which other paths are secured, by name. */
  readonly otherSecurity?: Readonly<Record<string, unknown>>;
}

interface Tag {
  readonly name: string;
  readonly description: string;
}

/** The description of all endpoints, made from the declarations. OpenAPI 3.1.0. */
export function openApiDocument<Caller>(
  registry: Registry<Caller>,
  options: OpenApiOptions<Caller>,
): Record<string, unknown> {
  const {
    title,
    description,
    version,
    serverUrl,
    prefix,
    pageLimits,
    otherPaths,
    otherTags = [],
    otherSecurity,
  } = options;
  const types = [...registry.values()];
  const components = new Components({ mediaType: MEDIA_TYPE });
  const base = serverUrl + prefix;
  const paths: Record<string, unknown> = {};
  for (const type of types) Object.assign(paths, typePaths(type, components, { ...options, base }));
  paths[`${prefix}/operations`] = { post: operations(registry, components, base) };

  const schemas = {
    ...sharedSchemas(types.map(({ name }) => oneOf(name))),
    ...(Object.assign({}, ...types.map((type) => ({ ...resourceSchemas(type), ...writeSchemas(type) }))) as object),
    ...operationSchemas(registry),
  };
  const allPaths = { ...paths, ...otherPaths };
  return {
    openapi: "3.1.0",
    info: { title, description: introduction(description, prefix, pageLimits), version },
    externalDocs: { description: "JSON:API 1.1", url: "https://jsonapi.org/format/1.1/" },
    servers: [{ url: serverUrl }],
    tags: [
      ...types.map(({ name, definition }) => ({
        name,
        ...(definition.description === undefined ? {} : { description: definition.description }),
      })),
      OPERATIONS_TAG,
      ...otherTags,
    ],
    security: [{ bearer: [] }],
    paths: allPaths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" }, ...otherSecurity },
      schemas: referredSchemas(schemas, [allPaths, components.responses]),
      parameters: components.parameters,
      responses: components.responses,
      headers: { ...errorHeaders, ...HEADERS },
    },
  };
}

const OPERATIONS_TAG: Tag = { name: "operations", description: "Several changes in one transaction." };

const HEADERS = {
  ETag: {
    description: "The version of what is shown, for If-None-Match and If-Match. RFC 9110, section 8.8.3.",
    schema: { type: "string" },
  },
  Location: { description: "Where the new resource is.", schema: { type: "string", format: "uri" } },
};

function operations<Caller>(registry: Registry<Caller>, components: Components, base: string) {
  const mediaType = `${MEDIA_TYPE};ext="${ATOMIC}"`;
  const described = operation(components, {
    operationId: "performOperations",
    summary: "Perform operations in one transaction",
    description:
      "All of them take place, in their order, or none. What an operation adds has a `lid`, by which those after it refer to it. Faults point into the operation that they are of. The media type must name the extension.",
    tag: OPERATIONS_TAG.name,
    body: {
      schema: reference("AtomicRequest"),
      example: { "atomic:operations": operationsExample(registry) },
      mediaType,
    },
    answers: {
      "200": answer("All took place.", reference("AtomicResponse"), {
        mediaType,
        example: resultsExample(registry, base, ATOMIC),
      }),
      "204": nothingToShow("All took place; there is nothing to show."),
    },
    errors: operationErrors(registry),
    isOpen: false,
  });
  return { ...described, externalDocs: { description: "Atomic Operations", url: `${ATOMIC}/` } };
}

/** The description's own path. */
export function descriptionPath(tag: string): Record<string, unknown> {
  return {
    get: {
      operationId: "getDescription",
      summary: "Read this description",
      tags: [tag],
      security: [],
      responses: {
        "200": {
          description: "OpenAPI 3.1.",
          content: { "application/json": { schema: { type: "object" } } },
        },
      },
    },
  };
}
