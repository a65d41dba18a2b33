import type { Knex } from "knex";

import { notFound } from "../../errors/catalogue.ts";
import { checkIfMatch, versionOfLinkage } from "../http/etag.ts";
import { sendNothing } from "../http/reply.ts";
import { parseQuery } from "../read/query.ts";
import { relatedTo, selectWhole } from "../read/sql.ts";
import { eq, everyOf } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { parseRelationshipBody } from "../write/body.ts";
import { changeLinks, checkReferences, type LinkageChange } from "../write/linkage.ts";
import { references } from "../write/plan.ts";
import { guarded, timestamps } from "../write/save.ts";
import { checkReadable, findWritable, refusal, visibleRelationship, type Exchange } from "./layer.ts";

/**
 * `PATCH`, `POST` and `DELETE /{type}/{id}/relationships/{relationship}`. JSON:API 1.1, "Updating Relationships": a to-one
 * relationship can only be replaced; what may not be changed so is answered with 403.
 */
export async function changeRelationship<Caller>(
  exchange: Exchange<Caller>,
  member: ResourceRelationship<Caller>,
  change: LinkageChange,
) {
  const { layer, type, caller, request, reply } = exchange;
  checkReadable(exchange);
  parseQuery(request.url, []);
  const relationship = visibleRelationship(exchange, member);
  const { name } = relationship;
  const row = await findWritable(exchange, type.definition.update?.scope(caller) ?? true, "change");
  const id = String(row["id"]);
  if (relationship.write?.(caller) !== true || (relationship.to === "one" && change !== "replace")) {
    throw refusal(layer, caller, `You may not change ${name} so.`);
  }
  const linkage = parseRelationshipBody(request.body, relationship);
  await layer.db.transaction(async (trx) => {
    await checkIfMatch(request, trx, async () => versionOfLinkage(await linkedIds(exchange, relationship, id, trx)));
    await guarded(type, trx, { kind: "update", id, relationships: [name] }, async () => {
      // What is to be removed need not exist: then it is removed already.
      if (change !== "remove") await checkReferences(trx, [{ relationship, linkage }], caller);
      if (relationship.to === "many") return changeLinks(trx, relationship, id, linkage, change);
      const columns = {
        [relationship.column]: references(linkage)[0]?.id ?? null,
        ...timestamps(type, layer.clock(), "update"),
      };
      if ((await trx(type.table).where({ id }).update(columns)) !== 1) throw notFound();
    });
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
  // Held fast until the end of the transaction, so that of two changes the second one sees the first.
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
