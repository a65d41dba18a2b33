import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Knex } from "knex";
import t, { type Test } from "tap";

import { signingSecret } from "../../src/accounts/signing-key.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { contents, faultOf, makeSource, makeTarget, move, outboxRow, OWN_TABLES, using } from "../fixtures/moving.ts";
import { PLAIN_NODE, run, startServer } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";
import { until } from "../fixtures/until.ts";

/** `rekey database copy|compare`: what arrives, and how that is found out. */

/** Values that the two databases hold, sort or give back differently. */
const THINGS = [
  "",
  " ",
  "a",
  "B",
  "b",
  "Z",
  "ä",
  "ß",
  "ﬃ",
  "Ω",
  "中",
  "\uFFFD",
  "\u{1F422}",
  'it\'s "?" \\ $1 \\u0000',
  "x\n\ty",
];

/** Tables of an engineer's own, by Knex alone. */
async function makeThings(db: Knex): Promise<void> {
  await db.schema.createTable("things", (table) => {
    table.text("key").primary();
    table.bigInteger("large");
    table.boolean("flag").notNullable();
    table.double("number");
    table.binary("bytes");
    table.json("json");
    table.text("parent").references("things.key");
  });
  await db.schema.createTable("counters", (table) => {
    table.increments("id");
    table.uuid("uuid");
  });
}

void t.test("all types, keys in every order, tables of one's own; and back again", async (t) => {
  const { folder, url } = await makeSource(t, 2_500);
  const target = await makeTarget();
  await using(url, async (db) => {
    await makeThings(db);
    await db.raw("PRAGMA foreign_keys = OFF");
    await db("things").insert(
      THINGS.map((key, index) => ({
        key,
        large: ["9007199254740993", "-9223372036854775808", null][index % 3],
        flag: index % 2 === 0,
        number: [0.1, -1.5e-300, null][index % 3],
        bytes: Buffer.from([0, index, 255]),
        json: '{"b": 1,  "a": "5"}',
        // The first refer to those that come after them.
        parent: THINGS[THINGS.length - 1 - index],
      })),
    );
    for (let n = 0; n < 3; n += 1) await db("counters").insert({ uuid: "0190b0a0-7c00-7000-8000-00000000ad31" });
    await db("counters").where({ id: 3 }).delete();
    await db("outbox").insert(outboxRow("x".repeat(100_000)));
  });
  await using(target, async (db) => {
    await migrateToLatest(db);
    await makeThings(db);
    // What a first start makes, and the source has another of.
    await signingSecret(db, () => 0);
  });

  const copied = await move(folder, url, target);
  t.equal(copied.code, 0, copied.stderr);
  const all = [...OWN_TABLES, "counters"];
  t.same(await contents(target, all), await contents(url, all));
  await using(target, async (db) => {
    const things = (await db("things").select()) as Record<string, unknown>[];
    t.same(things.map(({ key }) => key).sort(), [...THINGS].sort());
    t.match(
      things.find(({ key }) => key === "a"),
      { large: null, flag: true, number: null, bytes: Buffer.from([0, 2, 255]), json: { b: 1, a: "5" }, parent: "🐢" },
    );
    t.match(
      things.find(({ key }) => key === "B"),
      { large: "9007199254740993", flag: false, number: 0.1 },
    );
    await keepsCounting(t, db, 2_500);
    await t.rejects(db("things").insert({ key: "new", flag: true, parent: "nobody" }), { code: "23503" });
  });

  const other = `sqlite:${join(folder, "back.sqlite")}`;
  await using(other, async (db) => {
    await migrateToLatest(db);
    await makeThings(db);
  });
  const back = await move(folder, target, other);
  t.equal(back.code, 0, back.stderr);
  t.same(await contents(other, all), await contents(target, all));
  await using(other, (db) => keepsCounting(t, db, 2_501));
  const [large] = await using(other, (db) =>
    db("things").where({ key: "B" }).select(db.raw("cast(large as text) as large")),
  );
  t.same(large, { large: "9007199254740993" });
});

