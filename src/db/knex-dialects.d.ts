/** Knex ships no types for its dialects; these are the parts that we extend. */

declare module "knex/lib/dialects/sqlite3/index.js" {
  import { Knex } from "knex";

  interface SqliteTransaction extends Knex.Transaction {
    /** By which its savepoint is named, where it is within another one. */
    txid: string;
    begin(connection: unknown): Promise<unknown>;
    query(connection: unknown, sql: string): Promise<unknown>;
  }

  export default class SqliteClient extends Knex.Client {
    transaction(container: unknown, config: unknown, outer: unknown): SqliteTransaction;
    readonly connectionSettings: { readonly filename: string };
    readonly pool: unknown;
    acquireRawConnection(): Promise<unknown>;
    destroyRawConnection(connection: unknown): Promise<void>;
    destroy(callback?: () => void): Promise<void>;
    _query(connection: unknown, query: unknown): Promise<unknown>;
  }
}

declare module "knex/lib/dialects/postgres/index.js" {
  import { Knex } from "knex";

  interface PostgresTransaction extends Knex.Transaction {
    txid: string;
  }

  export default class PostgresClient extends Knex.Client {
    transaction(container: unknown, config: unknown, outer: unknown): PostgresTransaction;
    _query(connection: unknown, query: unknown): Promise<unknown>;
  }
}
