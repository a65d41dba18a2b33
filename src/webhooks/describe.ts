import type { ErrorCode } from "../errors/codes.ts";
import { errorResponses } from "../errors/responses.ts";

/** The webhook, for the description of the API. OpenAPI 3.1.0, "Paths Object". */

export const WEBHOOK_TAG = {
  name: "webhooks",
  description: "What other services have to tell. Plain JSON, no JSON:API; not for clients.",
};

const ERRORS: readonly ErrorCode[] = [
  "malformed-body",
  "wrong-webhook-credentials",
  "payload-too-large",
  "unsupported-media-type",
  "invalid-attribute",
  "too-many-requests",
  "internal-error",
  "service-unavailable",
];

const event = {
  type: "object",
  description: "As Postmark sends it; other members are ignored.",
  properties: {
    RecordType: {
      type: "string",
      description: "`Bounce`, `SpamComplaint` or `SubscriptionChange`; all others are ignored.",
      examples: ["Bounce"],
    },
  },
  required: ["RecordType"],
  additionalProperties: true,
};

export const webhookPaths = {
  "/v1/webhooks/postmark": {
    post: {
      operationId: "receivePostmarkEvent",
      summary: "Take an event of the mail service",
      description:
        "Postmark tells that an address is dead, or no longer so; admins see it as `mailStatus` of a user. The same event again changes nothing. The answer says nothing of what came of it. Needs the name and password of the webhook, as HTTP Basic authentication.",
      tags: [WEBHOOK_TAG.name],
      security: [{ webhook: [] }],
      requestBody: {
        required: true,
        content: { "application/json": { schema: event }, "application/vnd.api+json": { schema: event } },
      },
      responses: {
        "200": {
          description: "Taken.",
          content: {
            "application/json": {
              schema: { type: "object", properties: { message: { type: "string" } }, required: ["message"] },
            },
          },
        },
        ...errorResponses(ERRORS, { mediaType: "application/json", plain: true }, ["invalid-attribute"]),
      },
    },
  },
};

/** OpenAPI 3.1.0, "Security Scheme Object". */
export const webhookSecurity = {
  webhook: {
    type: "http",
    scheme: "basic",
    description: "The name and password that the operator has given to the mail service.",
  },
};
