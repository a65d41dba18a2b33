import type { Knex } from "knex";

import type { Config } from "../config/variables.ts";
import { openDatabase } from "../db/knex.ts";
import { migrateToLatest } from "../db/migrate.ts";
import { processConfig } from "./environment.ts";

/** Runs a command on the database, and closes it. With `migrated` the schema is brought up to date first, as the server does. */
export async function withDatabase(
  { migrated }: { readonly migrated: boolean },
  run: (db: Knex, config: Config) => Promise<void>,
): Promise<void> {
  const config = processConfig();
  const db = openDatabase(config.DATABASE_URL);
  try {
    if (migrated) await migrateToLatest(db);
    await run(db, config);
  } finally {
    await db.destroy();
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
