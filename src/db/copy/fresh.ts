import type { Knex } from "knex";

import { openDatabase } from "../knex.ts";
import { migrateToLatest } from "../migrate.ts";
import { CopyFault } from "./fault.ts";
import type { Side } from "./side.ts";
import { SqliteSide } from "./sqlite-side.ts";
import { TOTALS, type Row, type Table } from "./table.ts";

/** The keys of the rows that an installation has before anybody did anything, by the names of tables. */
export type FreshRows = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Makes an installation in memory, to see what migrations and a first start put into it.
 *
 * @param firstStart what the first start of a server writes
 */
export async function freshRows(firstStart: (db: Knex) => Promise<unknown>): Promise<FreshRows> {
  const db = openDatabase("sqlite::memory:");
  try {
    await migrateToLatest(db);
    await firstStart(db);
    return await db.transaction(async (trx) => {
      const side = new SqliteSide("target", "A fresh installation", trx);
      const fresh = new Map<string, ReadonlySet<string>>();
      for (const table of await side.tables()) {
        const keys = new Set<string>();
        for await (const rows of side.rows(table)) for (const row of rows) keys.add(keyOf(table, row));
        fresh.set(table.name, keys);
      }
      return fresh;
    });
  } finally {
    await db.destroy();
  }
}

/** @throws {CopyFault} when `side` holds more than a fresh installation does, saying in which tables */
export async function assertFresh(side: Side, fresh: FreshRows): Promise<void> {
  const held: string[] = [];
  for (const table of await side.tables()) {
    // What it counts is looked at itself.
    if (table.name === TOTALS) continue;
    const rows = await side.count(table);
    if (!(await isFresh(side, table, rows, fresh.get(table.name) ?? new Set()))) {
      held.push(`${table.name} (${String(rows)})`);
    }
  }
  if (held.length === 0) return;
  throw new CopyFault(`${side.subject} holds data already, in ${held.join(", ")}. Copy into an empty database.`);
}

async function isFresh(side: Side, table: Table, count: number, keys: ReadonlySet<string>): Promise<boolean> {
  if (count > keys.size) return false;
  for await (const rows of side.rows(table)) if (!rows.every((row) => keys.has(keyOf(table, row)))) return false;
  return true;
}

const keyOf = ({ key }: Table, { values }: Row) => JSON.stringify(key.map(({ name }) => values[name]));
