import type { Knex } from "knex";

/**
 * What the mail service said of an address: that it is dead, and when. Null: no trouble known. And which of its events have been
 * taken, since it sends each at least once.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable("users", (table) => {
    table.string("mail_status", 64);
    table.string("mail_status_at", 24);
  });
  // Few have one: those alone, in the order in which they are listed.
  await knex.raw("CREATE INDEX users_with_mail_status ON users (id) WHERE mail_status IS NOT NULL");
  await knex.schema.createTable("webhook_events", (table) => {
    // A hash of what tells an event from others; no address stands here.
    table.string("key", 64).primary();
    table.string("received_at", 24).notNullable().index();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("webhook_events");
  await knex.raw("DROP INDEX users_with_mail_status");
  // As statements of their own: Knex would make the table anew on SQLite, and its triggers would be gone.
  await knex.raw("ALTER TABLE users DROP COLUMN mail_status_at");
  await knex.raw("ALTER TABLE users DROP COLUMN mail_status");
}
