import { join } from "node:path";
import t, { type Test } from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { makeFolder, run } from "../fixtures/process.ts";

const SINCE = "2026-01-31T12:00:00.907Z";
/** The clock of the server that wrote it is ahead of this one. */
const AHEAD = "2999-01-31T12:00:00.000Z";
const DATABASE = "sqlite:rekey.sqlite";

/** A folder with a database in which two of three addresses are marked. */
async function marked(t: Test) {
  const folder = makeFolder(t);
  const db = openDatabase(`sqlite:${join(folder, "rekey.sqlite")}`);
  await migrateToLatest(db);
  const [ada, bob] = [
    await insertUser(db, { email: "Ada@example.org" }),
    await insertUser(db, { email: "bob@example.org" }),
  ];
  await insertUser(db, { email: "eve@example.org" });
  await db("users").where({ id: ada.id }).update({ mail_status: "HardBounce", mail_status_at: AHEAD });
  await db("users").where({ id: bob.id }).update({ mail_status: "SpamComplaint", mail_status_at: SINCE });
  await db.destroy();
  const command = (...rest: string[]) =>
    run("cli/index", ["mail", "undeliverable", ...rest], { folder, environment: { DATABASE_URL: DATABASE } });
  return { command, ada, bob };
}

void t.test("the operator's command lists marked addresses, as lines and as JSON", async (t) => {
  const { command, ada, bob } = await marked(t);
  const [lines, json] = await Promise.all([command(), command("--json")]);
  t.same(lines, {
    code: 0,
    stdout: `${AHEAD}  HardBounce  Ada@example.org\n${SINCE}  SpamComplaint  bob@example.org\n`,
    stderr: "",
  });
  t.equal(json.code, 0, json.stderr);
  t.same(JSON.parse(json.stdout), [
    { id: ada.id, email: "Ada@example.org", status: "HardBounce", since: AHEAD },
    { id: bob.id, email: "bob@example.org", status: "SpamComplaint", since: SINCE },
  ]);
});

void t.test("it takes a mark away, of the address that it is given alone", async (t) => {
  const { command } = await marked(t);
  const cleared = await command("--clear", "ada@EXAMPLE.org");
  t.same(cleared, { code: 0, stdout: "The mark of ada@EXAMPLE.org is gone.\n", stderr: "" });
  const [list, nobody, none, none2] = await Promise.all([
    command(),
    command("--clear", "nobody@example.org"),
    command("--clear", "eve@example.org"),
    command("--clear", "no address"),
  ]);
  t.equal(list.stdout, `${SINCE}  SpamComplaint  bob@example.org\n`);
  t.same(nobody, { code: 1, stdout: "", stderr: "There is no user nobody@example.org.\n" });
  t.equal(none.stdout, "eve@example.org has no mark.\n");
  t.match(none2, { code: 1, stdout: "", stderr: /^The email must / });
});