/** Triggers, sequences and batches of migrations are those of a database that was there all along. */
async function keepsCounting(t: Test, db: Knex, users: number): Promise<void> {
  const total = async () =>
    Number((await db("row_counts").where({ table_name: "users" }).sum({ n: "row_count" }))[0]?.["n"]);
  t.equal(await total(), users);
  await db("users").insert({
    id: `0190b0a0-7c00-7000-8000-${String(users).padStart(12, "0")}`,
    email: `new${String(users)}@example.org`,
    email_normal: `new${String(users)}@example.org`,
    created_at: "2020",
    updated_at: "2020",
  });
  t.equal(await total(), users + 1);
  const [inserted] = await db("counters").insert({}).returning("id");
  t.equal(Number(inserted.id), users - 2_500 + 4, "no number of a row that was deleted is given again");
  t.equal((await db("knex_migrations").max({ batch: "batch" }))[0]?.["batch"], 1);
}

void t.test(
  "killed in the middle: the target is as empty as before, the source as it was, and the next run succeeds",
  async (t) => {
    const { folder, url } = await makeSource(t, 2_500);
    const target = await makeTarget();
    const child = spawn(
      "env",
      [...PLAIN_NODE, join(projectRoot, "dist/src/cli/index.js"), "database", "copy", "--from", url, "--to", target],
      { cwd: folder, env: { PATH: process.env["PATH"] ?? "" }, stdio: ["ignore", "ignore", "pipe"] },
    );
    let printed = "";
    for await (const chunk of child.stderr) {
      printed += String(chunk);
      if (printed.includes("copying users:")) break;
    }
    child.kill("SIGKILL");
    await once(child, "close");
    t.match(printed, "copying user_roles: ", "rows had been written");
    t.notMatch(printed, "comparing");
    t.same(await contents(target, ["users", "user_roles"]), { users: [], user_roles: [] });
    await until(
      async () =>
        !(await run("cli/index", ["database", "copy", "--to", target], { folder, environment: { DATABASE_URL: url } }))
          .code,
    );
    const all = await contents(target, OWN_TABLES);
    t.equal(all["users"]?.length, 2_500);
    t.same(all, await contents(url, OWN_TABLES));
  },
);

void t.test("compare names what differs, and no value; a server that runs on either side is noticed", async (t) => {
  const { folder, url } = await makeSource(t, 1_500);
  const target = await makeTarget();
  t.equal((await move(folder, url, target)).code, 0);
  const ids = await using(target, async (db) => {
    const ids = await db("users").orderBy("id").limit(3).pluck("id");
    const [first = "", second = ""] = ids;
    await db("users").where({ id: first }).update({ email: "thief@example.org", credential_epoch: 7 });
    await db("users").where({ id: second }).delete();
    await db("login_failures").insert({
      ...{ address_hash: "f".repeat(64), network: "", failures: 1, attempts: 1 },
      ...{ last_failed_at: "2020", last_tried_at: "2020" },
    });
    return ids;
  });
  const differing = await move(folder, url, target, "compare");
  t.equal(differing.code, 1);
  t.match(faultOf(differing), /^Source and target differ:\n/);
  t.match(differing.stderr, `\n  users, id ${String(ids[0])}: email, credential_epoch\n`);
  t.match(differing.stderr, `\n  users, id ${String(ids[1])}: is in the source alone\n`);
  t.match(
    differing.stderr,
    "\n  login_failures, the row in place 1 by address_hash, network: is in the target alone\n",
  );
  t.notMatch(differing.stderr, /thief|ffff/);
  t.notMatch(differing.stderr, String(ids[2]));

  const server = await startServer(t, { folder, environment: { DATABASE_URL: target } });
  await fetch(`${server.url}/readyz`);
  const running = await move(folder, url, target, "compare");
  t.match(
    running.stderr,
    /^The target .* has other connections of the same role: \d+ from 127\.0\.0\.1 .*Stop the servers/,
  );
});
