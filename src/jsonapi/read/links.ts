import type { Query } from "./query.ts";

/** The absolute URLs of one server's resources. Ids are UUIDs and names are letters and digits: nothing needs an escape. */
export interface Urls {
  /** What all of them begin with. */
  base(): string;
  collection(type: string): string;
  resource(type: string, id: string): string;
  related(type: string, id: string, relationship: string): string;
  relationship(type: string, id: string, relationship: string): string;
}

/** @param base absolute, without a slash at the end, e.g. `https://example.org/v1` */
export function urlsBelow(base: () => string): Urls {
  const resource = (type: string, id: string) => `${base()}/${type}/${id}`;
  return {
    base,
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

/** A URL with these parameters. Brackets come out percent-encoded, as RFC 3986 has it; commas stay readable, which it allows. */
export function withParameters(url: string, parameters: Query["parameters"]): string {
  if (parameters.length === 0) return url;
  const encode = (text: string) => encodeURIComponent(text.toWellFormed()).replaceAll("%2C", ",");
  return `${url}?${parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
}
