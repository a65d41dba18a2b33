import type { Knex } from "knex";

import { unknownReference } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import { rowsOf } from "../../db/dialect.ts";
import { isUuid } from "../../db/id.ts";
import { selectIds } from "../read/sql.ts";
import type { WriteContext } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { references, type Linkage } from "./body.ts";
import type { PlannedLinks } from "./plan.ts";

/** A resource that a write makes. */
export interface Made {
  readonly type: string;
  readonly id: string;
}

export type LinkageChange = "replace" | "add" | "remove";

/** Links that one statement makes. */
const ROWS_AT_ONCE = 250;

/**
 * Refuses references to what does not exist, or what the caller may not see.
 *
 * @param made a resource that this write makes: it may refer to itself
 * @throws {Fault | Faults} 404 with a pointer to each such identifier
 */
export async function checkReferences<Caller>(
  trx: Knex.Transaction,
  links: readonly PlannedLinks<Caller>[],
  caller: Caller,
  made?: Made,
): Promise<void> {
  const faults = new FaultList();
  for (const { relationship, linkage } of links) {
    const wanted = references(linkage);
    const ids = wanted.map(({ id }) => id).filter(isUuid);
    const { target } = relationship;
    const found =
      ids.length === 0 ? [] : ((await selectIds(trx, target, target.scope(caller), ids)) as { id: string }[]);
    const known = new Set(found.map(({ id }) => id));
    for (const { type, id, pointer } of wanted) {
      const isItself = made?.type === type && made.id === id;
      if (!known.has(id) && !isItself) faults.add(unknownReference(pointer, type, id));
    }
  }
  faults.throwIfAny();
}

/**
 * Changes a to-many relationship that has a table of its own. Adding what is there and removing what is not there are no
 * faults. JSON:API 1.1, "Updating To-Many Relationships".
 *
 * @param made a resource that this write makes: it may refer to itself
 * @throws {Fault | Faults} 404 with a pointer to each identifier of what does not exist, or what the caller may not see
 */
export async function changeLinks<Caller>(
  trx: Knex.Transaction,
  relationship: ResourceRelationship<Caller>,
  id: string,
  linkage: Linkage,
  change: LinkageChange,
  context: WriteContext<Caller>,
  made?: Made,
): Promise<void> {
  if (relationship.to === "one" || !("table" in relationship.through)) {
    throw new Error(`${relationship.owner.name}.${relationship.name} has no table of its own`);
  }
  const { through } = relationship;
  const ids = references(linkage).map((reference) => reference.id);
  const removed = change === "add" ? [] : await removeLinks(trx, through, id, ids, change);
  const added: string[] = [];
  if (change !== "remove") {
    const { target } = relationship;
    for (let at = 0; at < ids.length; at += ROWS_AT_ONCE) {
      const some = ids.slice(at, at + ROWS_AT_ONCE).filter(isUuid);
      added.push(...(await addLinks(trx, through, id, selectIds(trx, target, target.scope(context.caller), some))));
    }
    if (added.length < ids.length) {
      // Links that are there already, as a rule. What else it may be, the look-up says.
      await checkReferences(trx, [{ relationship, linkage }], context.caller, made);
      const isItself = made?.type === target.name && made.id === id;
      if (isItself && ids.includes(id)) {
        added.push(...(await addLinks(trx, through, id, selectIds(trx, target, true, [id]))));
      }
    }
  }
  if (added.length + removed.length > 0) await relationship.changed?.(trx, { id, added, removed }, context);
}

interface Through {
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

/** @returns what it led to of that */
async function removeLinks(
  trx: Knex.Transaction,
  { table, from, to }: Through,
  id: string,
  ids: readonly string[],
  change: "replace" | "remove",
): Promise<string[]> {
  // What is no id is linked to nothing; PostgreSQL would refuse some of it.
  ids = ids.filter(isUuid);
  if (ids.length === 0 && change === "remove") return [];
  const list = ids.map(() => "?").join(", ");
  const which = ids.length === 0 ? "" : ` and ?? ${change === "remove" ? "in" : "not in"} (${list})`;
  const rows = await rowsOf<{ to: string }>(trx, `delete from ?? where ?? = ?${which} returning ?? as ??`, [
    table,
    from,
    id,
    ...(ids.length === 0 ? [] : [to, ...ids]),
    to,
    "to",
  ]);
  return rows.map((row) => row.to);
}

/**
 * Looks up and links in one statement.
 *
 * @param related selects the ids
 * @returns those that were not linked yet
 */
async function addLinks(
  trx: Knex.Transaction,
  { table, from, to }: Through,
  id: string,
  related: Knex.QueryBuilder,
): Promise<string[]> {
  const { sql, bindings } = related.toSQL();
  // «where true»: without it SQLite would take the conflict for a condition of a join. https://www.sqlite.org/lang_upsert.html
  const rows = await rowsOf<{ to: string }>(
    trx,
    `insert into ?? (??, ??) select ?, related.id from (${sql}) as related where true on conflict (??, ??) do nothing returning ?? as ??`,
    [table, from, to, id, ...bindings, from, to, to, "to"],
  );
  return rows.map((row) => row.to);
}
