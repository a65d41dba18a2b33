import type { Knex } from "knex";

import { attempt } from "../../db/dialect.ts";
import { foreignKeyViolation, uniqueViolation } from "../../db/driver-errors.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceType } from "../resource/registry.ts";
import { insertRows, type Columns } from "./statements.ts";

/** A resource that is made by its row alone. */
export interface Insertion<Caller> {
  readonly type: ResourceType<Caller>;
  readonly columns: Columns;
}

/** By powers of two: a database that keeps statements has to keep few of them. */
const SIZES = [64, 32, 16, 8, 4, 2];

/** How many of the first of these can be one statement; 1 at least. `undefined` is something else. */
export function insertedTogether<Caller>(insertions: readonly (Insertion<Caller> | undefined)[]): number {
  const [first] = insertions;
  if (first === undefined) return 1;
  const names = Object.keys(first.columns).join();
  const end = insertions.findIndex(
    (other) => other?.type !== first.type || Object.keys(other.columns).join() !== names,
  );
  const alike = end === -1 ? insertions.length : end;
  return SIZES.find((size) => size <= alike) ?? 1;
}

/**
 * Inserts several rows by one statement.
 *
 * @returns them in their order; undefined, and nothing is inserted, when a constraint is against one of them: which one it is, a
 *   statement for each will say
 */
export async function insertTogether<Caller>(
  trx: Knex.Transaction,
  insertions: readonly Insertion<Caller>[],
): Promise<Row[] | undefined> {
  const [first] = insertions;
  if (first === undefined) return [];
  const rows = insertions.map(({ columns }) => columns);
  try {
    const inserted = await attempt(trx, (within) => insertRows(within, first.type, rows, null));
    const byId = new Map(inserted.map((row) => [row["id"], row]));
    return rows.map(({ id }) => {
      const row = byId.get(id);
      if (row === undefined) throw new Error(`The database gave back no row ${String(id)} that it inserted`);
      return row;
    });
  } catch (error) {
    if (uniqueViolation(error) === undefined && !foreignKeyViolation(error)) throw error;
    return undefined;
  }
}
