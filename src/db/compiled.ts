import type { Knex } from "knex";

import { KeepingSqliteClient } from "./sqlite-client.ts";
import { isWorthKeeping, type Query } from "./statements.ts";

/** What a statement may be given. */
export type Value = string | number | boolean | null;

/** A SELECT as the driver takes it, and which of the values that it is asked with stands in each of its places. */
interface Compiled {
  readonly sql: string;
  /** A {@link Parameter} for what differs from one time to the next. */
  readonly bindings: readonly unknown[];
}

/** Stands for the value with this index while a query is built. */
export class Parameter {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }

  /** All values look alike in a key. */
  toJSON(): string {
    return "?";
  }
}

/** Numbers that builders take for a limit and an offset, where no object will do; nobody else asks for as many rows. */
const FIRST_NUMBER = 2_000_000_000;

/** The stand-in for the value with this index, as a number. */
export function numberParameter(index: number): number {
  return FIRST_NUMBER + index;
}

/** Filters and fieldsets come from clients, so the number of shapes has to be bounded. */
const MOST = 1_000;

/** By the configuration that a client and its transactions have in common: another one may declare other things by the same names. */
const compiled = new WeakMap<object, Map<string, Compiled>>();

/**
 * The rows of a query that Knex compiles only once for each `key`.
 *
 * @param key says all that the query depends on, but for the values
 * @param values in the order of their parameters' indexes
 * @param build makes the query, with a {@link Parameter} in the place of each value; called when the key is a new one
 */
export function compiledRows(
  db: Knex,
  key: string,
  values: readonly Value[],
  build: () => Knex.QueryBuilder,
): Promise<Row[]> {
  const { config } = db.client as Client;
  const queries = compiled.get(config) ?? new Map<string, Compiled>();
  compiled.set(config, queries);
  let query = queries.get(key);
  if (query === undefined) {
    const { sql, bindings } = build().toSQL().toNative();
    query = { sql, bindings };
  } else {
    queries.delete(key);
  }
  // The most lately used at the end.
  if (isWorthKeeping(query)) queries.set(key, query);
  const [oldest] = queries.keys();
  if (queries.size > MOST && oldest !== undefined) queries.delete(oldest);
  return runSelect(
    db,
    query.sql,
    query.bindings.map((binding) => valueOf(binding, values)),
  );
}

type Row = Record<string, unknown>;

function valueOf(binding: unknown, values: readonly Value[]): unknown {
  if (binding instanceof Parameter) return values[binding.index];
  return typeof binding === "number" && binding >= FIRST_NUMBER ? values[binding - FIRST_NUMBER] : binding;
}

/** Knex' client, by the parts that its own runner uses. */
interface Client {
  readonly config: object;
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
  _query(connection: object, query: object): Promise<unknown>;
  emit(event: string, ...values: unknown[]): boolean;
}

/**
 * The rows of a SELECT in the dialect's own form. Within a transaction in it; otherwise of what is committed.
 *
 * @throws what the driver throws, with the statement before its message, as Knex has it; never with values
 */
async function runSelect(db: Knex, sql: string, bindings: readonly unknown[]): Promise<Row[]> {
  const client = db.client as Client;
  const query = { sql, bindings, method: "select" };
  // As Knex tells it, for whoever listens to it.
  client.emit("query", query);
  try {
    const rows = (await readOutside(db, query)) ?? (await pooledRows(client, query));
    client.emit("query-response", rows, query);
    return rows;
  } catch (error) {
    if (error instanceof Error) error.message = `${sql} - ${error.message}`;
    throw error;
  }
}

/** By the connection that is for reading, where there is one and no transaction is to be seen from within. */
async function readOutside({ client, isTransaction }: Knex, query: Query): Promise<Row[] | undefined> {
  if (!(client instanceof KeepingSqliteClient) || isTransaction === true) return undefined;
  const reader = await client.reader();
  return reader && ((await client.read(reader, query)) as Row[]);
}

async function pooledRows(client: Client, query: object): Promise<Row[]> {
  const connection = await client.acquireConnection();
  try {
    const answered: { response?: Row[] | { rows: Row[] } } = { ...query };
    await client._query(connection, answered);
    const { response = [] } = answered;
    return Array.isArray(response) ? response : response.rows;
  } finally {
    await client.releaseConnection(connection);
  }
}
