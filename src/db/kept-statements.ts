import type { Database, RunResult, Statement } from "sqlite3";

/** Beyond it the least lately used is let go. Each takes some ten kilobytes of SQLite's memory. */
const MOST = 300;

/**
 * The statements of one SQLite connection, by their text. To prepare a statement takes a turn of the thread pool, and more of our own
 * thread than to run it (measured: 36 of 57 µs for a row by its id); so what may be run again is kept.
 */
export class KeptStatements {
  readonly #connection: Database;
  readonly #statements = new Map<string, Statement>();
  #isClosed = false;

  constructor(connection: Database) {
    this.#connection = connection;
  }

  /** All rows. The statement is at its end then: it holds open no snapshot of the database. */
  async all(sql: string, bindings: readonly unknown[]): Promise<unknown[]> {
    const statement = this.#known(sql) ?? (await this.#prepare(sql));
    return new Promise((resolve, reject) => {
      statement.all<unknown>(bindings, (error, rows) => {
        if (error === null) resolve(rows);
        else rejectReset(statement, error, reject);
      });
    });
  }

  /** For what gives no rows. */
  async run(sql: string, bindings: readonly unknown[]): Promise<Pick<RunResult, "changes" | "lastID">> {
    const statement = this.#known(sql) ?? (await this.#prepare(sql));
    return new Promise((resolve, reject) => {
      statement.run(bindings, function (error) {
        // Copied at once: the next run writes into the same object.
        if (error === null) resolve({ changes: this.changes, lastID: this.lastID });
        else rejectReset(statement, error, reject);
      });
    });
  }

  /** Lets go of all of them, and of those that are still being prepared: SQLite closes no connection that has any. */
  async finalize(): Promise<void> {
    this.#isClosed = true;
    const statements = [...this.#statements.values()];
    this.#statements.clear();
    await Promise.all(statements.map(finalize));
  }

  #known(sql: string): Statement | undefined {
    const statement = this.#statements.get(sql);
    if (statement === undefined) return undefined;
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  async #prepare(sql: string): Promise<Statement> {
    const statement = await prepare(this.#connection, sql, () => this.#isClosed);
    // Meanwhile somebody else may have kept it.
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      void finalize(statement);
      return known;
    }
    this.#statements.set(sql, statement);
    const [first] = this.#statements;
    if (this.#statements.size > MOST && first !== undefined) {
      this.#statements.delete(first[0]);
      // The driver keeps the order: whoever runs it in this moment is served before.
      void finalize(first[1]);
    }
    return statement;
  }
}

/**
 * The driver leaves a statement that failed in the middle of its work. SQLite counts it as one that writes, and commits nothing as long
 * as there is one, not even what others write by themselves.
 */
function rejectReset(statement: Statement, error: Error, reject: (error: Error) => void): void {
  statement.reset(() => {
    reject(error);
  });
}

/** @param isUnwanted whether the statement is to be let go of as soon as it is there: a moment later the connection would be closed */
function prepare(connection: Database, sql: string, isUnwanted: () => boolean): Promise<Statement> {
  return new Promise((resolve, reject) => {
    const statement = connection.prepare(sql, (error: Error | null) => {
      if (error !== null) reject(error);
      else if (isUnwanted()) {
        statement.finalize();
        reject(new Error("The connection is being closed"));
      } else resolve(statement);
    });
  });
}

function finalize(statement: Statement): Promise<void> {
  return new Promise((resolve) => {
    statement.finalize(() => {
      resolve();
    });
  });
}
