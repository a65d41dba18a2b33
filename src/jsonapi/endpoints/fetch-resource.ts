import { notFound } from "../../errors/catalogue.ts";
import { versionOf } from "../http/etag.ts";
import { versionedReading, type Reading } from "../http/reply.ts";
import { resourceDocument } from "../read/document.ts";
import { loadResource } from "../read/load.ts";
import { planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { checkReadable, idOf, planContext, type Exchange } from "./layer.ts";

/** `GET /{type}/{id}`. JSON:API 1.1, "Fetching Resources". */
export async function fetchResource<Caller>(exchange: Exchange<Caller>): Promise<Reading> {
  const { layer, type, caller, request } = exchange;
  checkReadable(exchange);
  const query = parseQuery(request.url, ["include", "fields"]);
  const selection = planSelection(type, query, planContext(exchange));
  const id = idOf(exchange);
  const graph = await loadResource(layer.db, selection, id);
  if (graph === undefined) throw notFound();
  const document = await resourceDocument(layer, graph, layer.urls.resource(type.name, id), query);
  return versionedReading(document, versionOf(type, graph.primary[0]?.row ?? {}, caller));
}
