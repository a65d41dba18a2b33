import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";

import { CURSOR_PROFILE, unsupportedMediaType } from "../../errors/catalogue.ts";
import { addVary } from "../../http/vary.ts";
import { changeRelationship } from "../endpoints/change-relationship.ts";
import { createResource } from "../endpoints/create-resource.ts";
import { deleteResource } from "../endpoints/delete-resource.ts";
import { fetchCollection } from "../endpoints/fetch-collection.ts";
import { fetchRelated } from "../endpoints/fetch-related.ts";
import { fetchRelationship } from "../endpoints/fetch-relationship.ts";
import { fetchResource } from "../endpoints/fetch-resource.ts";
import type { Exchange, Layer } from "../endpoints/layer.ts";
import { performAction } from "../endpoints/perform-action.ts";
import { performOperations } from "../endpoints/operations.ts";
import { updateResource } from "../endpoints/update-resource.ts";
import { descriptionPath, openApiDocument, type OpenApiOptions } from "../openapi/document.ts";
import { urlsBelow } from "../read/links.ts";
import { Serializers } from "../read/serializers.ts";
import type { AnyResource } from "../resource/define.ts";
import { createRegistry, type Registry, type ResourceType } from "../resource/registry.ts";
import { ATOMIC } from "../write/operation.ts";
import { checkContentType, checkNeedlessContentType, negotiateAccept, type Supported } from "./media-type.ts";
import { Readings, type ViewOf } from "./readings.ts";
import { sendReading, type Reading } from "./reply.ts";

export interface JsonApiOptions<Caller> extends Pick<
  Layer<Caller>,
  "db" | "pageLimits" | "clock" | "challenge" | "confirm" | "confirmation"
> {
  readonly resources: readonly AnyResource<Caller>[];
  /** The absolute URL of the server, without a slash at the end; asked anew for each document. */
  readonly publicUrl: () => string;
  /** Where the resources stand below it, e.g. `/v1`. */
  readonly prefix: string;
  /** What the description of the API says beside the resources. */
  readonly description?: Omit<OpenApiOptions<Caller>, "serverUrl" | "prefix" | "pageLimits">;
  /** Who makes the request. */
  readonly authenticate: (request: FastifyRequest) => Promise<Caller>;
  /** Whose answers may be given again. Default: nobody's. */
  readonly viewOf?: ViewOf<Caller>;
}

/** Where the description of the API stands. */
const DESCRIPTION = "/openapi.json";

/** Under which it tells of itself. */
const SERVER_TAG = "server";

const SUPPORTED: Supported = { ext: [], profile: [CURSOR_PROFILE] };

type Endpoint<Caller> = (exchange: Exchange<Caller>) => Promise<FastifyReply>;
type Read<Caller> = (exchange: Exchange<Caller>) => Promise<Reading>;

/** Makes the routes of a resource type. */
interface Mount<Caller> {
  /** @param hasDocument whether a request has one */
  route(method: HTTPMethods, path: string, endpoint: Endpoint<Caller>, hasDocument?: boolean): void;
  /** `GET`, whose answer may be one that was given before. */
  read(path: string, read: Read<Caller>): void;
}

/**
 * Mounts the endpoints of all resource types. Which routes there are follows from the declarations.
 *
 * @throws {Error} when the declarations contradict each other
 */
