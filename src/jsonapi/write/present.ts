import { isDeepStrictEqual } from "node:util";
import type { Knex } from "knex";

import { relatedTo, selectIds, selectWhole } from "../read/sql.ts";
import { holdsForId } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceAttribute, ResourceRelationship } from "../resource/registry.ts";
import { references, soleId, type Linkage } from "./body.ts";

/** Whether what a request says is the case already: clients send back whole resources, and that is no write and no fault. */

/** The row that is to be changed, or null for a creation. */
export type Current = Row | null;

/**
 * What the attribute is now, or would be without being given; `undefined` where it stands nowhere. Also where the caller may
 * not read it: if a right guess were no change, and a wrong one were, it could be found out by guessing.
 */
export function presentJson<Caller>(attribute: ResourceAttribute<Caller>, current: Current, caller: Caller): unknown {
  if (attribute.read?.(caller) === false) return undefined;
  if (attribute.computed !== undefined) return current === null ? undefined : attribute.computed.of(current);
  if (attribute.column === null) return undefined;
  const stored = current === null ? (attribute.default ?? null) : current[attribute.column];
  return stored === null ? null : attribute.value.toJson(stored);
}

/** Whether what was sent means what is there: `2026-01-01T00:00:00Z` is `2026-01-01T00:00:00.000Z`. */
export function isSame<Caller>(attribute: ResourceAttribute<Caller>, json: unknown, present: unknown): boolean {
  if (isDeepStrictEqual(json, present)) return true;
  if (json === null || present === null) return false;
  const parsed = attribute.value.parse(json);
  return "value" in parsed && attribute.value.toJson(parsed.value) === present;
}

/** Whether a relationship that the caller may not change leads there already, as far as they may see. */
export async function isPresentLinkage<Caller>(
  db: Knex,
  relationship: ResourceRelationship<Caller>,
  linkage: Linkage,
  current: Current,
  caller: Caller,
): Promise<boolean> {
  const wanted = new Set(references(linkage).map(({ id }) => id));
  if (wanted.size === 0 && current === null) return true;
  if (current === null) return relationship.to === "one" && soleId(linkage) === relationship.default?.(caller);
  if (relationship.to === "one") return isPresentToOne(db, relationship, linkage, current, caller);
  const scope = relationship.target.scope(caller);
  if (scope === false) return wanted.size === 0;
  const related = relatedTo(relationship, String(current["id"]));
  const condition = scope === true ? related : { all: [related, scope] };
  const rows = (await selectWhole(db, relationship.target, condition)
    .clearSelect()
    .select(`${relationship.target.table}.id`)
    .limit(wanted.size + 1)) as { id: string }[];
  return rows.length === wanted.size && rows.every(({ id }) => wanted.has(id));
}

/**
 * Whether a to-one relationship leads there already, as far as the caller may see: what is hidden from them is shown as null, and
 * may not be found out by guessing.
 */
export async function isPresentToOne<Caller>(
  db: Knex,
  relationship: ResourceRelationship<Caller>,
  linkage: Linkage,
  current: Row,
  caller: Caller,
): Promise<boolean> {
  if (relationship.to !== "one") return false;
  const id = current[relationship.column];
  const wanted = soleId(linkage);
  if (typeof id !== "string") return wanted === null;
  if (wanted !== null && wanted !== id) return false;
  const scope = relationship.target.scope(caller);
  const isVisible =
    holdsForId(scope, id) ?? (await selectIds(db, relationship.target, scope, [id]).first()) !== undefined;
  return isVisible === (wanted === id);
}
