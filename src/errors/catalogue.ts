import { Fault } from "./fault.ts";

/**
 * Every fault that the server can answer with, one constructor a code. A code is stable: clients branch on it.
 * Constructors take what varies; status, code and title belong to the code.
 */

const near = (names: readonly string[]) => (names.length > 0 ? { suggestions: names } : undefined);

// ── the request as HTTP ──────────────────────────────────────────────────────────────────────────────────────────

export function malformedUrl(
  detail = "The URL is not well-formed: a % must be followed by two hexadecimal digits of UTF-8.",
): Fault {
  return new Fault({ status: 400, code: "malformed-url", title: "Malformed URL", detail });
}

export function malformedBody(detail: string, pointer?: string): Fault {
  return new Fault({
    status: 400,
    code: "malformed-body",
    title: "Malformed request body",
    detail,
    source: pointer === undefined ? undefined : { pointer },
  });
}

export function badRequest(detail: string, status = 400): Fault {
  return new Fault({ status, code: "bad-request", title: "Bad request", detail });
}

export function notFound(detail = "There is no such resource, or you may not see it."): Fault {
  return new Fault({ status: 404, code: "not-found", title: "Not found", detail });
}

export function methodNotAllowed(method: string, allow: readonly string[]): Fault {
  return new Fault({
    status: 405,
    code: "method-not-allowed",
    title: "Method not allowed",
    detail: `${method} is not allowed here. Allowed: ${allow.join(", ")}.`,
    headers: { allow: allow.join(", ") },
  });
}

export function notAcceptable(detail: string): Fault {
  return new Fault({
    status: 406,
    code: "not-acceptable",
    title: "Not acceptable",
    detail,
    source: { header: "Accept" },
    headers: { vary: "Accept" },
  });
}

export function payloadTooLarge(limit: number): Fault {
  return new Fault({
    status: 413,
    code: "payload-too-large",
    title: "Payload too large",
    detail: `A request body may have ${String(limit)} bytes at most.`,
  });
}

export function uriTooLong(): Fault {
  return new Fault({
    status: 414,
    code: "uri-too-long",
    title: "URI too long",
    detail: "A part of the URL is too long.",
  });
}

export function unsupportedMediaType(
  detail: string,
  header: "Content-Type" | "Content-Encoding" = "Content-Type",
): Fault {
  return new Fault({
    status: 415,
    code: "unsupported-media-type",
    title: "Unsupported media type",
    detail,
    source: { header },
  });
}

/** RFC 6585, section 4. `retryAfter` in seconds. */
export function tooManyRequests(retryAfter: number): Fault {
  return new Fault({
    status: 429,
    code: "too-many-requests",
    title: "Too many requests",
    detail: `Too many requests. Try again in ${String(retryAfter)} ${retryAfter === 1 ? "second" : "seconds"}.`,
    headers: { "retry-after": String(retryAfter) },
  });
}

/** The cause stays in the log, under the request's id. */
export function internalError(cause?: unknown): Fault {
  return new Fault({
    status: 500,
    code: "internal-error",
    title: "Internal server error",
    detail: "Something went wrong on our side. It was logged under the id of this error.",
    cause,
  });
}

/** `retryAfter` in seconds. RFC 9110, section 15.6.4. */
export function serviceUnavailable(detail: string, retryAfter: number): Fault {
  return new Fault({
    status: 503,
    code: "service-unavailable",
    title: "Service unavailable",
    detail,
    headers: { "retry-after": String(retryAfter) },
  });
}

// ── who may do what ──────────────────────────────────────────────────────────────────────────────────────────────

/** RFC 6750, section 3: no error code when no token was sent, `invalid_token` when one was. */
export function unauthorized(tokenSent: boolean): Fault {
  return new Fault({
    status: 401,
    code: "unauthorized",
    title: "Unauthorized",
    detail: tokenSent
      ? "The session is unknown, ended or expired. Log in again."
      : "Log in first: this needs a session.",
    headers: { "www-authenticate": tokenSent ? 'Bearer error="invalid_token"' : "Bearer" },
  });
}

export function forbidden(detail: string, pointer?: string): Fault {
  return new Fault({
    status: 403,
    code: "forbidden",
    title: "Forbidden",
    detail,
    source: pointer === undefined ? undefined : { pointer },
  });
}

// ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────

