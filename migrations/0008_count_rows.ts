import type { Knex } from "knex";

/**
 * Keeps the number of rows of the tables that are listed in pages, since counting a million rows takes longer than all else about a
 * page. Triggers do it, so that whoever writes (the server, the command line, a cascade, an operator by hand) is counted.
 */
const TABLES = ["users", "roles", "sessions"];

/**
 * On PostgreSQL the row that is counted up stays locked until the transaction ends. With one row a table, all transactions that insert
 * would wait for each other, and two that insert into several tables could wait for ever. So there are several rows (slots) a table:
 * each transaction takes one that nobody has locked, or makes a new one. There are never more than transactions at the same time.
 * SQLite has one writer, and needs one slot.
 */

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("row_counts", (table) => {
    table.string("table_name", 63).notNullable();
    table.integer("slot").notNullable();
    table.bigInteger("row_count").notNullable();
    table.primary(["table_name", "slot"]);
  });
  if (isPostgres(knex)) await createCountingFunction(knex);
  for (const table of TABLES) {
    for (const trigger of isPostgres(knex) ? postgresTriggers(table) : sqliteTriggers(table)) await knex.raw(trigger);
    await knex.raw(
      "INSERT INTO row_counts (table_name, slot, row_count) SELECT CAST(? AS VARCHAR(63)), 0, count(*) FROM ??",
      [table, table],
    );
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const table of TABLES) {
    for (const event of isPostgres(knex) ? ["insert", "delete", "truncate"] : ["insert", "delete"]) {
      await knex.raw(
        isPostgres(knex) ? `DROP TRIGGER count_${table}_${event} ON ${table}` : `DROP TRIGGER count_${table}_${event}`,
      );
    }
  }
  if (isPostgres(knex)) await knex.raw("DROP FUNCTION count_rows()");
  await knex.schema.dropTable("row_counts");
}

function sqliteTriggers(table: string): string[] {
  const trigger = (event: string, change: string) =>
    `CREATE TRIGGER count_${table}_${event} AFTER ${event} ON ${table} BEGIN
       UPDATE row_counts SET row_count = row_count ${change} WHERE table_name = '${table}';
     END`;
  return [trigger("insert", "+ 1"), trigger("delete", "- 1")];
}

/** Once a statement, however many rows it inserts. */
function postgresTriggers(table: string): string[] {
  const trigger = (event: string, rows: string) =>
    `CREATE TRIGGER count_${table}_${event} AFTER ${event} ON ${table} ${rows}
     FOR EACH STATEMENT EXECUTE FUNCTION count_rows()`;
  return [
    trigger("insert", "REFERENCING NEW TABLE AS changed"),
    trigger("delete", "REFERENCING OLD TABLE AS changed"),
    trigger("truncate", ""),
  ];
}

async function createCountingFunction(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      difference bigint;
    BEGIN
      IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM row_counts WHERE table_name = TG_TABLE_NAME;
        RETURN NULL;
      END IF;
      SELECT count(*) INTO difference FROM changed;
      IF TG_OP = 'DELETE' THEN
        difference := -difference;
      END IF;
      IF difference = 0 THEN
        RETURN NULL;
      END IF;
      UPDATE row_counts SET row_count = row_count + difference
      WHERE table_name = TG_TABLE_NAME AND slot = (
        SELECT slot FROM row_counts WHERE table_name = TG_TABLE_NAME LIMIT 1 FOR UPDATE SKIP LOCKED
      );
      IF NOT FOUND THEN
        INSERT INTO row_counts (table_name, slot, row_count)
        VALUES (TG_TABLE_NAME, floor(random() * 2147483647)::integer, difference);
      END IF;
      RETURN NULL;
    END $$`);
}

function isPostgres(knex: Knex): boolean {
  return (knex.client as { readonly dialect: string }).dialect === "postgresql";
}
