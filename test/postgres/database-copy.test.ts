import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Knex } from "knex";
import t, { type Test } from "tap";

import { signingSecret } from "../../src/accounts/signing-key.ts";
import { seed } from "../../src/cli/seed.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { MEDIA_TYPE, type Json } from "../fixtures/app.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import { makeFolder, PLAIN_NODE, run, startServer, type Outcome } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";
import { startPostgres } from "../fixtures/servers.ts";
import { until } from "../fixtures/until.ts";

/** `rekey database copy|compare`, and what docs/postgresql.md says about it, on a real PostgreSQL: one for all tests of this file. */
const guide = readFileSync(join(projectRoot, "docs/postgresql.md"), "utf8");

const shared = process.env["TEST_DATABASE_URL"];
const started = shared === undefined ? await startPostgres() : undefined;
const postgres = new URL(shared ?? started?.url() ?? "");
const ROLE = `mover${String(process.pid)}`;
const [STRANGER, LOCKED] = [`${ROLE}_stranger`, `${ROLE}_locked`];
const ROLES = [ROLE, STRANGER, LOCKED];
const PASSWORD = "walnut-orbit-9";

const urlOf = (name: string, user = ROLE) => `postgres://${user}@${postgres.host}/${name}`;
const databases: string[] = [];

/** As the superuser, one statement after another. */
async function administer(statements: readonly string[], name = "postgres"): Promise<void> {
  const db = openDatabase(urlOf(name, postgres.username));
  try {
    for (const statement of statements) await db.raw(statement.replaceAll("?", "\\?"));
  } finally {
    await db.destroy();
  }
}

/** The guide's statements: the role, and each database of it. */
const [makeRole = "", ...makeDatabase] = (/^```sql\n([^]*?)^```$/m.exec(guide)?.[1] ?? "")
  .split(";\n")
  .filter((statement) => statement.trim() !== "");

// Each has databases of its own, and waits for processes most of the time.
t.jobs = 3;
t.before(() => administer([makeRole.replace("ROLE rekey", `ROLE ${ROLE}`)]));
t.teardown(async () => {
  if (started !== undefined) await started.stop();
  else
    await administer([
      ...databases.map((name) => `DROP DATABASE ${name} WITH (FORCE)`),
      ...ROLES.map((role) => `DROP ROLE IF EXISTS ${role}`),
    ]);
});

/** An empty database, as the guide makes it. */
async function makeTarget(): Promise<string> {
  const name = `moved${String(process.pid)}_${String(databases.length)}`;
  databases.push(name);
  const named = (statement: string) =>
    statement.replace("DATABASE rekey", `DATABASE ${name}`).replace("OWNER rekey", `OWNER ${ROLE}`);
  await administer(makeDatabase.map(named));
  return urlOf(name);
}

/** Runs `use` on a database, and closes it. */
async function using<T>(url: string, use: (db: Knex) => Promise<T>): Promise<T> {
  const db = openDatabase(url);
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}

/** A file with `users` seeded users, as a server left it. */
async function makeSource(t: Test, users = 3): Promise<{ folder: string; url: string }> {
  const folder = makeFolder(t);
  const url = `sqlite:${join(folder, "data/rekey.sqlite")}`;
  await using(url, async (db) => {
    await migrateToLatest(db);
    await signingSecret(db, () => 0);
    await seed(db, { users });
  });
  return { folder, url };
}

function move(folder: string, from: string, to: string, step = "copy"): Promise<Outcome> {
  return run("cli/index", ["database", step, "--to", to], { folder, environment: { DATABASE_URL: from } });
}

/** All rows of all tables, in an order of our own, read without the command's help. */
function contents(url: string, tables: readonly string[]): Promise<Record<string, string[]>> {
  return using(url, async (db) => {
    const found: Record<string, string[]> = {};
    for (const table of tables) {
      const rows = (await db(table).select()) as Record<string, unknown>[];
      found[table] = rows.map((row) => JSON.stringify(plain(row))).sort();
    }
    return found;
  });
}

