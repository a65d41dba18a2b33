import { isUuid, newId } from "../../db/id.ts";
import { forbidden, invalidAttribute } from "../../errors/catalogue.ts";
import { sendDocument, sendNothing } from "../http/reply.ts";
import { metaDocument, resourceDocument } from "../read/document.ts";
import { loadResource } from "../read/load.ts";
import { planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import { parseResource, type Change } from "../write/body.ts";
import { planWrite } from "../write/plan.ts";
import { prepareCreate } from "../write/save.ts";
import { planContext, refusal, writeContext, type Exchange } from "./layer.ts";

/** `POST /{type}`. JSON:API 1.1, "Creating Resources". */
export async function createResource<Caller>(exchange: Exchange<Caller>) {
  const { layer, type, caller, request, reply } = exchange;
  if (type.definition.create?.access(caller) !== true) {
    throw refusal(layer, caller, `You may not create ${type.name}.`);
  }
  const query = parseQuery(request.url, ["include", "fields"]);
  const context = planContext(exchange);
  planSelection(type, query, context);

  const change = parseResource(request.body, type.name);
  const id = newResourceId(exchange, change);
  const plan = await planWrite(layer.db, type, change, null, caller);
  const commit = await prepareCreate(type, id, plan, writeContext(exchange));
  const created = await layer.db.transaction(commit);
  if ("accepted" in created) return sendDocument(reply, 202, metaDocument(created.accepted));

  const selection = planSelection(type, query, { ...context, caller: created.as ?? caller });
  const graph = await loadResource(layer.db, selection, created.id);
  const url = layer.urls.resource(type.name, created.id);
  reply.header("location", url);
  // Who may create but not read is told where the resource is, and no more.
  if (graph === undefined) return sendNothing(reply);
  return sendDocument(reply, 201, await resourceDocument(layer, graph, url, query, created.once));
}

/** @throws {Fault} 403 where clients bring no ids, 422 for an id that is no UUID */
function newResourceId<Caller>({ type }: Exchange<Caller>, { id }: Change): string {
  if (id === undefined) return newId();
  if (type.definition.clientIds !== true) throw forbidden(`The server gives ${type.name} their ids.`, "/data/id");
  if (!isUuid(id)) throw invalidAttribute("/data/id", "id", "must be a UUID in lower case");
  return id;
}
