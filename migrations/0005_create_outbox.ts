import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("outbox", (table) => {
    table.string("id", 36).primary();
    table.string("kind", 64).notNullable();
    // JSON: what the handler of the kind needs. Never a token, never a mail's body.
    table.text("payload").notNullable();
    table.integer("attempts").notNullable().defaultTo(0);
    table.string("created_at", 24).notNullable();
    // Not before this; after a claim: when the claim of a dead worker ends.
    table.string("due_at", 24).notNullable();
    // After this the mail would be of no use to anybody.
    table.string("expires_at", 24).notNullable();
    // Set: given up for good, kept for the operator to see.
    table.string("failed_at", 24);
    table.string("last_error", 1000);
    table.index(["failed_at", "due_at"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("outbox");
}
