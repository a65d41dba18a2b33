import type { Knex } from "knex";

import { rowsOf } from "../../db/dialect.ts";
import { storedColumns } from "../read/sql.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceType } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";

/**
 * The statements that write a resource's own row. Each gives back the row as it stands then, so that nobody has to ask for it again.
 *
 * With a guard a statement is a whole write by itself, and needs no transaction: it changes something only as long as the guard finds a
 * row. Null where there is nothing to guard against.
 */
export type Guard = Knex.Raw | null;

export type Columns = Readonly<Record<string, Scalar>>;

/**
 * @param rows all with the same columns, in the same order
 * @param guard of a single row only
 * @returns in any order; none when the guard found nothing
 */
export async function insertRows<Caller>(
  db: Knex,
  type: ResourceType<Caller>,
  rows: readonly Columns[],
  guard: Guard,
): Promise<Row[]> {
  const returned = storedColumns(type);
  if (guard === null) return await db(type.table).insert(rows).returning<Row[]>(returned);
  const [row = {}] = rows;
  const names = Object.keys(row);
  const list = (item: string, { length }: readonly unknown[]) => Array(length).fill(item).join(", ");
  return await rowsOf<Row>(
    db,
    `insert into ?? (${list("??", names)}) select ${list("?", names)} where exists (?) returning ${list("??", returned)}`,
    [type.table, ...names, ...Object.values(row), guard, ...returned],
  );
}

/** @returns undefined when there is no such row, or the guard found nothing */
export async function updateRow<Caller>(
  db: Knex,
  type: ResourceType<Caller>,
  id: string,
  columns: Columns,
  guard: Guard,
): Promise<Row | undefined> {
  const query = db(type.table).where({ id });
  if (guard !== null) query.whereRaw("exists (?)", [guard]);
  const [row] = await query.update(columns).returning<Row[]>(storedColumns(type));
  return row;
}

/** @returns whether there was such a row, and the guard found something */
export async function deleteRow<Caller>(
  db: Knex,
  type: ResourceType<Caller>,
  id: string,
  guard: Guard,
): Promise<boolean> {
  const query = db(type.table).where({ id });
  if (guard !== null) query.whereRaw("exists (?)", [guard]);
  return (await query.delete()) === 1;
}
