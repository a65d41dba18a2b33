import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable("users", (table) => {
    // A language tag (RFC 5646): the language of mails; null when nothing is known of it.
    table.string("language", 35);
  });
}

export async function down(knex: Knex): Promise<void> {
  // Not by the schema builder: on SQLite that would rebuild the table, and dropping the old one would cascade to its children.
  await knex.raw("ALTER TABLE users DROP COLUMN language");
}
