import t from "tap";

import { insertUser } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const MIGRATION = { name: "0013_create_mail_status" };

void t.test("the migration goes back and forth, and what counts the users goes on counting", async (t) => {
  const db = await makeDatabase(t);
  await insertUser(db, { email: "ada@example.org" });
  await db("users").update({ mail_status: "HardBounce", mail_status_at: "2026-01-31T12:00:00.000Z" });
  await db.migrate.down(MIGRATION);
  t.notOk(await db.schema.hasTable("webhook_events"));
  t.notOk(await db.schema.hasColumn("users", "mail_status"));
  t.notOk(await db.schema.hasColumn("users", "mail_status_at"));
  await db.migrate.up(MIGRATION);
  t.match(await db("users").select("email", "mail_status"), [{ email: "ada@example.org", mail_status: null }]);
  await insertUser(db, { email: "bob@example.org" });
  await db("users").where({ email: "ada@example.org" }).delete();
  await insertUser(db, { email: "eve@example.org" });
  t.match(await db("row_counts").where({ table_name: "users" }), [{ row_count: 2 }]);
});

void t.test("marked users are found without reading all others", async (t) => {
  const db = await makeDatabase(t);
  const plan = async (query: string) =>
    ((await db.raw(`explain query plan ${query}`)) as { detail: string }[]).map(({ detail }) => detail).join("; ");
  for (const condition of ["mail_status is not null", "mail_status = 'HardBounce'", "not mail_status is null"]) {
    t.match(
      await plan(`select id from users where ${condition} and id > 'x' order by id limit 21`),
      /^SEARCH users USING (?:COVERING )?INDEX users_with_mail_status/,
      condition,
    );
  }
});
