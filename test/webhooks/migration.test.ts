import t from "tap";

import { undeliverable } from "../../src/accounts/mail-status.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { makeApp } from "../fixtures/app.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { makeAdmin } from "../fixtures/people.ts";

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
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const asked: { sql: string; bindings: string[] }[] = [];
  const note = (query: { sql: string; bindings: string[] }) => {
    if (query.sql.includes("`mail_status` is not null") || query.sql.includes("`mail_status` =")) asked.push(query);
  };
  server.db.on("query", note);
  for (const filter of ["filter[mailStatus][null]=false", "filter[mailStatus]=HardBounce"]) {
    await server.ask("GET", `/v1/users?${filter}`, { token: admin.token });
  }
  for await (const user of undeliverable(server.db)) t.fail(user.email);
  server.db.off("query", note);
  t.ok(asked.length >= 3, String(asked.length));
  for (const { sql, bindings } of asked) {
    const plan = (await server.db.raw(`explain query plan ${sql}`, bindings)) as { detail: string }[];
    t.match(plan[0]?.detail, /users USING (?:COVERING )?INDEX users_with_mail_status/, sql);
  }
});
