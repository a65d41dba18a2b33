import { errorCodes, errorKinds, type ErrorCode } from "./codes.ts";
import { MAX_ERRORS } from "./fault.ts";

/** What the description of the API says of errors. OpenAPI 3.1.0, "Responses Object"; the parts that it refers to are below. */

type Described = Readonly<Record<string, unknown>>;

export interface ErrorForm {
  readonly mediaType: string;
  /** Plain JSON: no `jsonapi`, and the first error's text as `error`. See `http/error-document.ts`. */
  readonly plain?: boolean;
}

/**
 * The answers to a request that is refused, by status.
 *
 * @param codes what it can be refused with
 * @param together those of `codes` of which several may come in one document: where their statuses differ, its own is 400
 */
export function errorResponses(
  codes: Iterable<ErrorCode>,
  { mediaType, plain = false }: ErrorForm,
  together: readonly ErrorCode[] = [],
): Record<string, Described> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = errorKinds[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses: Record<string, Described> = {};
  for (const [status, own] of [...byStatus].sort(([one], [other]) => one - other)) {
    const isMixed = status === 400 && together.some((code) => errorKinds[code].status !== 400);
    const more = together.some((code) => own.includes(code)) ? (["more-errors"] as const) : [];
    const all = new Set([...own, ...(isMixed ? together : []), ...more]);
    // In the order of the table, whoever named them first.
    const ordered = errorCodes.filter((code) => all.has(code));
    const headers = headersOf(status);
    responses[String(status)] = {
      description: describe(ordered, isMixed),
      ...(headers.length === 0 ? {} : { headers: headerReferences(headers) }),
      content: {
        [mediaType]: {
          schema: documentSchema(ordered, isMixed ? undefined : status, plain),
          example: exampleOf(own, plain),
        },
      },
    };
  }
  return responses;
}

function describe(codes: readonly ErrorCode[], isMixed: boolean): string {
  const [only] = codes;
  if (codes.length === 1 && only !== undefined) return `\`${only}\`: ${errorKinds[only].description}`;
  const lines = codes.map((code) => `- \`${code}\`: ${errorKinds[code].title}`);
  const mixed = isMixed ? " Also the status of several errors that have not one in common." : "";
  return `Refused, for one of these reasons.${mixed}\n${lines.join("\n")}`;
}

function documentSchema(codes: readonly ErrorCode[], status: number | undefined, plain: boolean): Described {
  const narrowed = {
    type: "object",
    properties: {
      code: { type: "string", enum: codes },
      status: { type: "string", ...(status === undefined ? {} : { const: String(status) }) },
    },
    required: ["code", "status"],
  };
  const errors = {
    type: "array",
    minItems: 1,
    maxItems: MAX_ERRORS,
    items: { allOf: [{ $ref: "#/components/schemas/ErrorObject" }, narrowed] },
  };
  return plain
    ? {
        type: "object",
        properties: { error: { type: "string", description: "The detail of the first of the errors." }, errors },
        required: ["error", "errors"],
      }
    : {
        type: "object",
        properties: { jsonapi: { $ref: "#/components/schemas/JsonapiObject" }, errors },
        required: ["jsonapi", "errors"],
      };
}

/** Of the first of them: as long as needed to see what it looks like. */
function exampleOf([code = "internal-error"]: readonly ErrorCode[], plain: boolean): Described {
  const { status, title, description } = errorKinds[code];
  const id = "0194d7a4-5c1e-7b3a-9f52-3c1d6e8a4b70";
  const errors = [{ id, status: String(status), code, title, detail: description }];
  return plain ? { error: description, errors } : { jsonapi: { version: "1.1" }, errors };
}

function headersOf(status: number): readonly string[] {
  return [
    ...(status === 401 ? ["WWW-Authenticate"] : []),
    ...(status === 406 ? ["Vary"] : []),
    ...(status === 429 || status === 503 ? ["Retry-After"] : []),
    ...(status === 429 ? RATE_LIMIT : []),
  ];
}

/** The headers of an answer that counts against a limit. */
export const RATE_LIMIT = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] as const;

/** References to headers of `errorHeaders`, or of those that a description adds. */
export function headerReferences(names: readonly string[]): Described {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const seconds = { type: "integer", minimum: 0 };

export const errorHeaders: Record<string, Described> = {
  "WWW-Authenticate": {
    description:
      '`Bearer`, with `error="invalid_token"` when a token was sent that is no good (RFC 6750); `Basic` for the webhook (RFC 7617).',
    schema: { type: "string" },
  },
  Vary: {
    description: "What the answer depends on, `Accept` and `Origin`. RFC 9110, section 12.5.5.",
    schema: { type: "string" },
  },
  "Retry-After": { description: "Seconds to wait. RFC 9110, section 10.2.3.", schema: { ...seconds, minimum: 1 } },
  "RateLimit-Limit": { description: "Requests in one window.", schema: seconds },
  "RateLimit-Remaining": { description: "Requests left in this window.", schema: seconds },
  "RateLimit-Reset": { description: "Seconds until the window ends.", schema: seconds },
};

export const errorSchemas: Record<string, Described> = {
  ErrorCode: {
    type: "string",
    enum: errorCodes,
    description: "Stable; branch on it. Each is explained under /docs/errors.",
  },
  ErrorObject: {
    type: "object",
    description: 'JSON:API 1.1, "Error Objects".',
    properties: {
      id: { type: "string", description: "The id of the request; of further errors, with their number behind it." },
      links: {
        type: "object",
        properties: {
          type: { type: "string", format: "uri", description: "Where this kind of error is explained." },
        },
      },
      status: { type: "string", pattern: "^[45][0-9]{2}$" },
      code: { $ref: "#/components/schemas/ErrorCode" },
      title: { type: "string", description: "The same for each code." },
      detail: { type: "string", description: "About this occurrence, for people." },
      source: {
        type: "object",
        description: "Where in the request the fault lies.",
        properties: {
          pointer: { type: "string", description: "Into the request document. RFC 6901." },
          parameter: { type: "string", description: "A query parameter." },
          header: { type: "string" },
        },
      },
      meta: {
        type: "object",
        properties: {
          attribute: { type: "string", description: "On 422: the member that is wrong." },
          message: { type: "string", description: "On 422: why, as words that follow the member's name." },
          suggestions: { type: "array", items: { type: "string" }, description: "Known names that are near." },
          omitted: { type: "integer", description: "How many errors were left out." },
          page: { type: "object", properties: { maxSize: { type: "integer" } } },
        },
      },
    },
    required: ["id", "status", "code", "title", "detail"],
  },
  JsonapiObject: {
    type: "object",
    properties: {
      version: { type: "string", const: "1.1" },
      ext: { type: "array", items: { type: "string", format: "uri" } },
      profile: { type: "array", items: { type: "string", format: "uri" } },
    },
    required: ["version"],
  },
};