/** RFC 9110, section 15.5.13. */
export function preconditionFailed(): Fault {
  return new Fault({
    status: 412,
    code: "precondition-failed",
    title: "Precondition failed",
    detail: "The resource is not what it was when you read it. Read it again, and repeat the change if it still fits.",
    source: { header: "If-Match" },
  });
}

/** The document has not the shape that JSON:API asks for at `pointer`. */
export function invalidDocument(pointer: string, detail: string, status = 400): Fault {
  return new Fault({ status, code: "invalid-document", title: "Invalid document", detail, source: { pointer } });
}

export function conflict(detail: string, pointer?: string): Fault {
  return new Fault({
    status: 409,
    code: "conflict",
    title: "Conflict",
    detail,
    source: pointer === undefined ? undefined : { pointer },
  });
}

/** A well-formed value that cannot be taken. `meta` is what Graphiti's clients (Spraypaint) read. */
export function invalidAttribute(pointer: string, attribute: string, message: string): Fault {
  return new Fault({
    status: 422,
    code: "invalid-attribute",
    title: "Invalid attribute",
    detail: `${attribute} ${message}`,
    source: { pointer },
    meta: { attribute, message },
  });
}

export function unknownMember(
  kind: "attribute" | "relationship",
  pointer: string,
  name: string,
  type: string,
  suggestions: readonly string[] = [],
): Fault {
  return new Fault({
    status: 422,
    code: `unknown-${kind}`,
    title: `Unknown ${kind}`,
    detail: `${type} has no ${kind} ${JSON.stringify(name)}.`,
    source: { pointer },
    meta: { attribute: name, message: "is not known", ...near(suggestions) },
  });
}

/** JSON:API 1.1, "Creating Resources": a reference to a resource that does not exist, or that the caller may not see. */
export function unknownReference(pointer: string, type: string, id: string): Fault {
  return new Fault({
    status: 404,
    code: "unknown-reference",
    title: "Referenced resource not found",
    detail: `There is no ${type} ${JSON.stringify(id)}, or you may not see it.`,
    source: { pointer },
  });
}

// ── query parameters ─────────────────────────────────────────────────────────────────────────────────────────────

export function invalidParameter(parameter: string, detail: string, suggestions: readonly string[] = []): Fault {
  return new Fault({
    status: 400,
    code: "invalid-parameter",
    title: "Invalid query parameter",
    detail,
    source: { parameter },
    meta: near(suggestions),
  });
}

const CURSOR_PROFILE = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";

/** An error of the Cursor Pagination profile, which names its kinds by links. */
export function cursorProfileFault(
  kind: "unsupported-sort" | "max-size-exceeded",
  parameter: string,
  detail: string,
  meta?: Readonly<Record<string, unknown>>,
): Fault {
  return new Fault({
    status: 400,
    code: kind,
    title: kind === "unsupported-sort" ? "Unsupported sort" : "Page size too large",
    detail,
    source: { parameter },
    meta,
    // The profile's examples have an array here, as a draft of JSON:API 1.1 had it; the specification itself has one link.
    links: { type: CURSOR_PROFILE + kind },
    profile: CURSOR_PROFILE,
  });
}

// ── the forgotten password ───────────────────────────────────────────────────────────────────────────────────────

/** One answer for every token that lets nobody in: unknown, used, expired, replaced, truncated, or of a user that is gone. */
export function unknownResetToken(): Fault {
  return new Fault({ status: 404, code: "user-not-found", title: "User not found", detail: "User not found" });
}

/** One answer for an unknown address and for a wrong password. */
export function wrongCredentials(): Fault {
  return new Fault({
    status: 401,
    code: "wrong-credentials",
    title: "Wrong credentials",
    detail: "The email address or the password is wrong.",
    headers: { "www-authenticate": "Bearer" },
  });
}

/** Somebody who is logged in gave a wrong present password with a change that asks for it. */
export function wrongCurrentPassword(): Fault {
  return new Fault({
    status: 422,
    code: "wrong-current-password",
    title: "Wrong current password",
    detail: "currentPassword is not the present password",
    source: { pointer: "/data/attributes/currentPassword" },
    meta: { attribute: "currentPassword", message: "is not the present password" },
  });
}

const WRONG_SECRETS: ReadonlySet<string> = new Set(["wrong-credentials", "wrong-current-password", "user-not-found"]);

/** Whether the fault is what somebody gets who guesses: a password, an account or a token. */
export function isWrongSecret(error: unknown): boolean {
  return error instanceof Fault && WRONG_SECRETS.has(error.code);
}
