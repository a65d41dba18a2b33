import { versionOf } from "../http/etag.ts";
import { sendNothing, sendReading, versionedReading } from "../http/reply.ts";
import { resourceDocument } from "../read/document.ts";
import { loadWritten } from "../read/load.ts";
import { planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { parseResource } from "../write/body.ts";
import { carryOut, checkReadable, idOf, planContext, preconditionsOf, type Exchange } from "./layer.ts";
import { planUpdate } from "./writes.ts";

/** `PATCH /{type}/{id}`. JSON:API 1.1, "Updating Resources". */
export async function updateResource<Caller>(exchange: Exchange<Caller>) {
  const { layer, type, caller, request, reply } = exchange;
  checkReadable(exchange);
  const query = parseQuery(request.url, ["include", "fields"]);
  const selection = planSelection(type, query, planContext(exchange));

  const id = idOf(exchange);
  const write = await planUpdate(exchange, id, () => parseResource(request.body, type.name, { expectedId: id }));
  const { row } = await carryOut(exchange, write, preconditionsOf(exchange, id));

  const graph = await loadWritten(layer.db, selection, id, row);
  if (graph === undefined) return sendNothing(reply);
  const document = await resourceDocument(layer, graph, layer.urls.resource(type.name, id), query);
  return sendReading(exchange, versionedReading(document, versionOf(type, graph.primary[0]?.row ?? {}, caller)));
}
