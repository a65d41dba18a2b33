import type { Knex } from "knex";

import { isBusy } from "./driver-errors.ts";

/**
 * Where databases differ, as named functions. Outside of this folder no file asks which database it talks to.
 */

/** A column's number from a driver: PostgreSQL's `count(*)` and `bigint` come as text. */
export function toNumber(value: unknown): number {
  return typeof value === "number" ? value : Number(value);
}

/** A column's boolean from a driver: SQLite stores 0 and 1. */
export function toBoolean(value: unknown): boolean {
  return value === true || value === 1 || value === "1";
}

/**
 * Orders by `column`, text by code points on every database (see the migration that orders texts so). Null is smaller than every value,
 * on every database (SQLite's way; PostgreSQL's default is the reverse).
 * Only nullable columns are told so, since PostgreSQL's ordinary index would not serve the order otherwise.
 */
export function orderBy(
  query: Knex.QueryBuilder,
  column: string | Knex.QueryBuilder,
  direction: "asc" | "desc",
  nullable: boolean,
): void {
  if (nullable && isPostgres(query)) {
    query.orderBy(column, direction, direction === "asc" ? "first" : "last");
  } else {
    query.orderBy(column, direction);
  }
}

/**
 * Adds «`column` has these parts in their order, the first at its beginning, the last at its end, anything between them».
 * SQLite's LIKE ignores the case of ASCII letters, its GLOB does not; PostgreSQL has LIKE and ILIKE, of which the latter knows the case
 * of ASCII letters alone too, in columns that are collated by code points.
 */
export function whereLike(
  query: Knex.QueryBuilder,
  column: string,
  parts: readonly string[],
  ignoreCase: boolean,
): void {
  const likePattern = parts.map((part) => part.replace(/[\\%_]/g, "\\$&")).join("%");
  if (isPostgres(query)) {
    query.whereRaw(`?? ${ignoreCase ? "ilike" : "like"} ? escape '\\'`, [column, likePattern]);
  } else if (ignoreCase) {
    query.whereRaw("?? like ? escape '\\'", [column, likePattern]);
  } else {
    query.whereRaw("?? glob ?", [column, parts.map((part) => part.replace(/[*?[]/g, "[$&]")).join("*")]);
  }
}

/** The rows that a statement in SQL of our own gives, whatever the driver wraps them in. */
export async function rowsOf<Row>(db: Knex, sql: string, values: readonly Knex.Value[] = []): Promise<Row[]> {
  const result = (await db.raw(sql, values)) as Row[] | { readonly rows: Row[] };
  return Array.isArray(result) ? result : result.rows;
}

/**
 * For the end of a SELECT in SQL of our own: the rows of these tables stay as they are until the end of the transaction, whoever only
 * refers to them aside. SQLite has one writer, and no locks of rows.
 */
export function heldFast(db: Knex, ...tables: readonly string[]): string {
  return isPostgres(db) ? ` for no key update of ${tables.join(", ")}` : "";
}

/**
 * The same for rows that are only to stay where they are: of those that somebody is about to delete, or holds as if, there are none.
 * Nobody waits.
 */
export function heldUnlessTaken(query: Knex.QueryBuilder): Knex.QueryBuilder {
  return isPostgres(query) ? query.forKeyShare().skipLocked() : query;
}

/**
 * Whether the database has one writer at a time: nobody else changes what a transaction has read, and a statement that fails leaves the
 * transaction as it was before it. Where it has many, what must not change is locked, and a failed statement ends the transaction.
 */
export function hasOneWriter(db: Knex): boolean {
  return !isPostgres(db);
}

/** Runs statements that may fail, and after whose failure the transaction goes on as if they had not been. A single one, on SQLite. */
export async function attempt<Result>(
  trx: Knex.Transaction,
  run: (trx: Knex.Transaction) => Promise<Result>,
): Promise<Result> {
  return await (hasOneWriter(trx) ? run(trx) : trx.transaction(run));
}

/** Ours among the advisory locks of a PostgreSQL database: «rekey» in ASCII. */
const ADVISORY_LOCK = 0x72_65_6b_65_79;
/** How long one may hold it while others wait (minutes). */
const ADVISORY_PATIENCE = 10;

interface PgConnection {
  query(sql: string, values?: readonly unknown[]): Promise<unknown>;
}

interface PgClient {
  acquireRawConnection(): Promise<PgConnection>;
  destroyRawConnection(connection: PgConnection): Promise<void>;
}

/** A lock that another process does not let go of. */
export class StillTaken extends Error {}

/**
 * Runs `run` while no other process does so on the same database; others wait for their turn. On PostgreSQL by an advisory lock that a
 * connection of its own holds: it ends with the connection, so one that dies leaves nothing behind. (Such a lock needs a connection that
 * stays: with PgBouncer, pool mode `session`.) SQLite has no such lock, and one writer: there `run` must take its turn by itself.
 *
 * @throws {StillTaken} when another one takes longer than ten minutes
 */
export async function aloneOnDatabase<T>(db: Knex, run: () => Promise<T>): Promise<T> {
  if (!isPostgres(db)) return await run();
  const client = db.client as PgClient;
  const connection = await client.acquireRawConnection();
  try {
    await connection.query(`set lock_timeout = '${String(ADVISORY_PATIENCE)}min'`);
    await connection.query("select pg_advisory_lock($1)", [ADVISORY_LOCK]).catch((error: unknown) => {
      if (!isBusy(error)) throw error;
      throw new StillTaken("Another process has been migrating this database for ten minutes.", { cause: error });
    });
    return await run();
  } finally {
    // One that is dead already has let go.
    await client.destroyRawConnection(connection).catch(() => undefined);
  }
}

function isPostgres(query: { readonly client: unknown }): boolean {
  return (query.client as { readonly dialect: string }).dialect === "postgresql";
}
