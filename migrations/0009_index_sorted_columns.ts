import type { Knex } from "knex";

/**
 * For every column that users are sorted by, an index that has the id behind it: a page in any order is read from it, and goes on
 * from a cursor, without sorting all users. Null comes first, as everywhere in this database.
 */
const COLUMNS = ["first_name", "last_name", "last_login_at", "created_at", "updated_at"];
const NULLABLE = ["first_name", "last_name", "last_login_at"];

export async function up(knex: Knex): Promise<void> {
  const isPostgres = (knex.client as { readonly dialect: string }).dialect === "postgresql";
  for (const column of COLUMNS) {
    const nulls = isPostgres && NULLABLE.includes(column) ? "NULLS FIRST" : "";
    await knex.raw(`CREATE INDEX users_by_${column} ON users (${column} ${nulls}, id)`);
  }
  await knex.schema.alterTable("users", (table) => {
    table.dropIndex("created_at");
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable("users", (table) => {
    table.index("created_at");
  });
  for (const column of COLUMNS) await knex.raw(`DROP INDEX users_by_${column}`);
}
