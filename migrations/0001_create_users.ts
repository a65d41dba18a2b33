import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("users", (table) => {
    table.string("id", 36).primary();
    table.string("email", 320).notNullable();
    // What makes an address unique: NFKC, trimmed, lower case.
    table.string("email_normal", 320).notNullable().unique();
    table.string("first_name", 255);
    table.string("last_name", 255);
    table.string("avatar_url", 2048);
    // scrypt's own encoding, base64. Null: nobody can log in until a reset sets it.
    table.string("password", 128);
    table.boolean("is_verified").notNullable().defaultTo(false);
    // Rises with every change of password, address or standing: what was issued under an older number is void.
    table.integer("credential_epoch").notNullable().defaultTo(0);
    table.string("last_login_at", 24);
    table.string("created_at", 24).notNullable().index();
    table.string("updated_at", 24).notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("users");
}
