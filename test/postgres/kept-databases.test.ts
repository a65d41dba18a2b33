import type { Knex } from "knex";
import t, { type Test } from "tap";

import { rowsOf } from "../../src/db/dialect.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { makeDatabaseUrl, makeSharedDatabaseUrl } from "../fixtures/database.ts";
import { refuseWrites, tablesOf } from "../fixtures/dialect.ts";

/** What the tests on PostgreSQL rely on: a database that another test has had shows nothing of it. */

async function nameOf(db: Knex): Promise<string> {
  const [row] = await rowsOf<{ name: string }>(db, "select current_database() as name");
  return row?.name ?? "";
}

/** All rows of all tables, and where the counters are. */
async function contentOf(db: Knex): Promise<unknown> {
  const tables = (await tablesOf(db)).sort();
  const rows = await Promise.all(tables.map((name) => rowsOf(db, `select t::text from "${name}" as t order by 1`)));
  const counters = await rowsOf(db, "select sequencename, last_value from pg_sequences order by 1");
  return { tables, rows, counters };
}

/** A test within the test, which has a database, and what it found out about it. */
async function had<Found>(t: Test, use: (t: Test, db: Knex, url: string) => Promise<Found>): Promise<Found> {
  const found: Found[] = [];
  await t.test("a test", async (t) => {
    const url = await makeDatabaseUrl(t);
    const db = openDatabase(url);
    t.teardown(() => db.destroy());
    found.push(await use(t, db, url));
  });
  return found[0] as Found;
}

const seen = async (_: Test, db: Knex) => ({ name: await nameOf(db), content: await contentOf(db) });

void t.test("rows that a test writes, changes and takes away are as before for the next one", async (t) => {
  const before = await had(t, seen);
  const name = await had(t, async (t, db) => {
    await insertUser(db, { email: "ada@example.org", isAdmin: true });
    await db("roles").where({ name: "admin" }).update({ name: "boss" });
    await db("knex_migrations").delete();
    await db("knex_migrations").insert({ name: "one more", batch: 9 });
    await db.raw("set lock_timeout = '1s'");
    t.strictNotSame(await contentOf(db), before.content);
    return await nameOf(db);
  });
  t.same(await had(t, seen), before);
  t.equal(name, before.name, "they had the same");
});

void t.test("whoever changes the schema leaves nothing to the next one", async (t) => {
  const before = await had(t, seen);
  const name = await had(t, async (_, db) => {
    await refuseWrites(db, "users", "insert");
    return await nameOf(db);
  });
  const after = await had(t, seen);
  t.same(after.content, before.content);
  t.equal(name, before.name);
  t.not(after.name, name);
});

void t.test("so does whoever does not let go of it, and is let go", async (t) => {
  const { held, name } = await had(t, async (_, db, url) => {
    const held = openDatabase(url);
    await held("users");
    return { held, name: await nameOf(db) };
  });
  t.teardown(() => held.destroy());
  t.not(await had(t, (_, db) => nameOf(db)), name);
  await t.rejects(held.transaction((trx) => trx("users").delete()));
});

void t.test("an empty one is empty again, and migrates", async (t) => {
  for (const _ of [1, 2]) {
    await t.test("a test", async (t) => {
      const db = openDatabase(await makeSharedDatabaseUrl(t));
      t.teardown(() => db.destroy());
      t.same(await tablesOf(db), []);
      await db.raw("create extension pg_walinspect");
      t.ok((await migrateToLatest(db)).length > 0);
    });
  }
});