export function registerJsonApi<Caller>(app: FastifyInstance, options: JsonApiOptions<Caller>): void {
  const registry = createRegistry(options.resources);
  const urls = urlsBelow(() => options.publicUrl() + options.prefix);
  const describedBy = () => `${options.publicUrl()}${DESCRIPTION}`;
  const layer: Layer<Caller> = { ...options, registry, urls, describedBy, serializers: new Serializers<Caller>(urls) };
  const readings = new Readings<Caller>(options.viewOf ?? (() => undefined));

  for (const type of registry.values()) {
    const route: Mount<Caller>["route"] = (method, path, endpoint, hasDocument = false) => {
      app.route({
        method,
        url: `${options.prefix}/${type.name}${path}`,
        onRequest: variesByAccept,
        config: { mayBeBodyless: !hasDocument },
        handler: async (request, reply) => {
          const negotiated = negotiateAccept(request.headers.accept, SUPPORTED);
          const check = hasDocument ? checkContentType : checkNeedlessContentType;
          check(request.headers["content-type"], SUPPORTED);
          const caller = await options.authenticate(request);
          return endpoint({ layer, type, caller, request, reply, negotiated });
        },
      });
    };
    const read: Mount<Caller>["read"] = (path, from) => {
      route("GET", path, async (exchange) => sendReading(exchange, await readings.of(exchange, from)));
    };
    mountType(type, { route, read });
  }
  mountOperations(app, layer, options);
  mountDescription(app, layer, options);
}

/** Before the body is read, so that whatever is refused says it too. JSON:API 1.1, "Server Responsibilities". */
function variesByAccept(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  addVary(reply, "Accept");
  done();
}

/** Made once, when it is first asked for: only then is it sure where the server can be reached. */
function mountDescription<Caller>(
  app: FastifyInstance,
  { registry }: Layer<Caller>,
  options: JsonApiOptions<Caller>,
): void {
  let document: Buffer | undefined;
  app.get(DESCRIPTION, async (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(describe(registry, options)));
    return reply.header("content-type", "application/json").header("cache-control", "no-cache").send(document);
  });
}

function describe<Caller>(registry: Registry<Caller>, options: JsonApiOptions<Caller>) {
  const { description = { title: "API", description: "", version: "1" }, prefix, pageLimits, publicUrl } = options;
  const otherPaths = { ...description.otherPaths, [DESCRIPTION]: descriptionPath(SERVER_TAG) };
  return openApiDocument(registry, { ...description, otherPaths, prefix, pageLimits, serverUrl: publicUrl() });
}

/** One place for operations on all types. The extension must be named in the media type of the request. */
function mountOperations<Caller>(app: FastifyInstance, layer: Layer<Caller>, options: JsonApiOptions<Caller>): void {
  const supported: Supported = { ext: [ATOMIC], profile: [] };
  app.post(`${options.prefix}/operations`, { onRequest: variesByAccept }, async (request, reply) => {
    const negotiated = negotiateAccept(request.headers.accept, supported);
    const { ext } = checkContentType(request.headers["content-type"], supported);
    if (!ext.includes(ATOMIC)) throw unsupportedMediaType(`The media type must name the extension: ;ext="${ATOMIC}".`);
    const caller = await options.authenticate(request);
    return performOperations({ layer, caller, request, reply, negotiated });
  });
}

function mountType<Caller>(type: ResourceType<Caller>, { route, read }: Mount<Caller>): void {
  read("", fetchCollection);
  if (type.definition.create !== undefined) route("POST", "", createResource, true);
  read("/:id", fetchResource);
  if (type.definition.update !== undefined) route("PATCH", "/:id", updateResource, true);
  if (type.definition.delete !== undefined) route("DELETE", "/:id", deleteResource);

  for (const [name, action] of Object.entries(type.definition.actions ?? {})) {
    route("POST", `/:id/${name}`, (exchange) => performAction(exchange, name, action));
  }
  for (const relationship of type.relationships.values()) {
    const own = `/:id/relationships/${relationship.name}`;
    read(`/:id/${relationship.name}`, (exchange) => fetchRelated(exchange, relationship));
    read(own, (exchange) => fetchRelationship(exchange, relationship));
    route("PATCH", own, (exchange) => changeRelationship(exchange, relationship, "replace"), true);
    route("POST", own, (exchange) => changeRelationship(exchange, relationship, "add"), true);
    route("DELETE", own, (exchange) => changeRelationship(exchange, relationship, "remove"), true);
  }
}
