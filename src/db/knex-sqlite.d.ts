/** Knex ships no types for its dialects; this is the part that we extend. */
declare module "knex/lib/dialects/sqlite3/index.js" {
  import { Knex } from "knex";

  interface SqliteTransaction extends Knex.Transaction {
    begin(connection: unknown): Promise<unknown>;
    query(connection: unknown, sql: string): Promise<unknown>;
  }

  export default class SqliteClient extends Knex.Client {
    transaction(container: unknown, config: unknown, outer: unknown): SqliteTransaction;
  }
}
