import type { Knex } from "knex";

/**
 * Where databases differ, as named functions. Outside of this folder no file asks which database it talks to.
 */

/** A broken unique constraint: the table's columns that it covers. */
export interface UniqueViolation {
  readonly table: string;
  readonly columns: readonly string[];
}

interface DriverError {
  code?: unknown;
  message?: unknown;
  name?: unknown;
  table?: unknown;
  detail?: unknown;
}

/**
 * What `error` says about a unique constraint, or `undefined` if it is about something else.
 * SQLite names it in the message («UNIQUE constraint failed: users.email_normal»); PostgreSQL has SQLSTATE 23505 and
 * «Key (email_normal)=(…) already exists.» in the detail.
 */
export function uniqueViolation(error: unknown): UniqueViolation | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, message, table, detail } = error as DriverError;
  if (code === "SQLITE_CONSTRAINT" && typeof message === "string") {
    const columns = /UNIQUE constraint failed: (.+)$/.exec(message)?.[1]?.split(", ");
    if (columns === undefined) return undefined;
    return { table: columns[0]?.split(".")[0] ?? "", columns: columns.map((name) => name.split(".")[1] ?? name) };
  }
  if (code === "23505" && typeof table === "string") {
    const columns = typeof detail === "string" ? /^Key \((.+?)\)=/.exec(detail)?.[1]?.split(", ") : undefined;
    return { table, columns: columns ?? [] };
  }
  return undefined;
}

/** Whether `error` is a broken foreign key: a row that was referenced is gone. */
export function foreignKeyViolation(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, message } = error as DriverError;
  return (
    code === "23503" || (code === "SQLITE_CONSTRAINT" && typeof message === "string" && message.includes("FOREIGN KEY"))
  );
}

/**
 * PostgreSQL's SQLSTATEs of what goes by without anybody changing the request: a broken connection (08), a deadlock or a conflict (40),
 * too little of something (53), an operator's doing and a statement's time (57); rows that stay locked, a transaction that waited for
 * too long, a server that only reads while another one takes over, a database that takes no connections.
 * https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const PASSING = /^(?:08|40|53|57)...$|^(?:55P03|25P03|25006|55000)$/;

/** The network's own errors on the way to the database. */
const UNREACHABLE = /^(?:ECONN(?:REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** What pg says, without a code, of a connection that ended in the middle or did not come about. Knex puts the statement before it. */
const LOST = /(?:^| - )(?:Connection terminated|Client has encountered a connection error|timeout expired)/;

/**
 * Whether `error` says that the database is busy with somebody else's work, or out of reach: the same request may succeed a moment later.
 * Knex says by the name of its error that no connection came free in time.
 */
export function isBusy(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, name, message } = error as DriverError;
  if (name === "KnexTimeoutError" || name === "WriterBusy" || code === "SQLITE_BUSY") return true;
  // In a transaction; the next one plans it anew.
  if (isOutdatedPlan(error)) return true;
  if (typeof code === "string") return PASSING.test(code) || UNREACHABLE.test(code);
  return typeof message === "string" && LOST.test(message);
}

/**
 * Whether `error` says that a transaction was taken back for the sake of another one: both waited for what the other one held, or saw
 * what the other one changed. Nothing of it happened, and the same again may well succeed.
 */
export function wasInTheWay(error: unknown): boolean {
  const { code } = (error ?? {}) as DriverError;
  return code === "40P01" || code === "40001";
}

/** Whether `error` says that nothing can be written at present; what is there may be read all the same. */
export function cannotWrite(error: unknown): boolean {
  if (isBusy(error)) return true;
  const { code } = (error ?? {}) as DriverError;
  return typeof code === "string" && /^SQLITE_(?:FULL|IOERR|READONLY)$/.test(code);
}

/** Whether PostgreSQL has a plan for a statement that no longer fits its tables: «cached plan must not change result type». */
export function isOutdatedPlan(error: unknown): boolean {
  const { code, message } = error as DriverError;
  return code === "0A000" && typeof message === "string" && message.includes("cached plan");
}

/** Whether `error` says that the connection to PostgreSQL it happened on is no more. */
export function isLostConnection(error: unknown): boolean {
  const { code, message } = error as DriverError;
  if (typeof code === "string") return /^(?:08...|57P0[123])$/.test(code) || UNREACHABLE.test(code);
  return typeof message === "string" && LOST.test(message);
}

/**
 * Whether `error` may have ended the transaction that it happened in, and not only its statement: SQLite takes back all of it where it
 * cannot go on («Response To Errors Within A Transaction», https://www.sqlite.org/lang_transaction.html).
 */
export function losesTransaction(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code } = error as DriverError;
  return (typeof code === "string" && ENDING.has(code)) || hadEnded(error);
}

/** Whether `error` says that there was nothing to take back any more: SQLite had done so by itself, for another error. */
export function hadEnded(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, message } = error as DriverError;
  return code === "SQLITE_ERROR" && typeof message === "string" && /no such savepoint|cannot rollback/.test(message);
}

const ENDING = new Set([
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_NOMEM",
  "SQLITE_BUSY",
  "SQLITE_INTERRUPT",
  "SQLITE_CORRUPT",
  "SQLITE_NOTADB",
  "SQLITE_CANTOPEN",
  "SQLITE_READONLY",
]);

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
