import { reading, type Reading } from "../http/reply.ts";
import { collectionDocument } from "../read/document.ts";
import { loadCollection } from "../read/load.ts";
import { describePage } from "../read/paging.ts";
import { planCollection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { checkReadable, pageTerms, planContext, type Exchange } from "./layer.ts";

/** `GET /{type}`. JSON:API 1.1, "Fetching Resources". */
export async function fetchCollection<Caller>(exchange: Exchange<Caller>): Promise<Reading> {
  const { layer, type, request } = exchange;
  checkReadable(exchange);
  const query = parseQuery(request.url, ["include", "fields", "sort", "filter", "page"]);
  const plan = planCollection(type, query, pageTerms(exchange), planContext(exchange));
  const loaded = await loadCollection(layer.db, plan);
  const url = layer.urls.collection(type.name);
  const paging = describePage(url, query, plan, loaded);
  const document = await collectionDocument(layer, loaded, paging, url, query);
  return reading(document, paging);
}
