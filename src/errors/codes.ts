/** What is the same for every error with one code. */
export interface ErrorKind {
  /** The HTTP status of an answer that has errors of this kind alone. */
  readonly status: number;
  /** The same for every occurrence. JSON:API 1.1, "Error Objects". */
  readonly title: string;
  /** What it says, and what a client can do about it. */
  readonly description: string;
  /** What brings it about. */
  readonly when: string;
}

/**
 * Every kind of error that the server answers with, by its code. Codes are stable: clients branch on them. Constructors, the page
 * `/docs/errors`, `docs/errors.md` and the description of the API draw from here.
 */
export const errorKinds = {
  // ── the request as HTTP ──
  "malformed-url": {
    status: 400,
    title: "Malformed URL",
    description: "The URL cannot be decoded. Encode each part of it as RFC 3986 says.",
    when: "A % in the path or in the query is not followed by two hexadecimal digits, or what they stand for is not UTF-8.",
  },
  "malformed-body": {
    status: 400,
    title: "Malformed request body",
    description: "The body is no JSON that one meaning can be read from. The detail names line and column.",
    when: "The body is missing, is no UTF-8 or no JSON, is nested too deeply, is not as long as its Content-Length says, or an object in it has a member twice.",
  },
  "bad-request": {
    status: 400,
    title: "Bad request",
    description: "The request cannot be served as it is. The detail says what is wrong with it.",
    when: "It is not well-formed HTTP, or has too many query parameters. In rare cases it comes with another status of the class 4xx.",
  },
  "request-timeout": {
    status: 408,
    title: "Request timeout",
    description: "The request did not arrive in time, and the connection was closed. Send it again.",
    when: "Headers take longer than 10 seconds, or a whole request longer than 30.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    description:
      "There is nothing here for you. The answer is the same for what does not exist and for what you may not see.",
    when: "The URL is unknown, the id is nobody's or no UUID, or the resource is not yours to read.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    description: "The URL is known, the method is not. The header Allow names those that are.",
    when: "For example PUT anywhere, or PATCH on a collection.",
  },
  "not-acceptable": {
    status: 406,
    title: "Not acceptable",
    description:
      "The Accept header allows no answer that could be given. Name application/vnd.api+json, or leave it out.",
    when: "Every application/vnd.api+json in Accept has a parameter other than ext and profile or an extension that is not supported, or Accept allows neither it nor JSON.",
  },
  "payload-too-large": {
    status: 413,
    title: "Payload too large",
    description: "The body is larger than what is taken. The detail says how much that is.",
    when: "A body has more than 256 KiB, or, for the webhook, more than 1 MiB.",
  },
  "uri-too-long": {
    status: 414,
    title: "URI too long",
    description: "A part of the path is longer than any id.",
    when: "An id in the path has more than 256 characters.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    description:
      "The body is of a type that is not taken here. Send application/vnd.api+json, for operations with its extension.",
    when: "Content-Type is missing or another, has a parameter other than ext and profile, names an extension that is not supported here, or the body is compressed.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    description: "Wait for as many seconds as Retry-After says, then try again.",
    when: "One client address asks for too many reset mails, is wrong about too many passwords, tokens or webhook credentials, or, where there is a limit for all requests, sends too many of them.",
  },
  "headers-too-large": {
    status: 431,
    title: "Headers too large",
    description: "The headers of the request are larger than what is taken, and the connection was closed.",
    when: "All headers together have more than 16 KiB; mostly the URL, which counts among them.",
  },
  "internal-error": {
    status: 500,
    title: "Internal server error",
    description: "Something went wrong on our side. The log has all of it under the id of the error.",
    when: "Never by intent.",
  },
  "service-unavailable": {
    status: 503,
    title: "Service unavailable",
    description: "The server is busy. Try again after as many seconds as Retry-After says.",
    when: "So many passwords are being checked that one more would have to wait too long. Requests without a password are served all the while. Or the database is busy with other work, out of reach, or has no connection left.",
  },

  // ── who may do what ──
  unauthorized: {
    status: 401,
    title: "Unauthorized",
    description: "A session is needed: log in, and send its token as Authorization: Bearer TOKEN.",
    when: "No token was sent, or one whose session is unknown, ended or expired.",
  },
  "wrong-webhook-credentials": {
    status: 401,
    title: "Wrong webhook credentials",
    description:
      "The webhook takes events from whoever knows its name and password, sent as HTTP Basic authentication. It is not for browsers and clients.",
    when: "Authorization is missing, is not Basic, is malformed, or holds another name or password than POSTMARK_WEBHOOK_CREDENTIALS.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    description:
      "Your session may not do this. The pointer, where there is one, says to which member of the document that applies.",
    when: "An attribute or a relationship is not yours to write, a relationship is not to be changed so, or only others may make or change resources of this type.",
  },

  // ── documents ──
  "precondition-failed": {
    status: 412,
    title: "Precondition failed",
    description:
      "The resource is not what it was when you read it. Read it again, and repeat the change if it still fits.",
    when: "None of the entity tags in If-Match is the present one.",
  },
  "invalid-document": {
    status: 400,
    title: "Invalid document",
    description: "The document has not the shape that JSON:API asks for at the pointer.",
    when: "For example data is missing, a type is no string, or a linkage is no array where it should be one.",
  },
  "unknown-target": {
    status: 404,
    title: "Unknown target",
    description: "An operation is about something that there is not. Nothing of the request took place.",
    when: "Its ref, href or data names a type or a relationship that there is not, or a lid that no operation before it makes.",
  },
  "unknown-reference": {
    status: 404,
    title: "Referenced resource not found",
    description: "A resource that the document refers to does not exist, or you may not see it. Nothing was changed.",
    when: "A linkage holds such an identifier; the pointer leads to it.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    description: "The request contradicts what is there. The detail, and mostly a pointer, say what.",
    when: "A value that must be unique or an id is taken, the document's type or id is not that of the URL, the change would leave nobody who is an admin, or somebody else changed the same thing in this moment.",
  },
  "invalid-attribute": {
    status: 422,
    title: "Invalid attribute",
    description:
      "A value cannot be taken. meta.attribute names the member, meta.message says why, so that both can be shown beside a field of a form.",
    when: "An attribute or a relationship is missing, is null where it must not be, is of the wrong type, or breaks a rule such as that for passwords.",
  },
  "unknown-attribute": {
    status: 422,
    title: "Unknown attribute",
    description: "The type has no attribute of this name. meta.suggestions has names that are near.",
    when: "The document names an attribute that there is not, or that you may neither read nor write.",
  },
  "unknown-relationship": {
    status: 422,
    title: "Unknown relationship",
    description: "The type has no relationship of this name. meta.suggestions has names that are near.",
    when: "The document names a relationship that there is not, or that you may neither read nor write.",
  },
  "more-errors": {
    status: 400,
    title: "More errors",
    description:
      "The last error of a document that would have had more than 100. meta.omitted says how many were left out. Its status is that of the answer.",
    when: "One document has very many faults, such as a linkage of a thousand identifiers that are all wrong.",
  },

  // ── query parameters ──
  "invalid-parameter": {
    status: 400,
    title: "Invalid query parameter",
    description:
      "source.parameter is not known here, or its value cannot be used. meta.suggestions has names that are near.",
    when: "A parameter, path, field or operator does not exist or is not yours to see, a value is not of the attribute's type, or there are too many of something.",
  },
  "unsupported-sort": {
    status: 400,
    title: "Unsupported sort",
    description:
      "Cursors cannot stand in this order. Sort by attributes of the collection's own type, or go by page[number].",
    when: "Cursor pagination together with sort along a relationship. An error of the Cursor Pagination profile.",
  },
  "max-size-exceeded": {
    status: 400,
    title: "Page size too large",
    description: "Ask for a smaller page. meta.page.maxSize says what is the most.",
    when: "Cursor pagination with a page[size] over the maximum. An error of the Cursor Pagination profile.",
  },

  // ── passwords ──
  "user-not-found": {
    status: 404,
    title: "User not found",
    description: "The reset token lets nobody in. Ask for a new mail.",
    when: "The token is unknown, used, expired or replaced by a newer one, or its user is gone. One answer for all of them.",
  },
  "link-not-found": {
    status: 404,
    title: "Link not found",
    description:
      "The token of the link «it wasn't me» does nothing any more: what the mail told of has been stopped, or the account has changed since. Whoever still sees something amiss sets a new password.",
    when: "The token is forged, expired (after 7 days) or used, the password or the address was changed since the mail, or its user is gone. One answer for all of them.",
  },
  "wrong-credentials": {
    status: 401,
    title: "Wrong credentials",
    description:
      "The email address or the password is wrong; which of them is not told. Nor is it told when an account lets nobody in for a while from places that it does not know, because its password was guessed at: a mailed link that sets the password ends that.",
    when: "Logging in with an unknown address or a wrong password; or with the right one from a new place, after many failed attempts.",
  },
  "wrong-current-password": {
    status: 422,
    title: "Wrong current password",
    description: "The change needs the present password, and currentPassword is another.",
    when: "Changing one's own password or email address.",
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof errorKinds;

/** All codes, in the order of the table. */
export const errorCodes = Object.keys(errorKinds) as ErrorCode[];
