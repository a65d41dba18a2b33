import type { Knex } from "knex";

import { unknownReference } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import { isUuid } from "../../db/id.ts";
import { selectIds } from "../read/sql.ts";
import type { WriteContext } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { references, type Linkage } from "./body.ts";
import type { PlannedLinks } from "./plan.ts";

export type LinkageChange = "replace" | "add" | "remove";

/** Knex inserts several rows by a compound SELECT on SQLite, which takes 500 terms at most. */
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
  made?: { readonly type: string; readonly id: string },
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
 */
export async function changeLinks<Caller>(
  trx: Knex.Transaction,
  relationship: ResourceRelationship<Caller>,
  id: string,
  linkage: Linkage,
  change: LinkageChange,
  context: WriteContext<Caller>,
): Promise<void> {
  if (relationship.to === "one" || !("table" in relationship.through)) {
    throw new Error(`${relationship.owner.name}.${relationship.name} has no table of its own`);
  }
  const { table, from, to } = relationship.through;
  const ids = references(linkage).map((reference) => reference.id);
  const added: string[] = [];
  const removed: string[] = [];
  if (change !== "add") {
    const links = trx(table).where(from, id);
    const unwanted = change === "remove" ? links.whereIn(to, ids) : links.whereNotIn(to, ids);
    if (relationship.changed !== undefined) removed.push(...((await unwanted.clone().pluck(to)) as string[]));
    await unwanted.delete();
  }
  for (let at = 0; change !== "remove" && at < ids.length; at += ROWS_AT_ONCE) {
    const rows = ids.slice(at, at + ROWS_AT_ONCE).map((related) => ({ [from]: id, [to]: related }));
    const made = (await trx(table).insert(rows, [to]).onConflict([from, to]).ignore()) as Readonly<
      Record<string, string>
    >[];
    added.push(...made.map((row) => row[to] ?? ""));
  }
  if (added.length + removed.length > 0) await relationship.changed?.(trx, { id, added, removed }, context);
}
