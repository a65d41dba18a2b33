import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Knex } from "knex";
import t, { type Test } from "tap";

import { compiledRows } from "../../src/db/compiled.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { makeApp } from "../fixtures/app.ts";
import { makeAdmin } from "../fixtures/people.ts";
import { makeFolder } from "../fixtures/process.ts";

/** Statements that are prepared once and run again must not remember anything but their text. */

async function makeScene(t: Test) {
  const url = `sqlite:${join(makeFolder(t), "rekey.sqlite")}`;
  const server = await makeApp(t, { DATABASE_URL: url });
  const other = openDatabase(url);
  t.teardown(() => other.destroy());
  await server.db.raw("PRAGMA busy_timeout = 50");
  return { server, other };
}

const roleNamed = (name: string) => ({ id: name, name, name_normal: name, created_at: "", updated_at: "" });

for (const [what, write] of Object.entries({
  "a statement": async (db: Knex) => await db("roles").where({ id: "none" }).update({ description: "" }),
  "a transaction": async (db: Knex) => await db.transaction(async (trx) => trx("roles").insert(roleNamed("never"))),
})) {
  void t.test(`${what} that another process kept from writing keeps nobody else's from being committed`, async (t) => {
    const { server, other } = await makeScene(t);
    const admin = await makeAdmin(server);
    await write(server.db).catch(() => undefined);
    await other("roles").where({ id: "never" }).delete();
    const lock = await other.transaction();
    await t.rejects(Promise.resolve(write(server.db)), { code: "SQLITE_BUSY" });
    await lock.rollback();

    const reset = await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "a@example.org" } } });
    t.equal(reset.status, 200);
    t.match(await other("outbox").whereLike("payload", "%a@example.org%").select("kind"), [
      { kind: "reset.requested" },
    ]);
    const body = { data: { type: "roles", attributes: { name: "editor" } } };
    t.equal((await server.ask("POST", "/v1/roles", { token: admin.token, body })).status, 201);
    t.match(await other("roles").where({ name: "editor" }).select("name"), [{ name: "editor" }]);
    await server.db.transaction(async (trx) => trx("roles").insert(roleNamed("committed")));
    t.equal((await other("roles").whereIn("id", ["committed", "never"])).length, 1);
  });
}

void t.test("what is rolled back within what is rolled back takes all of it along", async (t) => {
  const { server, other } = await makeScene(t);
  const fail = () => Promise.reject(new Error("on purpose"));
  await server.db.transaction(async (outer) => {
    const inner = outer.transaction(async (trx) => {
      await trx("roles").insert(roleNamed("lost"));
      await trx.transaction(fail).catch(() => undefined);
      return await fail();
    });
    await t.rejects(inner, { message: "on purpose" });
    await outer("roles").insert(roleNamed("kept"));
  });
  t.same(await other("roles").whereIn("id", ["lost", "kept"]).pluck("id"), ["kept"]);
});

void t.test("a database is closed while it is being read, and leaves nothing open", async (t) => {
  const folder = makeFolder(t);
  const db = openDatabase(`sqlite:${join(folder, "rekey.sqlite")}`);
  await migrateToLatest(db);
  const read = (index: number) => compiledRows(db, String(index), [], () => db("roles").limit(index + 1));
  await read(0);
  const reads = Array.from({ length: 20 }, (_, index) => read(index));
  const closed = db.destroy();
  const late = read(20);
  await Promise.allSettled([...reads, late]);
  await closed;
  // Whoever closes it last takes the log away.
  t.same(readdirSync(folder), ["rekey.sqlite"]);
});
