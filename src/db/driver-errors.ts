/**
 * What errors of the drivers mean, on either database: what was broken, whether the same may succeed a moment later, what is left of the
 * transaction. Outside of this folder no file looks at a driver's codes.
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
