import type { Knex } from "knex";

/**
 * Ids of users who were deleted. Other systems may still know somebody by such an id, and clients may bring an id of their own: whoever
 * took an old one would be taken for its former holder. Nothing but the id is kept.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("retired_ids", (table) => {
    table.string("id", 36).primary();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("retired_ids");
}
