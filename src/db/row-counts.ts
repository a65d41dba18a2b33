import type { Knex } from "knex";

/**
 * How many rows a table has, as `total`, without reading it: triggers keep the count (see the migration that makes `row_counts`).
 * Exact, also within a transaction, which sees its own changes.
 */
export function countedRows(db: Knex, table: string): Knex.QueryBuilder {
  return db("row_counts").where({ table_name: table }).sum({ total: "row_count" });
}
