import { sendDocument } from "../http/reply.ts";
import { metaDocument } from "../read/document.ts";
import { parseQuery } from "../read/query.ts";
import type { Action, Row } from "../resource/define.ts";
import {
  checkReadable,
  findWritable,
  idOf,
  inTransaction,
  preconditionsOf,
  writeContext,
  type Exchange,
} from "./layer.ts";

/**
 * `POST /{type}/{id}/{name}`: something that the type declares to be done with its resources. Refused as an update is: 401, 404, 403. A
 * body, which some clients send, is ignored.
 */
export async function performAction<Caller>(exchange: Exchange<Caller>, name: string, action: Action<Row, Caller>) {
  const { caller, request, reply } = exchange;
  checkReadable(exchange);
  parseQuery(request.url, []);
  const id = idOf(exchange);
  const current = await findWritable(exchange, id, action.scope(caller), name);
  const commit = await action.run({ id, current }, writeContext(exchange));
  const meta = await inTransaction(exchange, async (trx) => {
    await preconditionsOf(exchange, id)?.(trx);
    return await commit(trx);
  });
  return sendDocument(reply, 202, metaDocument(meta));
}
