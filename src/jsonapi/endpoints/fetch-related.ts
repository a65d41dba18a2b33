import { versionOf, versionOfLinkage } from "../http/etag.ts";
import { reading, versionedReading, type Reading } from "../http/reply.ts";
import { collectionDocument, resourceDocument } from "../read/document.ts";
import { loadCollection, loadResource } from "../read/load.ts";
import { describePage } from "../read/paging.ts";
import { planCollection, planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { findVisible, idOf, pageTerms, planContext, visibleRelationship, type Exchange } from "./layer.ts";

/** `GET /{type}/{id}/{relationship}`: the related resources. JSON:API 1.1, "Fetching Resources", related resource links. */
export async function fetchRelated<Caller>(
  exchange: Exchange<Caller>,
  member: ResourceRelationship<Caller>,
): Promise<Reading> {
  const { layer, type, caller, request } = exchange;
  const relationship = visibleRelationship(exchange, member);
  const { name, target } = relationship;

  if (relationship.to === "one") {
    const query = parseQuery(request.url, ["include", "fields"]);
    const selection = planSelection(target, query, planContext(exchange));
    const row = await findVisible(exchange, idOf(exchange));
    const url = layer.urls.related(type.name, String(row["id"]), name);
    const id = row[relationship.column];
    const graph = typeof id === "string" ? await loadResource(layer.db, selection, id) : undefined;
    const document = await resourceDocument(layer, graph ?? null, url, query);
    const related = graph?.primary[0]?.row;
    const version = related === undefined ? versionOfLinkage([]) : versionOf(target, related, caller);
    return versionedReading(document, version);
  }
  const query = parseQuery(request.url, ["include", "fields", "sort", "filter", "page"]);
  const plan = planCollection(target, query, pageTerms(exchange), planContext(exchange));
  const row = await findVisible(exchange, idOf(exchange));
  const id = String(row["id"]);
  const loaded = await loadCollection(layer.db, { ...plan, related: { relationship, id } });
  const url = layer.urls.related(type.name, id, name);
  const paging = describePage(url, query, plan, loaded);
  return reading(await collectionDocument(layer, loaded, paging, url, query), paging);
}