/** Booleans as numbers, whole numbers as text, whatever the driver makes of them. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  const value = (held: unknown) => (typeof held === "boolean" ? Number(held) : held);
  const text = (held: unknown) => (Number.isInteger(held) ? String(held) : held);
  return Object.fromEntries(
    Object.keys(row)
      .sort()
      .map((name) => [name, text(value(row[name]))]),
  );
}

const OWN_TABLES = [
  "users roles user_roles sessions outbox mail_quota security_events login_failures familiar_places",
  "signing_keys reset_pauses webhook_events retired_ids",
].flatMap((names) => names.split(" "));

void t.test("the guide, from a server on SQLite to one on PostgreSQL", async (t) => {
  const folder = makeFolder(t);
  const standIn = await PostmarkStandIn.start(t);
  const mail = { POSTMARK_SERVER_TOKEN: "of-the-stand-in", POSTMARK_API_URL: standIn.url };
  const file = "sqlite:data/rekey.sqlite";
  const create = ["users", "create", "root@example.org", "--role", "admin", "--verified", "--password-stdin"];
  await run("cli/index", create, { folder, input: PASSWORD, environment: { DATABASE_URL: file } });
  const before = await startServer(t, { folder, environment: { ...mail, DATABASE_URL: file } });
  const root = await logIn(before.url, "root@example.org");
  const ada = await ask(before.url, "POST", "/v1/users", {
    data: { type: "users", attributes: { email: "ada@example.org", password: PASSWORD, firstName: "Adä 🐢" } },
  });
  const session = await logIn(before.url, "ada@example.org");
  await ask(before.url, "POST", "/v1/auth/reset-password", { data: { email: "ada@example.org" } });
  const link = await tokenOfMail(standIn, 0);

  const running = await move(folder, file, await makeTarget());
  t.equal(running.code, 1);
  t.match(running.stderr, /^The source \(sqlite:data\/rekey\.sqlite\) is open in another process: stop the server/);

  await before.stop();
  await run("cli/index", ["users", "reset", "root@example.org"], { folder, environment: { DATABASE_URL: file } });
  const target = await makeTarget();
  const follow = (command: RegExp) => {
    const line = new RegExp(`^ *npm run rekey -- (database ${command.source} .*)$`, "m").exec(guide)?.[1] ?? "";
    const words = line.split(" ").map((word) => (word.startsWith("postgres:") ? target : word));
    return run("cli/index", words, { folder, environment: { DATABASE_URL: file } });
  };
  const copied = await follow(/copy --to/);
  t.equal(copied.code, 0, copied.stderr);
  t.match(copied.stdout, /^users +2 {2}[0-9a-f]{64}$/m);
  t.match(copied.stdout, "every row there equals its original");
  t.equal((await follow(/compare --to/)).code, 0);

  const after = await startServer(t, { folder, environment: { ...mail, DATABASE_URL: target } });
  t.equal((await ask(after.url, "GET", `/v1/users/${String(ada.body.data.id)}`, undefined, session)).status, 200);
  const users = await ask(after.url, "GET", "/v1/users?page[size]=1", undefined, root);
  t.equal(users.body.meta.total, 2);
  const events = await ask(after.url, "GET", "/v1/securityEvents?page[size]=50", undefined, root);
  t.equal(events.body.data.filter((event: Json) => event.attributes.kind === "session.created").length, 2);
  const redeemed = await ask(after.url, "PATCH", "/v1/auth/reset-password", {
    data: { token: link, password: "thistle-harbor-7" },
  });
  t.equal(redeemed.status, 200);
  t.equal((await ask(after.url, "GET", "/v1/users", undefined, session)).status, 401, "as a new password does");
  t.ok(await tokenOfMail(standIn, 1), "what waited is mailed");
  await until(() => standIn.requests.length >= 3);
  await after.stop();
  const tags = standIn.requests.map(({ body }) => `${String(body["Tag"])} ${String(body["To"])}`);
  t.same(tags.slice(1).sort(), ["password-changed ada@example.org", "reset root@example.org"]);

  const back = await follow(/copy --from/);
  t.equal(back.code, 0, back.stderr);
  t.match(back.stdout, "Everything is in sqlite:data/back.sqlite");
});

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

const outboxRow = (payload: string) => ({
  id: "0190b0a0-7c00-7000-8000-0000000000b1",
  kind: "test",
  payload,
  created_at: "2020",
  due_at: "2020",
  expires_at: "2020",
});

void t.test("what cannot be copied for certain is named by table and key, without its value", async (t) => {
  const { folder, url } = await makeSource(t);
  const id = await using(url, async (db) => (await db("users").orderBy("id").first("id"))?.id ?? "");
  const secret = "c2NyeXB0-of-somebody";
  const cases: Record<string, { readonly statements: readonly string[]; readonly line: RegExp }> = {
    "U+0000": {
      statements: [`UPDATE users SET first_name = '${secret}' || char(0) WHERE id = '${id}'`],
      line: new RegExp(`target .*: users, id ${id}: it cannot hold one of the texts, such as one with U\\+0000`),
    },
    "a text that is too long": {
      statements: [`UPDATE users SET password = printf('%.*c', 129, 'x') || '${secret}' WHERE id = '${id}'`],
      line: new RegExp(`target .*: users, id ${id}: a text is longer than its column takes\\.`),
    },
    "no boolean": {
      statements: [`UPDATE users SET is_verified = '${secret}' WHERE id = '${id}'`],
      line: new RegExp(`source .*: users, id ${id}: what the column is_verified holds is no boolean: set it right\\.`),
    },
    "no UTF-8": {
      statements: [`UPDATE users SET last_name = CAST(x'F09F98' AS TEXT) WHERE id = '${id}'`],
      line: new RegExp(`source .*: users, id ${id}: what the column last_name holds is no varchar\\(255\\)`),
    },
    "bytes in a text, under a key that is itself hidden": {
      statements: [`INSERT INTO reset_pauses VALUES ('${secret}', '2020'), ('${secret}!', x'00')`],
      line: /source .*: reset_pauses, the row in place 2 by address_hash: what the column until holds is no varchar\(24\)/,
    },
    "nobody's session": {
      statements: [`PRAGMA foreign_keys = OFF`, `INSERT INTO user_roles VALUES ('${secret}', '${secret}')`],
      line: /source .*: user_roles, the row in place \d+ by user_id, role_id: it refers to (users|roles), where there is no such row\./,
    },
    "a row without a key": {
      statements: [`INSERT INTO retired_ids VALUES (NULL)`],
      line: /target .*: retired_ids, the row in place 1 by id: a column that must hold something is empty\./,
    },
    "a type that is not known": {
      statements: ["CREATE TABLE own (id integer primary key, at datetime)"],
      line: /source .*: the column at of own is of a type that cannot be copied for certain: datetime\./,
    },
    "a table without a key": {
      statements: ["CREATE TABLE own (name text)"],
      line: /source .*: the table own has no primary key/,
    },
    "a table that no migration made": {
      statements: ["CREATE TABLE own (name text primary key)"],
      line: /^The table own is in the source alone: make it by a migration/,
    },
    "a key that ignores case": {
      statements: ["CREATE TABLE own (name text collate nocase primary key)"],
      line: /source .*: the primary key of own takes different texts for the same/,
    },
  };
  const targets = await Promise.all(Array.from({ length: AT_ONCE }, makeTarget));
  await atOnce(Object.entries(cases), async ([name, { statements, line }], worker) => {
    const path = join(folder, `${String(worker)}.sqlite`);
    cpSync(join(folder, "data/rekey.sqlite"), path);
    await using(`sqlite:${path}`, async (db) => {
      for (const statement of statements) await db.raw(statement);
    });
    const outcome = await move(folder, `sqlite:${path}`, targets[worker] ?? "");
    t.equal(outcome.code, 1, name);
    t.equal(outcome.stdout, "", name);
    t.match(faultOf(outcome), line, name);
    t.notMatch(outcome.stderr, secret, name);
  });
  for (const target of targets) {
    t.same(await contents(target, ["users", "user_roles"]), { users: [], user_roles: [] }, "nothing is left of it");
  }
});

/** Processes at once in one test. */
const AT_ONCE = 2;

