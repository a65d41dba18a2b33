import type { Knex } from "knex";

import { notFound } from "../../errors/catalogue.ts";
import { checkPreconditions, versionOfLinkage } from "../http/etag.ts";
import { sendNothing } from "../http/reply.ts";
import { parseQuery } from "../read/query.ts";
import { relatedTo, selectWhole } from "../read/sql.ts";
import { eq, everyOf } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { parseRelationshipBody } from "../write/body.ts";
import type { LinkageChange } from "../write/linkage.ts";
import { checkReadable, idOf, inTransaction, type Exchange } from "./layer.ts";
import { planRelationshipChange } from "./writes.ts";

/** `PATCH`, `POST` and `DELETE /{type}/{id}/relationships/{relationship}`. JSON:API 1.1, "Updating Relationships". */
export async function changeRelationship<Caller>(
  exchange: Exchange<Caller>,
  relationship: ResourceRelationship<Caller>,
  change: LinkageChange,
) {
  const { request, reply } = exchange;
  checkReadable(exchange);
  parseQuery(request.url, []);
  const id = idOf(exchange);
  const linkage = () => parseRelationshipBody(request.body, relationship);
  const { commit } = await planRelationshipChange(exchange, relationship, id, change, linkage);
  await inTransaction(exchange, async (trx) => {
    await checkPreconditions(request, trx, async () =>
      versionOfLinkage(await linkedIds(exchange, relationship, id, trx)),
    );
    await commit(trx);
  });
  return sendNothing(reply);
}

/** What the relationship leads to now, as far as the caller may see it: what a read of it would have shown. */
async function linkedIds<Caller>(
  { type, caller }: Exchange<Caller>,
  relationship: ResourceRelationship<Caller>,
  id: string,
  trx: Knex.Transaction,
): Promise<string[]> {
  // Held fast until the end of the transaction, also against those who only refer to it, as links do: of two changes the second one sees
  // the first.
  const row = (await trx(type.table).where({ id }).forUpdate().first()) as Row | undefined;
  if (row === undefined) throw notFound();
  const related =
    relationship.to === "one"
      ? eq("id", (row[relationship.column] ?? null) as string | null)
      : relatedTo(relationship, id);
  const { target } = relationship;
  const scope = target.scope(caller);
  if (scope === false) return [];
  const condition = scope === true ? related : everyOf([related, scope]);
  return (await selectWhole(trx, target, condition).clearSelect().pluck(`${target.table}.id`)) as string[];
}
