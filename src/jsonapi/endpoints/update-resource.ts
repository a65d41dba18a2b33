import { checkIfMatch, versionOf } from "../http/etag.ts";
import { sendNothing, sendVersioned } from "../http/reply.ts";
import { resourceDocument } from "../read/document.ts";
import { loadResource } from "../read/load.ts";
import { planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { parseResource } from "../write/body.ts";
import { planWrite } from "../write/plan.ts";
import { prepareUpdate } from "../write/save.ts";
import {
  checkReadable,
  findWritable,
  idOf,
  planContext,
  presentVersion,
  writeContext,
  type Exchange,
} from "./layer.ts";

/** `PATCH /{type}/{id}`. JSON:API 1.1, "Updating Resources". */
export async function updateResource<Caller>(exchange: Exchange<Caller>) {
  const { layer, type, caller, request, reply } = exchange;
  checkReadable(exchange);
  const query = parseQuery(request.url, ["include", "fields"]);
  const selection = planSelection(type, query, planContext(exchange));

  const current = await findWritable(exchange, type.definition.update?.scope(caller) ?? false, "change");
  const id = idOf(exchange);
  const change = parseResource(request.body, type.name, id);
  const plan = await planWrite(layer.db, type, change, current, caller);
  const commit = await prepareUpdate(type, current, plan, writeContext(exchange));
  await layer.db.transaction(async (trx) => {
    await checkIfMatch(request, trx, () => presentVersion(exchange, trx, id));
    await commit(trx);
  });

  const graph = await loadResource(layer.db, selection, id);
  if (graph === undefined) return sendNothing(reply);
  const document = await resourceDocument(layer, graph, layer.urls.resource(type.name, id), query);
  return sendVersioned(exchange, document, versionOf(type, graph.primary[0]?.row ?? {}, caller));
}
