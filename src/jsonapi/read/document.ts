import { pageLinks, selfLink, type Urls } from "./links.ts";
import type { Graph, Node } from "./load.ts";
import type { Page } from "./page.ts";
import type { Query } from "./query.ts";
import type { Serializers } from "./serializers.ts";

/** A top-level document, ready for JSON.stringify. JSON:API 1.1, "Document Structure". */
export interface Document {
  readonly jsonapi: { readonly version: "1.1" };
  readonly links?: Readonly<Record<string, string | null>>;
  readonly data?: unknown;
  readonly included?: readonly unknown[];
  readonly meta?: Readonly<Record<string, unknown>>;
}

const JSONAPI = { version: "1.1" } as const;

export interface DocumentParts<Caller> {
  readonly serializers: Serializers<Caller>;
  readonly urls: Urls;
}

/** A single resource, or null for an empty to-one relationship. `url` is where the document stands, without its query. */
export async function resourceDocument<Caller>(
  { serializers }: DocumentParts<Caller>,
  graph: Graph<Caller> | null,
  url: string,
  query: Query,
  once?: Readonly<Record<string, unknown>>,
): Promise<Document> {
  const [data = null] = graph === null ? [] : await serializers.resources(graph.primary, once);
  return {
    jsonapi: JSONAPI,
    links: { self: selfLink(url, query) },
    data,
    ...(await included(serializers, graph, query)),
  };
}

/** A page of a collection. `total` counts the whole of it. */
export async function collectionDocument<Caller>(
  { serializers }: DocumentParts<Caller>,
  loaded: { readonly graph: Graph<Caller>; readonly total: number },
  url: string,
  query: Query,
  page: Page,
): Promise<Document> {
  const { graph, total } = loaded;
  return {
    jsonapi: JSONAPI,
    links: { self: selfLink(url, query), ...pageLinks(url, query, page, total) },
    data: await serializers.resources(graph.primary),
    ...(await included(serializers, graph, query)),
    meta: pageMeta(page, total),
  };
}

/** The linkage of a relationship: identifiers, or one, or null. JSON:API 1.1, "Fetching Relationships". */
export async function linkageDocument<Caller>(
  { serializers, urls }: DocumentParts<Caller>,
  relationship: { readonly type: string; readonly id: string; readonly name: string; readonly target: string },
  linked:
    { readonly ids: readonly string[]; readonly page: Page; readonly total: number } | { readonly id: string | null },
  includedNodes: readonly Node<Caller>[],
  query: Query,
): Promise<Document> {
  const { type, id, name, target } = relationship;
  const url = urls.relationship(type, id, name);
  const identifier = (linkedId: string) => ({ type: target, id: linkedId });
  const links = { self: selfLink(url, query), related: urls.related(type, id, name) };
  const rest = await included(serializers, { primary: [], included: includedNodes }, query);
  if ("ids" in linked) {
    return {
      jsonapi: JSONAPI,
      links: { ...links, ...pageLinks(url, query, linked.page, linked.total) },
      data: linked.ids.map(identifier),
      ...rest,
      meta: pageMeta(linked.page, linked.total),
    };
  }
  return { jsonapi: JSONAPI, links, data: linked.id === null ? null : identifier(linked.id), ...rest };
}

/** A document without data. JSON:API 1.1, "Top Level". */
export function metaDocument(meta: Readonly<Record<string, unknown>>): Document {
  return { jsonapi: JSONAPI, meta };
}

/** The total stands twice: clients look for it in either place. */
function pageMeta({ offset, size, style }: Page, total: number) {
  const place = style === "offset" ? { offset, limit: size } : { number: offset / size + 1, size };
  return { total, page: { ...place, total } };
}

/** `included` stands in every answer to a request that has `include`, and in no other. */
async function included<Caller>(
  serializers: Serializers<Caller>,
  graph: Graph<Caller> | null,
  query: Query,
): Promise<{ included?: readonly unknown[] }> {
  if (query.include === undefined) return {};
  return { included: graph === null ? [] : await serializers.resources(graph.included) };
}
