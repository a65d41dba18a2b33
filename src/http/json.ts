import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { malformedBody, unsupportedMediaType } from "../errors/catalogue.ts";
import { Fault } from "../errors/fault.ts";
import { checkKeys } from "./json-keys.ts";
import { describeSyntaxFault } from "./json-place.ts";

const MEDIA_TYPES = ["application/json", "application/vnd.api+json"];

const UNKNOWN_TYPE = "A request body must be application/vnd.api+json, or application/json where plain JSON is taken.";

/** Their requests mean something without a body; what to make of one that is missing elsewhere, no feature need decide. */
const MEANS_A_BODY = new Set(["POST", "PATCH", "PUT"]);

declare module "fastify" {
  interface FastifyContextConfig {
    /** The request means something without a body, whatever its Content-Type says. */
    mayBeBodyless?: boolean;
  }
}

/**
 * Replaces Fastify's body parsers by one for `application/json` and `application/vnd.api+json`, whatever their parameters
 * (which of the two a route takes, and with which parameters, is for the feature to say).
 * A body of any other type is answered 415; a request without a body may have any type and reaches its handler.
 */
export function registerJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(MEDIA_TYPES, { parseAs: "buffer" }, (request, body, done) => {
    try {
      done(null, readJson(request, body));
    } catch (error) {
      done(error instanceof Error ? error : new Error("JSON", { cause: error }), undefined);
    }
  });
  app.addContentTypeParser("*", (request, _payload, done) => {
    if (isBodyless(request)) done(null, undefined);
    else done(unsupportedMediaType(UNKNOWN_TYPE), undefined);
  });
}

/** @throws {Fault} 400, 415 */
function readJson(request: FastifyRequest, body: Buffer): unknown {
  const coding = request.headers["content-encoding"];
  if (coding !== undefined && coding.trim().toLowerCase() !== "identity") {
    throw unsupportedMediaType("A request body must not be compressed.", "Content-Encoding");
  }
  if (body.length === 0) {
    const { mayBeBodyless = false } = request.routeOptions.config;
    if (MEANS_A_BODY.has(request.method) && !mayBeBodyless) throw malformedBody("The request has no body.");
    return undefined;
  }
  return parseJson(body);
}

/**
 * The value of a JSON text in UTF-8; a byte order mark is skipped (RFC 8259, section 8.1, allows that).
 *
 * Lone surrogates and U+0000 within strings pass: only a feature knows which of its strings may have them.
 *
 * @throws {Fault} 400: no UTF-8, no JSON, too deep, a key twice or `__proto__`
 */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw malformedBody("The body is not well-formed UTF-8.");
  const text = body.toString("utf8").replace(/^\uFEFF/, "");
  try {
    checkKeys(text);
  } catch (error) {
    // A key has its place in a document. What is no JSON is none, and that is what is wrong with it.
    const syntaxFault = error instanceof Fault && error.source !== undefined ? describeSyntaxFault(text) : undefined;
    throw syntaxFault === undefined ? error : notJson(syntaxFault);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(describeSyntaxFault(text));
  }
}

function notJson(fault: string | undefined): Fault {
  return malformedBody(`The body is not JSON${fault === undefined ? "" : `: ${fault}`}.`);
}

function isBodyless({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}
