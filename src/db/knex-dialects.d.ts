/** Knex ships no types for its dialects; these are the parts that we extend. */

declare module "knex/lib/dialects/sqlite3/index.js" {
  import { Knex } from "knex";

  interface SqliteTransaction extends Knex.Transaction {
    begin(connection: unknown): Promise<unknown>;
    query(connection: unknown, sql: string): Promise<unknown>;
  }

  export default class SqliteClient extends Knex.Client {
    transaction(container: unknown, config: unknown, outer: unknown): SqliteTransaction;
    destroyRawConnection(connection: unknown): Promise<void>;
    _query(connection: unknown, query: unknown): Promise<unknown>;
  }
}

declare module "knex/lib/dialects/postgres/index.js" {
  import { Knex } from "knex";

  export default class PostgresClient extends Knex.Client {
    _query(connection: unknown, query: unknown): Promise<unknown>;
  }
}
