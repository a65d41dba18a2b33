import { sendDocument, sendNothing } from "../http/reply.ts";
import { metaDocument, resourceDocument } from "../read/document.ts";
import { loadWritten } from "../read/load.ts";
import { planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { parseResource } from "../write/body.ts";
import { carryOut, planContext, type Exchange } from "./layer.ts";
import { checkCreatable, newResourceId, planCreation } from "./writes.ts";

/** `POST /{type}`. JSON:API 1.1, "Creating Resources". */
export async function createResource<Caller>(exchange: Exchange<Caller>) {
  const { layer, type, caller, request, reply } = exchange;
  checkCreatable(exchange);
  const query = parseQuery(request.url, ["include", "fields"]);
  const context = planContext(exchange);
  // Refuses a wrong query before anything is written.
  planSelection(type, query, context);

  const change = parseResource(request.body, type.name);
  const write = await planCreation(exchange, newResourceId(exchange, change), change);
  const created = await carryOut(exchange, write);
  if ("accepted" in created) return sendDocument(reply, 202, metaDocument(created.accepted));

  const selection = planSelection(type, query, { ...context, caller: created.as ?? caller });
  const graph = await loadWritten(layer.db, selection, created.id, created.row);
  const url = layer.urls.resource(type.name, created.id);
  reply.header("location", url);
  // RFC 6749, section 5.1: what is shown only once is often a secret, and nobody keeps it but the client itself.
  if (created.once !== undefined) reply.header("cache-control", "no-store");
  // Who may create but not read is told where the resource is, and no more.
  if (graph === undefined) return sendNothing(reply);
  return sendDocument(reply, 201, await resourceDocument(layer, graph, url, query, created.once));
}
