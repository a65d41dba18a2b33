import type { Knex } from "knex";

/**
 * On PostgreSQL what people write is ordered, compared and searched by the code points of its characters, as on SQLite, and not by the
 * rules of the language that the database was made for: every installation gives the same order, prefixes are found by index
 * (`LIKE 'abc%'`), an upgrade of the operating system that changes a language's rules breaks no index, and comparing costs less.
 *
 * Ids, hashes and points in time stay as they are: all their characters are of ASCII and in the same places, so that they are ordered
 * alike by any rules, and tables of one's own that refer to them need not care.
 */
const COLUMNS: Readonly<Record<string, string[]>> = {
  users: ["email", "email_normal", "first_name", "last_name", "avatar_url", "language", "mail_status"],
  roles: ["name", "name_normal", "description"],
  sessions: ["user_agent", "ip_address"],
  security_events: ["kind", "outcome", "detail", "ip_address", "user_agent"],
};

export async function up(knex: Knex): Promise<void> {
  await collate(knex, '"C"');
}

export async function down(knex: Knex): Promise<void> {
  await collate(knex, '"default"');
}

async function collate(knex: Knex, collation: string): Promise<void> {
  if ((knex.client as { readonly dialect: string }).dialect !== "postgresql") return;
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const { rows } = await knex.raw<{ rows: { name: string; type: string }[] }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = ?::regclass AND attname = ANY (?) AND NOT attisdropped`,
      [table, columns],
    );
    const changes = rows.map(({ name, type }) => `ALTER COLUMN ${name} TYPE ${type} COLLATE ${collation}`);
    await knex.raw(`ALTER TABLE ${table} ${changes.join(", ")}`);
  }
}
