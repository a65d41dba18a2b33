import { checkIfMatch } from "../http/etag.ts";
import { sendNothing } from "../http/reply.ts";
import { parseQuery } from "../read/query.ts";
import { prepareDelete } from "../write/save.ts";
import { findWritable, presentVersion, writeContext, type Exchange } from "./layer.ts";

/** `DELETE /{type}/{id}`. JSON:API 1.1, "Deleting Resources". A body, which some clients send, is ignored. */
export async function deleteResource<Caller>(exchange: Exchange<Caller>) {
  const { layer, type, caller, request, reply } = exchange;
  parseQuery(request.url, []);
  const current = await findWritable(exchange, type.definition.delete?.scope(caller) ?? false, "delete");
  const commit = await prepareDelete(type, current, writeContext(exchange));
  await layer.db.transaction(async (trx) => {
    await checkIfMatch(request, trx, () => presentVersion(exchange, trx, String(current["id"])));
    await commit(trx);
  });
  return sendNothing(reply);
}
