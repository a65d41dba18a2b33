import type { Page } from "./page.ts";
import type { Query } from "./query.ts";

/** The absolute URLs of one server's resources. Ids are UUIDs and names are letters and digits: nothing needs an escape. */
export interface Urls {
  collection(type: string): string;
  resource(type: string, id: string): string;
  related(type: string, id: string, relationship: string): string;
  relationship(type: string, id: string, relationship: string): string;
}

/** @param base absolute, without a slash at the end, e.g. `https://example.org/v1` */
export function urlsBelow(base: () => string): Urls {
  const resource = (type: string, id: string) => `${base()}/${type}/${id}`;
  return {
    collection: (type) => `${base()}/${type}`,
    resource,
    related: (type, id, relationship) => `${resource(type, id)}/${relationship}`,
    relationship: (type, id, relationship) => `${resource(type, id)}/relationships/${relationship}`,
  };
}

/** The URL with the query that made the document. JSON:API 1.1, "Document Links": `self`. */
export function selfLink(url: string, query: Query): string {
  return withParameters(url, query.parameters);
}

/**
 * JSON:API 1.1, "Pagination". All other parameters are kept; links that lead nowhere are null.
 *
 * @param total resources of the whole collection
 */
export function pageLinks(url: string, query: Query, page: Page, total: number): Record<string, string | null> {
  const { offset, size } = page;
  const others = query.parameters.filter(([name]) => !name.startsWith("page["));
  const link = (to: number) => withParameters(url, [...others, ...pageParameters(page, to)]);
  // Pages count from the beginning, whatever offset the client happens to stand at.
  const last = Math.max(0, Math.ceil(total / size) - 1) * size;
  return {
    first: link(0),
    prev: offset > 0 ? link(Math.max(0, Math.min(offset - size, last))) : null,
    next: offset + size < total ? link(offset + size) : null,
    last: link(last),
  };
}

function pageParameters({ size, style }: Page, offset: number): [string, string][] {
  return style === "offset"
    ? [
        ["page[offset]", String(offset)],
        ["page[limit]", String(size)],
      ]
    : [
        ["page[number]", String(Math.floor(offset / size) + 1)],
        ["page[size]", String(size)],
      ];
}

/** Brackets come out percent-encoded, as RFC 3986 has it; commas stay readable, which it allows. */
function withParameters(url: string, parameters: Query["parameters"]): string {
  if (parameters.length === 0) return url;
  const encode = (text: string) => encodeURIComponent(text.toWellFormed()).replaceAll("%2C", ",");
  return `${url}?${parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
}
