import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("sessions", (table) => {
    table.string("id", 36).primary();
    table.string("user_id", 36).notNullable().references("users.id").onDelete("CASCADE").index();
    // SHA-256 of the bearer token, hexadecimal. The token itself is known to its holder alone.
    table.string("token_hash", 64).notNullable().unique();
    table.integer("credential_epoch").notNullable();
    table.string("user_agent", 512);
    table.string("ip_address", 45);
    table.string("created_at", 24).notNullable();
    table.string("last_used_at", 24).notNullable();
    table.string("expires_at", 24).notNullable().index();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("sessions");
}
