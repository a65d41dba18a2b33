import type { Knex } from "knex";

/**
 * How often a password was wrong lately, by address, and from where people have logged in before: guessing is slowed down from
 * places that an account does not know, and its holder is not shut out from those that it does.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("login_failures", (table) => {
    // A hash of the address in its normal form, whether or not anybody has it; no address stands here.
    table.string("address_hash", 64).notNullable();
    // From each place that the account knows they are counted apart; empty for all others together.
    table.string("network", 45).notNullable();
    // What the next pause goes by; attempts during a pause are not among them.
    table.integer("failures").notNullable();
    // All that were refused.
    table.integer("attempts").notNullable();
    table.string("last_failed_at", 24).notNullable();
    table.string("last_tried_at", 24).notNullable().index();
    table.primary(["address_hash", "network"]);
  });
  await knex.schema.createTable("familiar_places", (table) => {
    table.string("user_id", 36).notNullable().references("users.id").onDelete("CASCADE");
    // The network of an address, see src/accounts/familiar-places.ts.
    table.string("network", 45).notNullable();
    table.string("last_used_at", 24).notNullable().index();
    table.primary(["user_id", "network"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("familiar_places");
  await knex.schema.dropTable("login_failures");
}
