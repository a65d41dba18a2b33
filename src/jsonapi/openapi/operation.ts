import { headerReferences } from "../../errors/responses.ts";
import { MEDIA_TYPE } from "../http/media-type.ts";
import type { Components } from "./components.ts";
import type { EndpointErrors } from "./endpoint-errors.ts";
import type { Schema } from "./schema.ts";

export interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly parameters?: readonly Schema[];
  readonly body?: {
    readonly schema: Schema;
    readonly example: unknown;
    readonly mediaType?: string;
  };
  /** By status. */
  readonly answers: Readonly<Record<string, unknown>>;
  readonly errors: EndpointErrors;
  /** Nobody in particular may do it; a token may still change what is answered. */
  readonly isOpen: boolean;
}

/** An operation object. OpenAPI 3.1.0, "Operation Object". */
export function operation(components: Components, described: DescribedOperation): Record<string, unknown> {
  const { operationId, summary, description, tag, parameters = [], body, answers, errors, isOpen } = described;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: isOpen ? [{}, { bearer: [] }] : [{ bearer: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [body.mediaType ?? MEDIA_TYPE]: { schema: body.schema, example: body.example } },
          },
        }),
    responses: { ...answers, ...components.refusals(errors) },
  };
}

/** An answer with a document. */
export function answer(
  description: string,
  schema: Schema,
  { headers = [], mediaType = MEDIA_TYPE, example }: AnswerParts = {},
): Record<string, unknown> {
  return {
    description,
    headers: headerReferences(["Vary", ...headers]),
    content: { [mediaType]: { schema, ...(example === undefined ? {} : { example }) } },
  };
}

interface AnswerParts {
  readonly headers?: readonly string[];
  readonly mediaType?: string;
  readonly example?: unknown;
}

export const nothingToShow = (description: string) => ({ description, headers: headerReferences(["Vary"]) });

export const NOT_MODIFIED = {
  description: "You have this very document already.",
  headers: headerReferences(["ETag", "Vary"]),
};
