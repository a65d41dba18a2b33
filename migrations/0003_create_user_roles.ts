import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("user_roles", (table) => {
    table.string("user_id", 36).notNullable().references("users.id").onDelete("CASCADE");
    table.string("role_id", 36).notNullable().references("roles.id").onDelete("CASCADE");
    table.primary(["user_id", "role_id"]);
    table.index(["role_id", "user_id"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("user_roles");
}
