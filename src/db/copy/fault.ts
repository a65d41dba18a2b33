/** A copy or a comparison cannot be made, or was not right, for a reason that the operator can act on. Never holds a value of a row. */
export class CopyFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CopyFault";
  }
}

/** What a database refused a row for. Their own messages quote the values. */
const ROW_REASONS: Readonly<Record<string, string>> = {
  "22001": "a text is longer than its column takes",
  "22003": "a number is out of its column's range",
  "22021": "it cannot hold one of the texts, such as one with U+0000 in it",
  "22P02": "a value is none of its column's type",
  "22P05": "it cannot hold one of the texts, such as one with U+0000 in it",
  "23502": "a column that must hold something is empty",
  "23505": "there is such a row already: something that must be unique is not",
  "23514": "a check constraint is broken",
  SQLITE_CONSTRAINT: "a constraint is broken",
  SQLITE_MISMATCH: "a value is none of its column's type",
  SQLITE_TOOBIG: "it is larger than SQLite takes",
};

/** What `error` says about the row that was being written, or `undefined` when it is about something else. */
export function rowReason(error: unknown): string | undefined {
  const code = codeOf(error);
  return ROW_REASONS[code] ?? (/^2[23]/.test(code) ? `the database refuses it (${code})` : undefined);
}

/** By SQLSTATE, SQLite's and Node's codes; what follows «The source (…)». */
const REASONS: Readonly<Record<string, string>> = {
  "08001": "cannot be reached",
  "08006": "has closed the connection",
  "28000": "does not let this role in: see pg_hba.conf",
  "28P01": "refuses the password: it is taken from the URL, or from PGPASSWORD",
  "3D000": "is not there: make the database first, see docs/postgresql.md",
  "42501": "does not allow this role what is needed: let the role own the database, see docs/postgresql.md",
  "53100": "is on a disk that is full",
  "53200": "has no memory left",
  "53300": "has no connection left for this role: stop the servers first",
  "55P03": "is being used: stop whatever works on its tables",
  "57P01": "has closed the connection",
  "57P02": "has closed the connection",
  "57P03": "is just starting or stopping",
  ECONNREFUSED: "cannot be reached: nobody listens there",
  ECONNRESET: "has closed the connection",
  EPIPE: "has closed the connection",
  ENOTFOUND: "cannot be reached: there is no such host",
  EAI_AGAIN: "cannot be reached: the name of its host cannot be looked up now",
  ETIMEDOUT: "cannot be reached: it does not answer",
  EHOSTUNREACH: "cannot be reached: there is no way to its host",
  ENETUNREACH: "cannot be reached: there is no way to its host",
  SQLITE_BUSY: "is open in another process: stop the server, and whatever else uses it",
  SQLITE_LOCKED: "is open in another process: stop the server, and whatever else uses it",
  SQLITE_CANTOPEN: "cannot be opened: may this user read and write it, and its folder?",
  SQLITE_CORRUPT: "is damaged: restore it from a backup",
  SQLITE_FULL: "is on a disk that is full",
  SQLITE_IOERR: "cannot be read or written: is the disk full, or broken?",
  SQLITE_NOTADB: "is no SQLite database",
  SQLITE_PERM: "may not be written by this user",
  SQLITE_READONLY: "may not be written by this user, which is needed to keep others out",
};

/**
 * The same error in words that an operator can act on, where it is one of a database's own.
 *
 * @param subject such as «The target (postgres://host/name)»
 */
export function describeFault(subject: string, error: unknown): unknown {
  if (error instanceof CopyFault) return error;
  const code = codeOf(error);
  if (error instanceof Error && error.name === "KnexTimeoutError") {
    return new CopyFault(`${subject} cannot be reached: it does not answer.`, { cause: error });
  }
  if (error instanceof Error && error.message.startsWith("Connection terminated")) {
    return new CopyFault(`${subject} has closed the connection.`, { cause: error });
  }
  const reason = REASONS[code];
  return reason === undefined ? error : new CopyFault(`${subject} ${reason}.`, { cause: error });
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return String(error.code);
}
