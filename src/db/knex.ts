import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import knex, { type Knex } from "knex";

import { KeepingSqliteClient, NamingPostgresClient } from "./clients.ts";
import { BundledMigrations } from "./migration-source.ts";

/**
 * SQLite's settings, for every connection.
 * - WAL: readers do not wait for the writer, and a commit appends instead of rewriting (measured: 7 to 11 times the writes).
 * - synchronous=FULL: a commit is on the disk before it is answered. NORMAL would be faster, but a power cut could then take
 *   back reset requests that were answered as accepted; «accepted means durable».
 * - busy_timeout: another process (the command line) may hold the write lock for a moment.
 */
const SQLITE_PRAGMAS = [
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA busy_timeout = 5000",
].join("; ");

/** Waiting for a connection longer than this is a fault (milliseconds); without a bound a forgotten `trx` would hang for a minute. */
const ACQUIRE_TIMEOUT = 10_000;

interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

/**
 * Knex options for a `DATABASE_URL`.
 *
 * @param url `sqlite:PATH` (relative to `base`), `sqlite::memory:`, `postgres://…` or `postgresql://…`
 * @param base the folder that a relative path starts from; the present one by default
 * @throws {Error} on another scheme
 */
export function knexOptions(url: string, base = process.cwd()): Knex.Config {
  const shared = {
    // Errors carry the statement with placeholders: values (hashes, addresses) never reach a log.
    compileSqlOnError: false,
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    migrations: { migrationSource: new BundledMigrations() },
  } satisfies Knex.Config;

  if (url.startsWith("sqlite:")) {
    const path = url.slice("sqlite:".length);
    const filename = path === ":memory:" ? path : resolve(base, path);
    if (filename !== ":memory:") mkdirSync(dirname(filename), { recursive: true });
    return {
      ...shared,
      client: KeepingSqliteClient as unknown as typeof Knex.Client,
      connection: { filename },
      useNullAsDefault: true,
      pool: {
        // One connection: SQLite has one writer, and a second one would only meet SQLITE_BUSY. min 1 keeps :memory: alive.
        min: 1,
        max: 1,
        afterCreate: (
          connection: SqliteConnection,
          done: (error: Error | null, connection: SqliteConnection) => void,
        ) => {
          connection.exec(SQLITE_PRAGMAS, (error) => {
            done(error, connection);
          });
        },
      },
    };
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    return {
      ...shared,
      client: NamingPostgresClient,
      connection: url,
      pool: { min: 0, max: 10 },
    };
  }
  throw new Error(`No database driver for ${JSON.stringify(url.split(":")[0])}: use sqlite: or postgres:`);
}

/** Opens the database. The caller closes it with `destroy()`. */
export function openDatabase(url: string): Knex {
  return knex(knexOptions(url));
}
