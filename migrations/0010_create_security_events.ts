import type { Knex } from "knex";

/**
 * What happened to accounts: who, when, from where, and how it ended. No secrets, no addresses of mail. Rows are counted by triggers,
 * as those of all tables that are listed in pages: see the migration that makes `row_counts`.
 */
const TABLE = "security_events";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable(TABLE, (table) => {
    table.string("id", 36).primary();
    table.string("kind", 64).notNullable();
    table.string("outcome", 16).notNullable();
    // Why it was refused, or what it was about: one short text.
    table.string("detail", 255);
    // Whom it is about. The account may go; what happened to it stays, with the id that it had.
    table.string("user_id", 36).references("users.id").onDelete("SET NULL");
    table.string("account_id", 36);
    // Who did it, where that is known.
    table.string("actor_id", 36).references("users.id").onDelete("SET NULL").index();
    table.string("ip_address", 45);
    table.string("user_agent", 512);
    table.string("created_at", 24).notNullable();
    table.index(["user_id", "created_at", "id"]);
    table.index(["created_at", "id"]);
    table.index(["account_id", "id"]);
  });
  // What is about nobody is forgotten sooner: found without reading all the rest, or sorting it.
  await knex.raw(`CREATE INDEX ${TABLE}_of_nobody ON ${TABLE} (created_at) WHERE account_id IS NULL`);
  for (const trigger of isPostgres(knex) ? postgresTriggers() : sqliteTriggers()) await knex.raw(trigger);
  await knex("row_counts").insert({ table_name: TABLE, slot: 0, row_count: 0 });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable(TABLE);
  await knex("row_counts").where({ table_name: TABLE }).delete();
}

function sqliteTriggers(): string[] {
  const trigger = (event: string, change: string) =>
    `CREATE TRIGGER count_${TABLE}_${event} AFTER ${event} ON ${TABLE} BEGIN
       UPDATE row_counts SET row_count = row_count ${change} WHERE table_name = '${TABLE}';
     END`;
  return [trigger("insert", "+ 1"), trigger("delete", "- 1")];
}

function postgresTriggers(): string[] {
  const trigger = (event: string, rows: string) =>
    `CREATE TRIGGER count_${TABLE}_${event} AFTER ${event} ON ${TABLE} ${rows}
     FOR EACH STATEMENT EXECUTE FUNCTION count_rows()`;
  return [
    trigger("insert", "REFERENCING NEW TABLE AS changed"),
    trigger("delete", "REFERENCING OLD TABLE AS changed"),
    trigger("truncate", ""),
  ];
}

function isPostgres(knex: Knex): boolean {
  return (knex.client as { readonly dialect: string }).dialect === "postgresql";
}
