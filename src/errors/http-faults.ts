import type { Fault } from "./fault.ts";
import { at, faultOf } from "./make.ts";

/** Faults of the request as HTTP, whatever it is about. */

export function malformedUrl(
  detail = "The URL is not well-formed: a % must be followed by two hexadecimal digits of UTF-8.",
): Fault {
  return faultOf("malformed-url", { detail });
}

export function malformedBody(detail: string, pointer?: string): Fault {
  return faultOf("malformed-body", { detail, source: at(pointer) });
}

/** @param status another one of 4xx, where a plugin says so */
export function badRequest(detail: string, status = 400): Fault {
  return faultOf("bad-request", { detail, status });
}

export function requestTimeout(): Fault {
  return faultOf("request-timeout", { detail: "The request did not arrive in time." });
}

export function headersTooLarge(): Fault {
  return faultOf("headers-too-large", { detail: "The headers of the request are too long." });
}

export function notFound(detail = "There is no such resource, or you may not see it."): Fault {
  return faultOf("not-found", { detail });
}

export function methodNotAllowed(method: string, allow: readonly string[]): Fault {
  return faultOf("method-not-allowed", {
    detail: `${method} is not allowed here. Allowed: ${allow.join(", ")}.`,
    headers: { allow: allow.join(", ") },
  });
}

export function notAcceptable(detail: string): Fault {
  return faultOf("not-acceptable", { detail, source: { header: "Accept" }, headers: { vary: "Accept" } });
}

export function payloadTooLarge(limit: number): Fault {
  return faultOf("payload-too-large", { detail: `A request body may have ${String(limit)} bytes at most.` });
}

export function uriTooLong(): Fault {
  return faultOf("uri-too-long", { detail: "A part of the URL is too long." });
}

export function unsupportedMediaType(
  detail: string,
  header: "Content-Type" | "Content-Encoding" = "Content-Type",
): Fault {
  return faultOf("unsupported-media-type", { detail, source: { header } });
}

/** RFC 6585, section 4. `retryAfter` in seconds. */
export function tooManyRequests(retryAfter: number): Fault {
  return faultOf("too-many-requests", {
    detail: `Too many requests. Try again in ${String(retryAfter)} ${retryAfter === 1 ? "second" : "seconds"}.`,
    headers: { "retry-after": String(retryAfter) },
  });
}

/** The cause stays in the log, under the request's id. */
export function internalError(cause?: unknown): Fault {
  return faultOf("internal-error", {
    detail: "Something went wrong on our side. It was logged under the id of this error.",
    cause,
  });
}

/** `retryAfter` in seconds. RFC 9110, section 15.6.4. */
export function serviceUnavailable(detail: string, retryAfter: number, cause?: unknown): Fault {
  return faultOf("service-unavailable", { detail, headers: { "retry-after": String(retryAfter) }, cause });
}
