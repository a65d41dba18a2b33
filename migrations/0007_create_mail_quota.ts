import type { Knex } from "knex";

/** Which requests have already been counted against an address, so that a limit on mails outlives restarts and counts across instances. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("mail_quota", (table) => {
    // The outbox entry that was counted: a retry of it is not counted again.
    table.string("entry_id", 36).primary();
    // A hash of the address in its normal form; no address stands here.
    table.string("address_hash", 64).notNullable();
    table.string("counted_at", 24).notNullable().index();
    table.index(["address_hash", "counted_at"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("mail_quota");
}
