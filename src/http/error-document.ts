import type { Fault } from "../errors/fault.ts";

const JSON_API = "application/vnd.api+json";

/**
 * The body of an answer to a request that is refused, with its media type to the byte (JSON:API 1.1 forbids a charset).
 *
 * @param id the request's id: under it the log tells more. The first error has it, those after it have it with their number
 * @param plain for plain JSON: `application/json`, and beside `errors` the text of the first one as `error`
 */
export function errorDocument(
  faults: readonly Fault[],
  id: string,
  plain: boolean,
): { readonly mediaType: string; readonly body: Buffer } {
  const errors = faults.map(({ status, code, title, detail, source, links, meta }, index) => ({
    // JSON:API 1.1, "Error Objects": an id is of this occurrence alone.
    id: index === 0 ? id : `${id}.${String(index + 1)}`,
    status: String(status),
    code,
    title,
    detail,
    links,
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
