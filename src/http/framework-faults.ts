import type { FastifyError, FastifySchemaValidationError } from "fastify";

import {
  badRequest,
  internalError,
  invalidAttribute,
  invalidParameter,
  malformedBody,
  malformedUrl,
  notFound,
  payloadTooLarge,
  serviceUnavailable,
  tooManyRequests,
  unsupportedMediaType,
  uriTooLong,
} from "../errors/catalogue.ts";
import { Fault, Faults } from "../errors/fault.ts";
import { pointer } from "../errors/pointer.ts";

/** Seconds. */
const RETRY_BUSY = 1;

/**
 * The faults in anything that was thrown while a request was handled: ours as they are, Fastify's and its plugins' by what
 * they mean, and everything else as one 500 that has the thrown value as its cause.
 *
 * @param bodyLimit of the route, in bytes
 * @param isBusy whether the same request may succeed a moment later
 */
export function faultsFrom(
  error: unknown,
  bodyLimit: number,
  isBusy: (error: unknown) => boolean,
): readonly [Fault, ...Fault[]] {
  if (error instanceof Fault) return [error];
  if (error instanceof Faults) return atLeastOne(error.list, error);
  if (!(error instanceof Error)) return [internalError(error)];

  if (isBusy(error)) {
    return [serviceUnavailable("The database is busy just now. Try again in a moment.", RETRY_BUSY, error)];
  }
  const { code, statusCode, validation, validationContext }: Partial<FastifyError> = error;
  if (validation !== undefined) {
    return atLeastOne(
      validation.map((found) => invalid(found, validationContext)),
      error,
    );
  }
  return [byCode(code, bodyLimit) ?? byStatus(statusCode) ?? internalError(error)];
}

function atLeastOne([first, ...more]: readonly Fault[], error: Error): readonly [Fault, ...Fault[]] {
  return first === undefined ? [internalError(error)] : [first, ...more];
}

/** Fastify's errors that a request can cause: fastify/lib/errors.js. */
function byCode(code: string | undefined, bodyLimit: number): Fault | undefined {
  switch (code) {
    case "FST_ERR_BAD_URL":
      return malformedUrl();
    case "FST_ERR_MAX_PARAM_LENGTH":
      return uriTooLong();
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return payloadTooLarge(bodyLimit);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return unsupportedMediaType("The Content-Type header is not well-formed, or of a type that is not taken here.");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return malformedBody("The body is not as long as its Content-Length says.");
    default:
      return undefined;
  }
}

/** For errors that carry a status, as those of plugins do. Their messages are not made for our clients. */
function byStatus(status: number | undefined): Fault | undefined {
  if (status === undefined || status < 400 || status > 499) return undefined;
  if (status === 404) return notFound();
  if (status === 415) return unsupportedMediaType("The body is of a type that is not taken here.");
  if (status === 429) return tooManyRequests(1);
  return badRequest("The request could not be read.", status);
}

/** One fault of a route's JSON schema, as Ajv reports it. */
function invalid(
  { instancePath, params, message = "is not valid", keyword }: FastifySchemaValidationError,
  part = "body",
) {
  const { missingProperty, additionalProperty } = params;
  // A missing member has no place of its own: it is reported at the object that should have it.
  const at = typeof additionalProperty === "string" ? instancePath + pointer(additionalProperty) : instancePath;
  const name = typeof missingProperty === "string" ? missingProperty : nameOf(at, part);
  const text = keyword === "required" ? "is missing" : keyword === "additionalProperties" ? "is not known" : message;

  if (part === "body") return invalidAttribute(at, name, text);
  if (part === "querystring") return invalidParameter(name, `${name} ${text}.`);
  if (part === "params") return notFound();
  return badRequest(`The header ${name} ${text}.`);
}

function nameOf(at: string, part: string): string {
  const last = at.split("/").at(-1) ?? "";
  return last === "" ? part : last.replaceAll("~1", "/").replaceAll("~0", "~");
}
