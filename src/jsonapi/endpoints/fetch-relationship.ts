import { versionOfLinkage } from "../http/etag.ts";
import { reading, versionedReading, type Reading } from "../http/reply.ts";
import { linkageDocument } from "../read/document.ts";
import { loadCollection, loadResource } from "../read/load.ts";
import { describePage } from "../read/paging.ts";
import { planCollection, planSelection, type Selection } from "../read/plan.ts";
import { parseQuery, type Query } from "../read/query.ts";
import { unknownName } from "../read/visible.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { findVisible, idOf, pageTerms, planContext, visibleRelationship, type Exchange } from "./layer.ts";

/** `GET /{type}/{id}/relationships/{relationship}`: the linkage. JSON:API 1.1, "Fetching Relationships". */
export async function fetchRelationship<Caller>(
  exchange: Exchange<Caller>,
  member: ResourceRelationship<Caller>,
): Promise<Reading> {
  const { layer, type, request } = exchange;
  const relationship = visibleRelationship(exchange, member);
  const context = planContext(exchange);
  const place = (id: string) => ({ type: type.name, id, name: relationship.name, target: relationship.target.name });

  if (relationship.to === "one") {
    const query = parseQuery(request.url, ["include", "fields"]);
    const selection = planRelated(relationship, query, exchange);
    const row = await findVisible(exchange, idOf(exchange));
    const id = row[relationship.column];
    // The related resource is read even for its id alone: whether the caller may see it decides what is answered.
    const graph = typeof id === "string" ? await loadResource(layer.db, selection, id) : undefined;
    const included = query.include === undefined || graph === undefined ? [] : [...graph.primary, ...graph.included];
    const linkedId = graph?.primary[0]?.id ?? null;
    const linked = { id: linkedId };
    const document = await linkageDocument(layer, place(String(row["id"])), linked, included, query);
    return versionedReading(document, versionOfLinkage(linkedId === null ? [] : [linkedId]));
  }
  const query = parseQuery(request.url, ["include", "fields", "sort", "filter", "page"]);
  const plan = planCollection(relationship.target, { ...query, include: [] }, pageTerms(exchange), context);
  const selection = planRelated(relationship, query, exchange);
  const row = await findVisible(exchange, idOf(exchange));
  const id = String(row["id"]);
  const loaded = await loadCollection(layer.db, { ...plan, selection, related: { relationship, id } });
  const { graph, total } = loaded;
  const included = query.include === undefined ? [] : [...graph.primary, ...graph.included];
  const ids = graph.primary.map((node) => node.id);
  const paging = describePage(layer.urls.relationship(type.name, id, relationship.name), query, plan, loaded);
  const document = await linkageDocument(layer, place(id), { ids, paging }, included, query);
  // A tag is for the whole relationship: a part of it says nothing about the rest.
  const isWhole = query.filters.length === 0 && ids.length === total;
  return isWhole ? versionedReading(document, versionOfLinkage(ids)) : reading(document, paging);
}

/**
 * What is read of the related resources: their ids, unless `include` asks for more. Its paths start at the resource that has
 * the relationship, as JSON:API 1.1 has it («GET /articles/1/relationships/comments?include=comments.author»).
 */
function planRelated<Caller>(
  relationship: ResourceRelationship<Caller>,
  query: Query,
  exchange: Exchange<Caller>,
): Selection<Caller> {
  const { name, owner, target } = relationship;
  const stray = query.include?.find(([first]) => first !== name);
  if (stray !== undefined)
    throw unknownName("include", "relationship to include here", owner.name, stray.join("."), [name]);
  const context = planContext(exchange);
  const inclusion = planSelection(owner, query, context).includes.get(name);
  return inclusion?.selection ?? { ...planSelection(target, { fields: new Map() }, context), attributes: [] };
}
