import { createHash } from "node:crypto";
import PostgresClient from "knex/lib/dialects/postgres/index.js";

import { isLostConnection, isOutdatedPlan } from "./driver-errors.ts";
import { isWorthKeeping, named, type Query } from "./statements.ts";

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