/** @param run is told which of the workers it is */
async function atOnce<Item>(items: readonly Item[], run: (item: Item, worker: number) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const work = async (worker: number) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next, worker);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)));
}

/** What is said last, beside the progress. */
function faultOf({ stderr }: Outcome): string {
  const lines = stderr.trimEnd().split("\n");
  return lines.filter((line) => !/^(copying|comparing) \w+: /.test(line)).join("\n");
}

void t.test("refusals: one line each, no password, and nothing is changed", async (t) => {
  const { folder, url } = await makeSource(t);
  const empty = await makeTarget();
  const used = await makeTarget();
  await using(used, async (db) => {
    await migrateToLatest(db);
    await db("outbox").insert(outboxRow("{}"));
  });
  const foreign = await makeTarget();
  await using(foreign, (db) => db.raw("CREATE TABLE articles (id integer primary key)"));
  const newer = `sqlite:${join(folder, "newer.sqlite")}`;
  const older = `sqlite:${join(folder, "older.sqlite")}`;
  const nothing = `sqlite:${join(folder, "nothing.sqlite")}`;
  cpSync(join(folder, "data/rekey.sqlite"), join(folder, "newer.sqlite"));
  cpSync(join(folder, "data/rekey.sqlite"), join(folder, "older.sqlite"));
  writeFileSync(join(folder, "nothing.sqlite"), "");
  writeFileSync(join(folder, "text.sqlite"), "This is no database at all. ".repeat(100));
  await using(newer, (db) => db("knex_migrations").insert({ name: "9999_later", batch: 2 }));
  await using(older, (db) => db("knex_migrations").where({ name: "0015_create_retired_ids" }).delete());
  await lockOut(new URL(empty).pathname.slice(1));
  const at = (user: string, name = empty) => urlOf(new URL(name).pathname.slice(1), user);

  const cases: readonly (readonly [from: string, to: string, line: RegExp])[] = [
    [
      `sqlite:${join(folder, "mistyped/rekey.sqlite")}`,
      empty,
      /^The source \(sqlite:.*\) is not there: no such file\.$/,
    ],
    [nothing, empty, /^The source .* is no database of Rekey: it has no migrations\.$/],
    [`sqlite:${join(folder, "text.sqlite")}`, empty, /^The source .* is no SQLite database\.$/],
    [older, empty, /lacks migrations of this version: 0015_create_retired_ids\. .* run: npm run rekey -- migrate$/],
    [newer, empty, /has migrations that this version does not know: 9999_later\. Use the version that made them\.$/],
    [url, newer, /^The target .* has migrations that this version does not know: 9999_later\./],
    [url, url, /^The source and the target are the same database\.$/],
    [url, `${url}/../rekey.sqlite`, /are the same database\.$/],
    [used, used.replace("postgres:", "postgresql:"), /^The target .* is the same database as the source\.$/],
    [url, used, /^The target .* holds data already, in outbox \(1\)\. Copy into an empty database\.$/],
    [url, foreign, /^The target .* holds tables of something else\./],
    [url, urlOf("not_there"), /^The target .* is not there: make the database first/],
    [
      url,
      "postgres://rekey:hunter2@127.0.0.1:1/rekey",
      /^The target \(postgres:\/\/rekey@127\.0\.0\.1:1\/rekey\) cannot be reached: nobody listens there\.$/,
    ],
    [url, at(`${LOCKED}:hunter2`), /^The target .* refuses the password: it is taken from the URL/],
    [url, at(STRANGER), /^The target .* does not allow this role what is needed/],
    [
      url,
      "postgres://rekey:hunter2%zz@127.0.0.1/rekey",
      /^The URL of the target cannot be read: in names and passwords/,
    ],
    [url, "mysql://rekey:hunter2@127.0.0.1/rekey", /^The target takes sqlite:PATH or postgres:/],
    [url, "sqlite::memory:", /^The target must be a file/],
  ];
  const before = await contents(url, OWN_TABLES);
  await atOnce(cases, async ([from, to, line], worker) => {
    // Two at once would keep each other out of the source.
    const own = join(folder, `${String(worker)}.sqlite`);
    cpSync(join(folder, "data/rekey.sqlite"), own);
    const outcome = await move(folder, from === url && !to.startsWith(url) ? `sqlite:${own}` : from, to);
    t.equal(outcome.code, 1, String(line));
    t.equal(outcome.stdout, "");
    t.match(outcome.stderr.trimEnd(), line);
    t.notMatch(outcome.stderr, /hunter2|\n[^]/);
  });
  t.notOk(existsSync(join(folder, "mistyped")), "no file is made where none was");
  t.same(await contents(url, OWN_TABLES), before);
  await using(empty, async (db) => t.notOk(await db.schema.hasTable("users"), "the target was not even migrated"));
});

