import type { Knex } from "knex";

/** What the link «it wasn't me» in mails needs: the key that signs it, and which addresses get no reset mails for a while after it. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("signing_keys", (table) => {
    // What it is for: one row each.
    table.string("name", 32).primary();
    // 256 random bits, base64url.
    table.string("secret", 43).notNullable();
    table.string("created_at", 24).notNullable();
  });
  await knex.schema.createTable("reset_pauses", (table) => {
    // A hash of the address in its normal form; no address stands here.
    table.string("address_hash", 64).primary();
    table.string("until", 24).notNullable().index();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("reset_pauses");
  await knex.schema.dropTable("signing_keys");
}
