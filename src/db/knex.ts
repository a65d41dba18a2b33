import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import knex, { type Knex } from "knex";

import { BundledMigrations } from "./migration-source.ts";
import { NamingPostgresClient } from "./postgres-client.ts";
import { KeepingSqliteClient } from "./sqlite-client.ts";

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

/**
 * One connection: SQLite has one writer, and a second one would only meet SQLITE_BUSY. (Single reads have another one, see
 * sqlite-client.ts.) The least is one too, since a database in memory ends with its connection.
 *
 * @param pragmas what is set on it
 */
export function sqlitePool(pragmas: string): Knex.PoolConfig {
  return {
    min: 1,
    max: 1,
    afterCreate: (connection: SqliteConnection, done: (error: Error | null, connection: SqliteConnection) => void) => {
      connection.exec(pragmas, (error) => {
        done(error, connection);
      });
    },
  };
}

/** Waiting for a connection longer than this is a fault (milliseconds); without a bound a forgotten `trx` would hang for a minute. */
const ACQUIRE_TIMEOUT = 10_000;

interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

/**
 * PostgreSQL's settings, for every connection, unless the URL, the role or the database has others.
 * - lock_timeout: who waits for longer behind somebody else's lock is told to come back (503).
 * - idle_in_transaction_session_timeout: a process that hangs in the middle of a transaction does not hold its locks for ever.
 */
const POSTGRES_SETTINGS = { lock_timeout: "10s", idle_in_transaction_session_timeout: "60s" };

/** How long a connection to PostgreSQL may take to come about (milliseconds); shorter than the wait for a free one, which tells less. */
const CONNECT_TIMEOUT = 5_000;

interface PgConnection {
  query(sql: string, values: readonly (readonly string[])[], done: (error: Error | null) => void): void;
}

/** Sets what is not set; one statement. */
const SET_UNSET = `select set_config(name, value, false) from unnest($1::text[], $2::text[]) as settings (name, value)
  where current_setting(name) = '0'`;

export interface DatabaseOptions {
  /** How long a statement may take (milliseconds), on PostgreSQL, migrations excepted; without a bound by default. */
  readonly statementTimeout?: number;
  /** How many connections to PostgreSQL may be open at once; 10 by default. */
  readonly poolSize?: number;
}

/** A migration takes as long as it takes. */
async function withoutStatementTimeout(trx: Knex | Knex.Transaction): Promise<void> {
  await trx.raw("set local statement_timeout = 0");
}

/**
 * Knex options for a `DATABASE_URL`.
 *
 * @param url `sqlite:PATH` (relative to `base`), `sqlite::memory:`, `postgres://…` or `postgresql://…`
 * @param base the folder that a relative path starts from; the present one by default
 * @throws {Error} on another scheme
 */
export function knexOptions(
  url: string,
  base = process.cwd(),
  { statementTimeout, poolSize = 10 }: DatabaseOptions = {},
): Knex.Config {
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
      pool: sqlitePool(SQLITE_PRAGMAS),
    };
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const settings = {
      ...POSTGRES_SETTINGS,
      ...(statementTimeout === undefined ? {} : { statement_timeout: `${String(statementTimeout)}ms` }),
    };
    return {
      ...shared,
      client: NamingPostgresClient,
      connection: {
        // What the URL says of the same things comes before.
        application_name: "rekey",
        connectionTimeoutMillis: CONNECT_TIMEOUT,
        // A peer that is gone without a word is found out, by and by.
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        connectionString: url,
      },
      // Knex knows it; its types know it by another name.
      migrations: { ...shared.migrations, beforeEach: withoutStatementTimeout } as Knex.MigratorConfig,
      pool: {
        min: 0,
        max: poolSize,
        afterCreate: (connection: PgConnection, done: (error: Error | null, connection: PgConnection) => void) => {
          // Not as parameters of the connection: PgBouncer refuses those that it does not know.
          connection.query(SET_UNSET, [Object.keys(settings), Object.values(settings)], (error) => {
            done(error, connection);
          });
        },
      },
    };
  }
  throw new Error(`No database driver for ${JSON.stringify(url.split(":")[0])}: use sqlite: or postgres:`);
}

/** Opens the database. The caller closes it with `destroy()`. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Knex {
  return knex(knexOptions(url, undefined, options));
}
