import type { Database } from "sqlite3";
import PostgresClient from "knex/lib/dialects/postgres/index.js";
import SqliteClient from "knex/lib/dialects/sqlite3/index.js";

import { KeptStatements } from "./kept-statements.ts";

/** A query on its way through Knex. The driver's answer is noted in it. */
interface Query {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  readonly method?: string;
  readonly returning?: unknown;
  options?: { readonly name?: string };
  response?: unknown;
  /** Of what gives no rows. */
  context?: unknown;
}

/** What is run again and again. All else (schema, settings) is seldom, and would only fill the place. */
const REPEATED = /^\s*(?:select|insert|update|delete|with|begin|commit|rollback|savepoint|release)\b/i;

/**
 * The name of every savepoint. Of several the innermost is meant, and with names of their own no two transactions within transactions
 * would share a statement.
 */
const SAVEPOINT = "part";

/**
 * Knex' client for SQLite, which
 * - begins every transaction with BEGIN IMMEDIATE: one that reads first and writes later would otherwise fail with SQLITE_BUSY, at once
 *   and whatever the busy timeout, if another process wrote in between;
 * - keeps prepared statements.
 */
export class KeepingSqliteClient extends SqliteClient {
  #reader: Promise<Database> | undefined;

  override transaction(...args: Parameters<SqliteClient["transaction"]>): ReturnType<SqliteClient["transaction"]> {
    const transaction = super.transaction(...args);
    transaction.begin = (connection) => transaction.query(connection, "BEGIN IMMEDIATE;");
    transaction.txid = SAVEPOINT;
    return transaction;
  }

  override async _query(connection: Database, query: Query): Promise<unknown> {
    const { sql, bindings = [] } = query;
    if (!REPEATED.test(sql)) return super._query(connection, query);
    const statements = statementsOf(connection);
    if (givesRows(query)) query.response = await statements.all(sql, bindings);
    else query.context = await statements.run(sql, bindings);
    return query;
  }

  /**
   * A connection of its own for single statements that read: they see what is committed, and wait for no transaction of the other one.
   * `undefined` for a database in memory, which no second connection can see.
   */
  reader(): Promise<Database> | undefined {
    const { filename } = this.connectionSettings;
    if (filename === ":memory:" || this.pool === undefined) return undefined;
    this.#reader ??= this.#openReader();
    return this.#reader;
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
    await kept.get(connection)?.finalize();
    await super.destroyRawConnection(connection);
  }

  override async destroy(callback?: () => void): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) await this.destroyRawConnection(await reader);
    await super.destroy(callback);
  }
}

/** As Knex decides it. */
function givesRows({ method, returning }: Query): boolean {
  if (method === "insert" || method === "update") return Boolean(returning);
  return method !== "del" && method !== "counter";
}

const kept = new WeakMap<Database, KeptStatements>();

export function statementsOf(connection: Database): KeptStatements {
  let statements = kept.get(connection);
  if (statements === undefined) {
    statements = new KeptStatements(connection);
    kept.set(connection, statements);
  }
  return statements;
}

/** A server keeps a named statement as long as its connection lasts: what is beyond is sent without a name. */
const MOST_NAMES = 500;

/**
 * Knex' client for PostgreSQL, which names its statements: the server parses and plans each once for a connection.
 * https://node-postgres.com/features/queries#prepared-statements
 */
export class NamingPostgresClient extends PostgresClient {
  override async _query(connection: unknown, query: Query): Promise<unknown> {
    const name = nameOf(query.sql);
    if (name === undefined) return super._query(connection, query);
    try {
      return await super
        ._query(connection, { ...query, options: { ...query.options, name } })
        .then((answered) => Object.assign(query, { response: (answered as Query).response }));
    } catch (error) {
      // A migration gave a table another shape. What has the old one is planned anew, by another name.
      if (!isOutdated(error)) throw error;
      if (names.get(query.sql) === name) names.delete(query.sql);
      if ((this as { readonly transacting?: boolean }).transacting === true) throw error;
      return super._query(connection, query);
    }
  }
}

/** «cached plan must not change result type» */
function isOutdated(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return code === "0A000" && typeof message === "string" && message.includes("cached plan");
}

/** The same for all connections of the process. */
const names = new Map<string, string>();
let named = 0;

function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined || names.size >= MOST_NAMES || !REPEATED.test(sql)) return known;
  named += 1;
  const name = `k${String(named)}`;
  names.set(sql, name);
  return name;
}