/** One role that needs a password, and one that may connect and nothing else. */
async function lockOut(database: string): Promise<void> {
  const [pgHba = ""] = await using(urlOf("postgres", postgres.username), (db) =>
    db.select(db.raw("setting")).from("pg_settings").where({ name: "hba_file" }).pluck("setting"),
  );
  await using(urlOf("postgres", postgres.username), async (db) => {
    await db.raw(`CREATE ROLE ${LOCKED} LOGIN PASSWORD 'correct'`);
    await db.raw(`CREATE ROLE ${STRANGER} LOGIN`);
    await db.raw(`GRANT CONNECT ON DATABASE ${database} TO ${STRANGER}, ${LOCKED}`);
    const rules = (await db.raw("SELECT pg_read_file(?) AS text", [pgHba])).rows[0].text as string;
    const lines = [`host all ${LOCKED} all scram-sha-256`, ...rules.split("\n")].filter((line) => /^[^#]/.test(line));
    const values = lines.map((line) => `('${line.trim().replaceAll(/\s+/g, " ")}')`).join(", ");
    await db.raw(`COPY (VALUES ${values}) TO '${String(pgHba)}'`);
    await db.raw("SELECT pg_reload_conf()");
  });
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

/** The token of a reset link, once so many mails went out before it. */
async function tokenOfMail(standIn: PostmarkStandIn, index: number): Promise<string | undefined> {
  const tokens = () =>
    standIn.requests.flatMap(({ body }) => /reset-password\?token=([\w-]+)/.exec(String(body["TextBody"]))?.[1] ?? []);
  await until(() => tokens().length > index);
  return tokens()[index];
}

async function ask(url: string, method: string, path: string, body?: Json, token?: string) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": path.includes("/auth/") ? "application/json" : MEDIA_TYPE }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

async function logIn(url: string, email: string): Promise<string> {
  const { body } = await ask(url, "POST", "/v1/sessions", {
    data: { type: "sessions", attributes: { email, password: PASSWORD } },
  });
  return String(body.data.attributes.token);
}
