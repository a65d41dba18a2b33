import type { ErrorCode } from "../errors/codes.ts";
import { errorResponses, headerReferences, RATE_LIMIT } from "../errors/responses.ts";

/** The endpoints of the forgotten password, for the description of the API. OpenAPI 3.1.0, "Paths Object". */

export const RESET_TAG = {
  name: "reset-password",
  description:
    "The forgotten password: asked for by mail, set by the token of the mailed link, disowned by whoever did not ask. Plain JSON, no JSON:API.",
};

/** What all of them can be refused with. */
const ERRORS: readonly ErrorCode[] = [
  "malformed-body",
  "not-acceptable",
  "payload-too-large",
  "unsupported-media-type",
  "invalid-attribute",
  "too-many-requests",
  "internal-error",
];

export const resetPaths = {
  "/v1/auth/reset-password": {
    post: {
      operationId: "requestPasswordReset",
      summary: "Ask for a mail with a link that sets the password",
      description:
        "The answer is the same for every well-formed address, and takes the same time: nobody learns who has an account. Mails for one address are limited in silence.",
      tags: [RESET_TAG.name],
      security: [],
      requestBody: body({ email: { type: "string", format: "email", examples: ["ada@example.org"] } }),
      responses: {
        "200": answer(
          "Accepted.",
          { message: { type: "string" }, email: { type: "string", format: "email" } },
          RATE_LIMIT,
        ),
        ...refusals(),
      },
    },
    patch: {
      operationId: "resetPassword",
      summary: "Set the password by the token of a mailed link",
      description:
        "A token is good once. All sessions of the user end; a refused password (422) leaves the token usable.",
      tags: [RESET_TAG.name],
      security: [],
      requestBody: body({
        token: { type: "string", description: "From the link in the mail." },
        password: { type: "string", format: "password", examples: ["thistle-harbor-7"] },
      }),
      responses: {
        "200": answer("The password is set.", {
          id: { type: "string", format: "uuid" },
          email: { type: "string", format: "email" },
          name: { type: ["string", "null"], description: "First and last name; null when there is neither." },
        }),
        ...refusals("user-not-found", "service-unavailable"),
      },
    },
  },
  "/v1/auth/not-me": {
    post: {
      operationId: "disownReset",
      summary: "Say «it wasn't me», by the token of a mailed link",
      description:
        "Of a mail with a link that sets the password: the link is void, all sessions end, and for a day no such mail goes to the address. Of one that tells that the password was changed: the same, and the password is void; a mail with a link that sets a new one goes out.",
      tags: [RESET_TAG.name],
      security: [],
      requestBody: body({ token: { type: "string", description: "From the link in the mail." } }),
      responses: {
        "200": answer("Stopped.", {
          kind: { type: "string", enum: ["reset", "password-changed"], description: "What the mail told of." },
          message: { type: "string" },
        }),
        ...refusals("link-not-found"),
      },
    },
  },
};

type Properties = Readonly<Record<string, unknown>>;

function object(properties: Properties) {
  return { type: "object", properties, required: Object.keys(properties) };
}

/** Frontends send one or the other. */
function body(properties: Properties) {
  const content = { schema: object({ data: object(properties) }) };
  return { required: true, content: { "application/json": content, "application/vnd.api+json": content } };
}

function answer(description: string, properties: Properties, headers: readonly string[] = []) {
  return {
    description,
    headers: headerReferences(headers),
    content: { "application/json": { schema: object(properties) } },
  };
}

function refusals(...more: ErrorCode[]) {
  return errorResponses([...ERRORS, ...more], { mediaType: "application/json", plain: true }, ["invalid-attribute"]);
}
