import SqliteClient from "knex/lib/dialects/sqlite3/index.js";
import type { Database } from "sqlite3";

import { KeptStatements } from "./kept-statements.ts";
import { isWorthKeeping, named, type Query } from "./statements.ts";
import { Turns } from "./turns.ts";

/**
 * Knex' client for SQLite, which
 * - begins every transaction with BEGIN IMMEDIATE: one that reads first and writes later would otherwise fail with SQLITE_BUSY, at once
 *   and whatever the busy timeout, if another process wrote in between;
 * - keeps prepared statements.
 */
export class KeepingSqliteClient extends SqliteClient {
  #reader: Promise<Database> | undefined;
  #isClosing = false;
  /** One works, and one is there for when it is done: more would only wait for the connection, in threads that others need. */
  readonly #turns = new Turns(2);

  override transaction(...args: Parameters<SqliteClient["transaction"]>): ReturnType<SqliteClient["transaction"]> {
    const transaction = super.transaction(...args);
    transaction.begin = (connection) => transaction.query(connection, "BEGIN IMMEDIATE;");
    return named(transaction, args[2]);
  }

  override async _query(connection: Database, query: Query): Promise<unknown> {
    if (!isWorthKeeping(query)) return super._query(connection, query);
    const { sql, bindings = [] } = query;
    const statements = statementsOf(connection);
    try {
      if (givesRows(query)) query.response = await statements.all(sql, bindings);
      else query.context = await statements.run(sql, bindings);
      return query;
    } catch (error) {
      // Knex would give the connection to the next one in the middle of the transaction. Mostly SQLite has ended it already.
      if (/^commit/i.test(sql)) await statements.run("ROLLBACK", []).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Opens a connection of its own for single statements that read: they see what is committed, and wait for no transaction of the other
   * one. `undefined` for a database in memory, which no second connection can see.
   */
  reader(): Promise<Database> | undefined {
    const { filename } = this.connectionSettings;
    if (filename === ":memory:" || this.pool === undefined || this.#isClosing) return undefined;
    this.#reader ??= this.#openReader().catch((error: unknown) => {
      // The next one tries again.
      this.#reader = undefined;
      throw error;
    });
    return this.#reader;
  }

  /** The rows of a statement, on that connection. */
  read(reader: Database, query: Query): Promise<unknown[]> {
    const { sql, bindings = [] } = query;
    return this.#turns.take(async () => {
      if (isWorthKeeping(query)) return await statementsOf(reader).all(sql, bindings);
      const answered: Query = { ...query };
      await super._query(reader, answered);
      return answered.response as unknown[];
    });
  }

  async #openReader(): Promise<Database> {
    const connection = (await this.acquireRawConnection()) as Database;
    return new Promise((resolve, reject) => {
      connection.exec("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000", (error) => {
        if (error === null) resolve(connection);
        else reject(error);
      });
    });
  }

  override async destroyRawConnection(connection: Database): Promise<void> {
    await statementsOf(connection).finalize();
    await super.destroyRawConnection(connection);
  }

  override async destroy(callback?: () => void): Promise<void> {
    // Who reads late must not open another one, which nobody would close.
    this.#isClosing = true;
    const reader = await this.#reader?.catch(() => undefined);
    this.#reader = undefined;
    if (reader !== undefined) await this.destroyRawConnection(reader);
    await super.destroy(callback);
    this.#isClosing = false;
  }
}

/** As Knex decides it. */
function givesRows({ method, returning }: Query): boolean {
  if (method === "insert" || method === "update") return Boolean(returning);
  return method !== "del" && method !== "counter";
}

const kept = new WeakMap<Database, KeptStatements>();

function statementsOf(connection: Database): KeptStatements {
  let statements = kept.get(connection);
  if (statements === undefined) {
    statements = new KeptStatements(connection);
    kept.set(connection, statements);
  }
  return statements;
}
