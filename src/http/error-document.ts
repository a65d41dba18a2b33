import { moreErrors } from "../errors/catalogue.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { commonStatus, MAX_ERRORS, type Fault } from "../errors/fault.ts";

const JSON_API = "application/vnd.api+json";

export interface ErrorDocumentOptions {
  /** Plain JSON: `application/json`, and beside `errors` the text of the first one as `error`. */
  readonly plain: boolean;
  /** The URL of what there is to say of a kind of error. JSON:API 1.1, "Error Objects": `links.type`. */
  readonly describe?: ((code: ErrorCode) => string) | undefined;
}

/**
 * The body of an answer to a request that is refused, with its media type to the byte (JSON:API 1.1 forbids a charset).
 *
 * @param id the request's id: under it the log tells more. The first error has it, those after it have it with their number
 */
export function errorDocument(
  faults: readonly Fault[],
  id: string,
  { plain, describe }: ErrorDocumentOptions,
): { readonly mediaType: string; readonly body: Buffer } {
  const errors = bounded(faults).map(({ status, code, title, detail, source, links, meta }, index) => ({
    // JSON:API 1.1, "Error Objects": an id is of this occurrence alone.
    id: index === 0 ? id : `${id}.${String(index + 1)}`,
    links: links ?? (describe === undefined ? undefined : { type: describe(code) }),
    status: String(status),
    code,
    title,
    detail,
    source,
    meta,
  }));
  const profile = [...new Set(faults.flatMap((fault) => fault.profile ?? []))];
  const isApplied = profile.length > 0;
  const document = plain
    ? { error: faults[0]?.detail.replaceAll(/\s+/g, " "), errors }
    : { jsonapi: { version: "1.1", ...(isApplied ? { profile } : {}) }, errors };
  return {
    mediaType: plain ? "application/json" : isApplied ? `${JSON_API};profile="${profile.join(" ")}"` : JSON_API,
    body: Buffer.from(JSON.stringify(document)),
  };
}

/** The first of them; where there are more, the last one says how many. */
function bounded(faults: readonly Fault[]): readonly Fault[] {
  if (faults.length <= MAX_ERRORS) return faults;
  const kept = faults.slice(0, MAX_ERRORS - 1);
  return [...kept, moreErrors(faults.length - kept.length, commonStatus(faults))];
}
