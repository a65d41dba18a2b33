import t, { type Test } from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { isMigrated, migrateToLatest, MigrationFault, migrationStatus, rollBack } from "../../src/db/migrate.ts";
import { makeApp } from "../fixtures/app.ts";
import { isOnPostgres, makeSharedDatabaseUrl } from "../fixtures/database.ts";

/** How the schema comes about when servers start. Each has connections of its own, as here each `Knex`. */

function open(t: Test, url: string) {
  const db = openDatabase(url);
  t.teardown(() => db.destroy());
  return db;
}

/** On SQLite each that waits for the file takes one of this process' four threads. */
const MANY = isOnPostgres ? 10 : 3;

void t.test("many that start at once on an empty database all come up, and migrate once", async (t) => {
  const url = await makeSharedDatabaseUrl(t);
  const all = Array.from({ length: MANY }, () => open(t, url));
  const ran = (await Promise.all(all.map(migrateToLatest))).flat();
  const [one] = all;
  if (one === undefined) return;
  const { done, pending, unknown } = await migrationStatus(one);
  t.ok(done.length > 0);
  t.same(ran.toSorted(), done.toSorted());
  t.equal(new Set(done).size, done.length);
  t.same([pending, unknown], [[], []]);
  t.ok(await isMigrated(one));
});

void t.test("an older server starts on a newer schema, says so, and is ready; it takes nothing back", async (t) => {
  const url = await makeSharedDatabaseUrl(t);
  const db = open(t, url);
  await migrateToLatest(db);
  t.same(await migrateToLatest(db), []);
  await db("knex_migrations").insert({ name: "9999_of_a_newer_version", batch: 2 });
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const server = await makeApp(t, { DATABASE_URL: url }, { logger: { level: "warn", stream } });
  t.equal((await server.ask("GET", "/readyz")).status, 200);
  t.match(
    lines.map((line) => JSON.parse(line) as object),
    [{ level: 40, msg: "database.newer", migrations: ["9999_of_a_newer_version"] }],
  );
  await t.rejects(rollBack(db), MigrationFault);
  t.equal((await migrationStatus(db)).unknown.length, 1);
});

void t.test("a server is not ready before its own migrations have run", async (t) => {
  const server = await makeApp(t);
  const newest = await server.db("knex_migrations").max({ id: "id" }).first();
  await server.db("knex_migrations").where({ id: newest?.id }).delete();
  t.equal((await server.ask("GET", "/readyz")).status, 503);
});
