import { sendNothing } from "../http/reply.ts";
import { parseQuery } from "../read/query.ts";
import { carryOut, checkReadable, idOf, preconditionsOf, type Exchange } from "./layer.ts";
import { planDeletion } from "./writes.ts";

/** `DELETE /{type}/{id}`. JSON:API 1.1, "Deleting Resources". A body, which some clients send, is ignored. */
export async function deleteResource<Caller>(exchange: Exchange<Caller>) {
  const { request, reply } = exchange;
  checkReadable(exchange);
  parseQuery(request.url, []);
  const id = idOf(exchange);
  await carryOut(exchange, await planDeletion(exchange, id), preconditionsOf(exchange, id));
  return sendNothing(reply);
}
