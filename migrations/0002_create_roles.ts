import type { Knex } from "knex";

/** The one role that the server itself knows. A fixed id, so that every installation and every instance agrees on it. */
const ADMIN = { id: "01936f2a-7c00-7000-8000-00000000ad31", name: "admin", name_normal: "admin" };

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("roles", (table) => {
    table.string("id", 36).primary();
    table.string("name", 100).notNullable();
    table.string("name_normal", 100).notNullable().unique();
    table.string("description", 1000);
    table.string("created_at", 24).notNullable();
    table.string("updated_at", 24).notNullable();
  });
  const now = new Date().toISOString();
  await knex("roles").insert({
    ...ADMIN,
    description: "May do everything.",
    created_at: now,
    updated_at: now,
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("roles");
}
