import { sendDocument } from "../http/reply.ts";
import { collectionDocument } from "../read/document.ts";
import { CURSOR_PROFILE } from "../read/cursor.ts";
import { loadCollection } from "../read/load.ts";
import { parsePage } from "../read/page.ts";
import { describePage } from "../read/paging.ts";
import { planCollection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { checkReadable, planContext, type Exchange } from "./layer.ts";

/** `GET /{type}`. JSON:API 1.1, "Fetching Resources". */
export async function fetchCollection<Caller>(exchange: Exchange<Caller>) {
  const { layer, type, request, reply, negotiated } = exchange;
  checkReadable(exchange);
  const query = parseQuery(request.url, ["include", "fields", "sort", "filter", "page"]);
  const page = parsePage(query, layer.pageLimits, negotiated.profile.includes(CURSOR_PROFILE));
  const plan = planCollection(type, query, page, planContext(exchange));
  const loaded = await loadCollection(layer.db, plan);
  const url = layer.urls.collection(type.name);
  const paging = describePage(url, query, plan, loaded);
  const document = await collectionDocument(layer, loaded, paging, url, query);
  return sendDocument(reply, 200, document, paging);
}
