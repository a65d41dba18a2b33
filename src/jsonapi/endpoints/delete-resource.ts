import { checkPreconditions } from "../http/etag.ts";
import { sendNothing } from "../http/reply.ts";
import { parseQuery } from "../read/query.ts";
import { checkReadable, idOf, inTransaction, presentVersion, type Exchange } from "./layer.ts";
import { planDeletion } from "./writes.ts";

/** `DELETE /{type}/{id}`. JSON:API 1.1, "Deleting Resources". A body, which some clients send, is ignored. */
export async function deleteResource<Caller>(exchange: Exchange<Caller>) {
  const { request, reply } = exchange;
  checkReadable(exchange);
  parseQuery(request.url, []);
  const id = idOf(exchange);
  const commit = await planDeletion(exchange, id);
  await inTransaction(exchange, async (trx) => {
    await checkPreconditions(request, trx, () => presentVersion(exchange, trx, id));
    await commit(trx);
  });
  return sendNothing(reply);
}
