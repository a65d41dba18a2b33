import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";

import { methodNotAllowed, notFound } from "../errors/catalogue.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { Fault, Faults } from "../errors/fault.ts";
import { describeError } from "../events/log.ts";
import { errorDocument, type ErrorDocumentOptions } from "./error-document.ts";
import { faultsFrom } from "./framework-faults.ts";
import { addVary } from "./vary.ts";

export interface ErrorHandlingOptions {
  /** Routes below these paths speak plain JSON, no JSON:API: their faults are `application/json`, with the member `error`. */
  readonly plainBelow?: readonly string[];
  /** The URL of what there is to say of a kind of error. */
  readonly describe?: (code: ErrorCode) => string;
  /** Whether what was thrown says that the same request may succeed a moment later: then the answer is 503. */
  readonly isBusy?: (error: unknown) => boolean;
}

/** What the router refused before there was a route: see {@link refuseUrl}. */
const refused = new WeakMap<IncomingMessage, { readonly error: unknown; readonly url: string }>();

/** Stands in for a URL that the router refused. No route has it. */
const REFUSED_URL = "/.refused";

/**
 * Answers everything that is thrown, every unknown URL (404) and every wrong method (405 with `Allow`) with one errors document.
 * `OPTIONS` on a known URL is answered 204 with `Allow`. RFC 9110, sections 9.3.7 and 15.5.6.
 */
export function registerErrorHandling(
  app: FastifyInstance,
  { plainBelow = ["/v1/auth/", "/v1/webhooks/"], describe, isBusy = () => false }: ErrorHandlingOptions = {},
): void {
  const isPlain = (request: FastifyRequest) => {
    const url = request.routeOptions.url ?? refused.get(request.raw)?.url ?? request.raw.url ?? "";
    return plainBelow.some((path) => url.startsWith(path));
  };

  app.setErrorHandler((error, request, reply) => {
    const faults = faultsFrom(error, request.routeOptions.bodyLimit, isBusy);
    return sendFaults(faults, error, request, reply, { plain: isPlain(request), describe });
  });

  // Before the body is read: a URL that nobody knows is a 404 whatever the body, and no reason to parse it.
  // After all onRequest hooks: what is refused here is limited, logged, and readable across origins as any other answer.
  app.addHook("preParsing", (request, _reply, payload, done) => {
    const refusal = refused.get(request.raw);
    if (refusal !== undefined) done(refusal.error as Error, payload);
    else if (request.is404 && request.method !== "OPTIONS") done(unrouted(app, request), payload);
    else done(null, payload);
  });

  app.setNotFoundHandler((request, reply) => {
    const allow = allowedMethods(app, request);
    if (request.method !== "OPTIONS" || allow.length === 0) throw unrouted(app, request);
    return reply.code(204).header("allow", allow.join(", ")).send();
  });
}

/**
 * For Fastify's `frameworkErrors`, which are thrown past all hooks: sends the request through the router once more, so that it
 * meets every hook (CORS, limits, log) and then the error handler.
 */
export function refuseUrl(app: FastifyInstance, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  refused.set(request.raw, { error, url: request.raw.url ?? "" });
  request.raw.url = REFUSED_URL;
  app.routing(request.raw, reply.raw);
}

function unrouted(app: FastifyInstance, request: FastifyRequest): Error {
  const allow = allowedMethods(app, request);
  // With the request's own method among them, a route has disowned the request: it is as unknown as any.
  return allow.length === 0 || allow.includes(request.method)
    ? notFound("There is nothing at this URL.")
    : methodNotAllowed(request.method, allow);
}

/** The methods for which the request's URL has a route; `OPTIONS` among them when there are any. */
function allowedMethods(app: FastifyInstance, request: FastifyRequest): string[] {
  const url = request.raw.url ?? "/";
  const methods = app.supportedMethods.filter(
    // The CORS plugin has a route for OPTIONS on every URL.
    (method) => method !== "OPTIONS" && app.findRoute({ method: method as HTTPMethods, url }) !== null,
  );
  if (methods.length === 0) return [];
  return request.method === "OPTIONS" || !methods.includes(request.method) ? [...methods, "OPTIONS"] : methods;
}

function sendFaults(
  faults: readonly [Fault, ...Fault[]],
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ErrorDocumentOptions,
): FastifyReply {
  const [first] = faults;
  const status = faults.length === 1 ? first.status : new Faults(faults).status;
  logServerFault(status, first.cause ?? error, request);

  // Fastify closes the connection after any fault of a body. The rest of one is read and dropped within the request's time
  // anyway, and a client that is still sending would see a broken connection instead of the answer.
  reply.removeHeader("connection");
  for (const fault of faults) setHeaders(reply, fault.headers ?? {});
  // JSON:API 1.1, "Server Responsibilities". What is refused before it gets to a route would not say it otherwise.
  if (!options.plain) addVary(reply, "Accept");

  const { mediaType, body } = errorDocument(faults, request.id, options);
  return reply.code(status).header("content-type", mediaType).header("cache-control", "no-store").send(body);
}

/** What is our fault is told in the log, in full; what is the client's is its own line there, as any request. */
function logServerFault(status: number, cause: unknown, request: FastifyRequest): void {
  if (status < 500) return;
  // What is refused because there is too much of it is refused thousands of times in a row: its stack would say nothing.
  const why = status === 503 && cause instanceof Fault ? { reason: cause.detail } : { error: describeError(cause) };
  const fields = { status, method: request.method, route: request.routeOptions.url, ...why };
  if (status === 503) request.log.warn(fields, "request refused");
  else request.log.error(fields, "request failed");
}

function setHeaders(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === "vary") addVary(reply, value);
    else reply.header(name, value);
  }
}
