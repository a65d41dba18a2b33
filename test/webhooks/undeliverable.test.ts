import t, { type Test } from "tap";

import { undeliverable } from "../../src/accounts/mail-status.ts";
import { toNumber } from "../../src/db/dialect.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { countedRows } from "../../src/db/row-counts.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { makeApp } from "../fixtures/app.ts";
import { planOf } from "../fixtures/dialect.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { makeAdmin } from "../fixtures/people.ts";
import { databaseUrlOf, makeFolder, run } from "../fixtures/process.ts";

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
  const [row] = (await countedRows(db, "users")) as { total: unknown }[];
  t.equal(toNumber(row?.total), 2);
});

void t.test("marked users are found without reading all others", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const asked: { sql: string; bindings: string[] }[] = [];
  const note = (query: { sql: string; bindings: string[] }) => {
    if (/["`]mail_status["`] (?:is not null|=)/.test(query.sql)) asked.push(query);
  };
  server.db.on("query", note);
  for (const filter of ["filter[mailStatus][null]=false", "filter[mailStatus]=HardBounce"]) {
    await server.ask("GET", `/v1/users?${filter}`, { token: admin.token });
  }
  for await (const user of undeliverable(server.db)) t.fail(user.email);
  server.db.off("query", note);
  t.ok(asked.length >= 3, String(asked.length));
  for (const { sql, bindings } of asked) {
    t.match(await planOf(server.db, sql, bindings), /index (?:only )?(?:scan using )?users_with_mail_status/i, sql);
  }
});

const SINCE = "2026-01-31T12:00:00.907Z";
/** The clock of the server that wrote it is ahead of this one. */
const AHEAD = "2999-01-31T12:00:00.000Z";

/** A folder with a database in which two of three addresses are marked. */
async function marked(t: Test) {
  const folder = makeFolder(t);
  const db = openDatabase(await databaseUrlOf(folder));
  await migrateToLatest(db);
  const [ada, bob] = [
    await insertUser(db, { email: "Ada@example.org" }),
    await insertUser(db, { email: "bob@example.org" }),
  ];
  await insertUser(db, { email: "eve@example.org" });
  await db("users").where({ id: ada.id }).update({ mail_status: "HardBounce", mail_status_at: AHEAD });
  await db("users").where({ id: bob.id }).update({ mail_status: "SpamComplaint", mail_status_at: SINCE });
  await db.destroy();
  const command = (...rest: string[]) => run("cli/index", ["mail", "undeliverable", ...rest], { folder });
  return { command, ada, bob };
}

void t.test("the operator's command lists marked addresses as JSON", async (t) => {
  const { command, ada, bob } = await marked(t);
  const json = await command("--json");
  t.equal(json.code, 0, json.stderr);
  t.same(JSON.parse(json.stdout), [
    { id: ada.id, email: "Ada@example.org", status: "HardBounce", since: AHEAD },
    { id: bob.id, email: "bob@example.org", status: "SpamComplaint", since: SINCE },
  ]);
});

void t.test("it takes a mark away, of the address that it is given alone, and lists the others as lines", async (t) => {
  const { command } = await marked(t);
  const cleared = await command("--clear", "ada@EXAMPLE.org");
  t.same(cleared, { code: 0, stdout: "The mark of ada@EXAMPLE.org is gone.\n", stderr: "" });
  const [list, nobody, none] = await Promise.all([
    command(),
    command("--clear", "nobody@example.org"),
    command("--clear", "eve@example.org"),
  ]);
  t.equal(list.stdout, `${SINCE}  SpamComplaint  bob@example.org\n`);
  t.same(nobody, { code: 1, stdout: "", stderr: "There is no user nobody@example.org.\n" });
  t.equal(none.stdout, "eve@example.org has no mark.\n");
});
