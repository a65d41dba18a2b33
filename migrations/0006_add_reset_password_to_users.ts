import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable("users", (table) => {
    // SHA-256 of the token that was mailed last, hexadecimal; null when there is none.
    table.string("reset_password", 64).unique();
    table.string("reset_password_expires_at", 24);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable("users", (table) => {
    table.dropUnique(["reset_password"]);
  });
  // Not by the schema builder: on SQLite that would rebuild the table, and dropping the old one would cascade to its children.
  await knex.raw("ALTER TABLE users DROP COLUMN reset_password");
  await knex.raw("ALTER TABLE users DROP COLUMN reset_password_expires_at");
}
