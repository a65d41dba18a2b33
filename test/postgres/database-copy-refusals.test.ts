import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { migrateToLatest } from "../../src/db/migrate.ts";
import {
  adminUrl,
  AT_ONCE,
  atOnce,
  contents,
  faultOf,
  LOCKED,
  makeSource,
  makeTarget,
  move,
  outboxRow,
  OWN_TABLES,
  STRANGER,
  urlOf,
  using,
} from "../fixtures/moving.ts";

/** What `rekey database copy` refuses. */

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
  const refuse = async ([from, to, line]: (typeof cases)[number], worker: number) => {
    // Two at once would keep each other out of the source.
    const own = join(folder, `${String(worker)}.sqlite`);
    cpSync(join(folder, "data/rekey.sqlite"), own);
    const outcome = await move(folder, from === url && !to.startsWith(url) ? `sqlite:${own}` : from, to);
    t.equal(outcome.code, 1, String(line));
    t.equal(outcome.stdout, "");
    t.match(outcome.stderr.trimEnd(), line);
    t.notMatch(outcome.stderr, /hunter2|\n[^]/);
  };
  await atOnce(cases, refuse);
  // By itself: another one that is asked about this target would find it locked.
  await refuse(
    [used, used.replace("postgres:", "postgresql:"), /^The target .* is the same database as the source\.$/],
    0,
  );
  t.notOk(existsSync(join(folder, "mistyped")), "no file is made where none was");
  t.same(await contents(url, OWN_TABLES), before);
  await using(empty, async (db) => t.notOk(await db.schema.hasTable("users"), "the target was not even migrated"));
});

/** One role that needs a password, and one that may connect and nothing else. */
async function lockOut(database: string): Promise<void> {
  const [pgHba = ""] = await using(adminUrl, (db) =>
    db.select(db.raw("setting")).from("pg_settings").where({ name: "hba_file" }).pluck("setting"),
  );
  await using(adminUrl, async (db) => {
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
