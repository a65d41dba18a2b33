import { contentType } from "../http/media-type.ts";
import { selfLink, type Urls } from "./links.ts";
import type { Graph, LoadedPage, Node } from "./load.ts";
import type { Paging } from "./paging.ts";
import type { Query } from "./query.ts";
import type { Serializers } from "./serializers.ts";

/** The JSON text of a top-level document. JSON:API 1.1, "Document Structure". */
export type Document = string;

/** JSON:API 1.1, "Links". */
type Link = string | null | { readonly href: string; readonly type: string };

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
  const [data = "null"] = graph === null ? [] : await serializers.resources(graph.primary, { once });
  return documentOf({
    links: JSON.stringify({ self: selfLink(url, query), describedby: describedBy() }),
    data,
    included: await included(serializers, graph, query),
  });
}

/** The JSON text of a single resource by itself, for documents that are made elsewhere. */
export async function resourceObject<Caller>(
  { serializers }: DocumentParts<Caller>,
  graph: Graph<Caller>,
  once?: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [resource = "null"] = await serializers.resources(graph.primary, { once });
  return resource;
}

/** A page of a collection. */
export async function collectionDocument<Caller>(
  { serializers, describedBy }: DocumentParts<Caller>,
  { graph }: LoadedPage<Caller>,
  { profile, links, cursors, meta }: Paging,
  url: string,
  query: Query,
): Promise<Document> {
  const resources = await serializers.resources(graph.primary, { cursors });
  const self = typedLink(selfLink(url, query), profile);
  return documentOf({
    profile,
    links: JSON.stringify({ self, describedby: describedBy(), ...links }),
    data: arrayOf(resources),
    included: await included(serializers, graph, query),
    meta: JSON.stringify(meta),
  });
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
    const { profile, cursors } = paging;
    // Cursor Pagination profile, "Item Cursors".
    const meta = (index: number) => (cursors === undefined ? {} : { meta: { page: { cursor: cursors[index] } } });
    return documentOf({
      profile,
      links: JSON.stringify({ ...links, self: typedLink(links.self, profile), ...paging.links }),
      data: JSON.stringify(ids.map((linkedId, index) => ({ ...identifier(linkedId), ...meta(index) }))),
      included: rest,
      meta: JSON.stringify(paging.meta),
    });
  }
  const data = JSON.stringify(linked.id === null ? null : identifier(linked.id));
  return documentOf({ links: JSON.stringify(links), data, included: rest });
}

/** A document without data. JSON:API 1.1, "Top Level". */
export function metaDocument(meta: Readonly<Record<string, unknown>>): Document {
  return documentOf({ meta: JSON.stringify(meta) });
}

/** A document of members that are JSON already. JSON:API 1.1, "JSON:API Object": `profile` names those that were applied. */
function documentOf({ profile = [], ...members }: Members): Document {
  let text = `{"jsonapi":${profile.length === 0 ? JSONAPI : JSON.stringify({ version: "1.1", profile })}`;
  for (const name of ["links", "data", "included", "meta"] as const) {
    const json = members[name];
    if (json !== undefined) text += `,"${name}":${json}`;
  }
  return `${text}}`;
}

const JSONAPI = '{"version":"1.1"}';

interface Members {
  readonly profile?: readonly string[];
  readonly links?: string;
  readonly data?: string;
  readonly included?: string | undefined;
  readonly meta?: string;
}

/** JSON:API 1.1, "Top Level": the link to a document that has a profile applied says so, since the URL alone does not. */
function typedLink(href: string, profile: readonly string[]): Link {
  return profile.length === 0 ? href : { href, type: contentType({ profile }) };
}

/** `included` stands in every answer to a request that has `include`, and in no other. */
async function included<Caller>(
  serializers: Serializers<Caller>,
  graph: Graph<Caller> | null,
  query: Query,
): Promise<string | undefined> {
  if (query.include === undefined) return undefined;
  return arrayOf(graph === null ? [] : await serializers.resources(graph.included));
}

function arrayOf(texts: readonly string[]): string {
  return `[${texts.join()}]`;
}
