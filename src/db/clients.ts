import { createHash } from "node:crypto";
import PostgresClient from "knex/lib/dialects/postgres/index.js";
import SqliteClient from "knex/lib/dialects/sqlite3/index.js";
import type { Database } from "sqlite3";

import { KeptStatements } from "./kept-statements.ts";
import { isLostConnection, isOutdatedPlan } from "./dialect.ts";
import { Turns } from "./turns.ts";

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
 * Longer statements are not kept: there is one for each number of values, clients choose that number, and those of thousands take a
 * megabyte each.
 */
export const MOST_BINDINGS = 250;

function isWorthKeeping({ sql, bindings = [] }: Query): boolean {
  return bindings.length <= MOST_BINDINGS && REPEATED.test(sql);
}

/** A transaction of Knex', by what is changed of it. */
interface Named {
  txid: string;
  depth?: number;
}

/**
 * Names a transaction's savepoint by how deep it is in others. Knex names each one anew, and no two would share a statement; with one
 * name for all, what was rolled back inside would be taken for what is around it, since ROLLBACK TO leaves its savepoint there.
 */
function named<Transaction extends Named>(transaction: Transaction, outer: unknown): Transaction {
  const depth = ((outer as Named | null | undefined)?.depth ?? 0) + 1;
  return Object.assign(transaction, { depth, txid: `part${String(depth)}` });
}

/**
 * Knex' client for SQLite, which
 * - begins every transaction with BEGIN IMMEDIATE: one that reads first and writes later would otherwise fail with SQLITE_BUSY, at once
 *   and whatever the busy timeout, if another process wrote in between;
 * - keeps prepared statements.
 */
export class KeepingSqliteClient extends SqliteClient {
  #reader: Promise<Database> | undefined;
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
    if (filename === ":memory:" || this.pool === undefined) return undefined;
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
    await kept.get(connection)?.finalize();
    await super.destroyRawConnection(connection);
  }

  override async destroy(callback?: () => void): Promise<void> {
    const reader = await this.#reader?.catch(() => undefined);
    this.#reader = undefined;
    if (reader !== undefined) await this.destroyRawConnection(reader);
    await super.destroy(callback);
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

/** A server keeps a named statement as long as its connection lasts: what is beyond is sent without a name. */
const MOST_NAMES = 500;

/**
 * Knex' client for PostgreSQL, which names its statements: the server parses and plans each once for a connection.
 * https://node-postgres.com/features/queries#prepared-statements
 */
export class NamingPostgresClient extends PostgresClient {
  override transaction(...args: Parameters<PostgresClient["transaction"]>): ReturnType<PostgresClient["transaction"]> {
    return named(super.transaction(...args), args[2]);
  }

  override async _query(connection: { __knex__disposed?: unknown }, query: Query): Promise<unknown> {
    const name = nameOf(query);
    if (name !== undefined) query.options = { ...query.options, name };
    try {
      return await super._query(connection, query);
    } catch (error) {
      // Its end is told a moment later: nobody is to be given it meanwhile.
      if (isLostConnection(error)) connection.__knex__disposed = error;
      if (name === undefined || !isOutdatedPlan(error)) throw error;
      // A migration gave a table another shape: it is planned anew, by another name.
      if (names.get(query.sql) === name) names.set(query.sql, `${name}~`);
      if ((this as { readonly transacting?: boolean }).transacting === true) throw error;
      query.options = {};
      return await super._query(connection, query);
    }
  }
}

/** The same for all connections of the process. */
const names = new Map<string, string>();

/** By what it says: behind a pooler another process' statement of the same name is the same statement. */
function nameOf(query: Query): string | undefined {
  const { sql } = query;
  const known = names.get(sql);
  if (known !== undefined || names.size >= MOST_NAMES || !isWorthKeeping(query)) return known;
  const name = `k${createHash("sha256").update(sql).digest("hex").slice(0, 32)}`;
  names.set(sql, name);
  return name;
}
