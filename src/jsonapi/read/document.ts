import { contentType } from "../http/media-type.ts";
import { selfLink, type Urls } from "./links.ts";
import type { Graph, LoadedPage, Node } from "./load.ts";
import type { Paging } from "./paging.ts";
import type { Query } from "./query.ts";
import type { Serializers } from "./serializers.ts";

/** A top-level document, ready for JSON.stringify. JSON:API 1.1, "Document Structure". */
export interface Document {
  readonly jsonapi: { readonly version: "1.1"; readonly profile?: readonly string[] };
  readonly links?: Readonly<Record<string, Link>>;
  readonly data?: unknown;
  readonly included?: readonly unknown[];
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** JSON:API 1.1, "Links". */
type Link = string | null | { readonly href: string; readonly type: string };

const JSONAPI = { version: "1.1" } as const;

export interface DocumentParts<Caller> {
  readonly serializers: Serializers<Caller>;
  readonly urls: Urls;
  /** The URL of the description of all this. JSON:API 1.1, "Document Links": `describedby`. */
  readonly describedBy: () => string;
}

/** A single resource, or null for an empty to-one relationship. `url` is where the document stands, without its query. */
export async function resourceDocument<Caller>(
  { serializers, describedBy }: DocumentParts<Caller>,
  graph: Graph<Caller> | null,
  url: string,
  query: Query,
  once?: Readonly<Record<string, unknown>>,
): Promise<Document> {
  const [data = null] = graph === null ? [] : await serializers.resources(graph.primary, once);
  return {
    jsonapi: JSONAPI,
    links: { self: selfLink(url, query), describedby: describedBy() },
    data,
    ...(await included(serializers, graph, query)),
  };
}

/** A single resource by itself, for documents that are made elsewhere. */
export async function resourceObject<Caller>(
  { serializers }: DocumentParts<Caller>,
  graph: Graph<Caller>,
  once?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const [resource] = await serializers.resources(graph.primary, once);
  return resource;
}

/** A page of a collection. */
export async function collectionDocument<Caller>(
  { serializers, describedBy }: DocumentParts<Caller>,
  { graph }: LoadedPage<Caller>,
  paging: Paging,
  url: string,
  query: Query,
): Promise<Document> {
  const resources = await serializers.resources(graph.primary);
  return {
    jsonapi: versionWith(paging.profile),
    links: { self: typedLink(selfLink(url, query), paging.profile), describedby: describedBy(), ...paging.links },
    data: withCursors(resources, paging),
    ...(await included(serializers, graph, query)),
    meta: paging.meta,
  };
}

/** The linkage of a relationship: identifiers, or one, or null. JSON:API 1.1, "Fetching Relationships". */
export async function linkageDocument<Caller>(
  { serializers, urls, describedBy }: DocumentParts<Caller>,
  relationship: { readonly type: string; readonly id: string; readonly name: string; readonly target: string },
  linked: { readonly ids: readonly string[]; readonly paging: Paging } | { readonly id: string | null },
  includedNodes: readonly Node<Caller>[],
  query: Query,
): Promise<Document> {
  const { type, id, name, target } = relationship;
  const identifier = (linkedId: string) => ({ type: target, id: linkedId });
  const links = {
    self: selfLink(urls.relationship(type, id, name), query),
    related: urls.related(type, id, name),
    describedby: describedBy(),
  };
  const rest = await included(serializers, { primary: [], included: includedNodes }, query);
  if ("ids" in linked) {
    const { ids, paging } = linked;
    return {
      jsonapi: versionWith(paging.profile),
      links: { ...links, self: typedLink(links.self, paging.profile), ...paging.links },
      data: withCursors(ids.map(identifier), paging),
      ...rest,
      meta: paging.meta,
    };
  }
  return { jsonapi: JSONAPI, links, data: linked.id === null ? null : identifier(linked.id), ...rest };
}

/** A document without data. JSON:API 1.1, "Top Level". */
export function metaDocument(meta: Readonly<Record<string, unknown>>): Document {
  return { jsonapi: JSONAPI, meta };
}

/** JSON:API 1.1, "JSON:API Object": `profile` names those that were applied. */
function versionWith(profile: readonly string[]): Document["jsonapi"] {
  return profile.length === 0 ? JSONAPI : { ...JSONAPI, profile };
}

/** JSON:API 1.1, "Top Level": the link to a document that has a profile applied says so, since the URL alone does not. */
function typedLink(href: string, profile: readonly string[]): Link {
  return profile.length === 0 ? href : { href, type: contentType({ profile }) };
}

/** Cursor Pagination profile, "Item Cursors". */
function withCursors(items: readonly object[], { cursors }: Paging): readonly object[] {
  if (cursors === undefined) return items;
  return items.map((item, index) => ({ ...item, meta: { page: { cursor: cursors[index] } } }));
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
