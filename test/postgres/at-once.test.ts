import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Knex } from "knex";
import t from "tap";

import { ensureAdmin } from "../../src/accounts/ensure-admin.ts";
import { judgeAttempt } from "../../src/accounts/login-guard.ts";
import { mayMail } from "../../src/accounts/mail-quota.ts";
import { signingSecret } from "../../src/accounts/signing-key.ts";
import { systemClock } from "../../src/db/clock.ts";
import { newId } from "../../src/db/id.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { isMigrated, migrateToLatest } from "../../src/db/migrate.ts";
import { OutboxWorker } from "../../src/outbox/worker.ts";
import { enqueue } from "../../src/outbox/outbox.ts";
import { CLIENT, insertUser } from "../fixtures/accounts.ts";
import { makeApp } from "../fixtures/app.ts";
import { makeDatabaseUrl, makeSharedDatabaseUrl } from "../fixtures/database.ts";
import { directly } from "../fixtures/postgres/server.ts";
import { makeFolder, PLAIN_NODE } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";

/** What several processes do at once on one database. Each has a connection pool of its own, as here each `Knex`. */

type Test = Parameters<typeof makeFolder>[0];

function open(t: Test, url: string): Knex {
  const db = openDatabase(url);
  t.teardown(() => db.destroy());
  return db;
}

function several(t: Test, url: string, count: number): Knex[] {
  return Array.from({ length: count }, () => open(t, url));
}

/** As many on one database that has been migrated. */
async function migrated(t: Test, count: number): Promise<Knex[]> {
  return several(t, await makeDatabaseUrl(t), count);
}

void t.test(
  "one that is killed in the middle of its migrations leaves nothing behind: the next one goes on",
  async (t) => {
    const url = await makeSharedDatabaseUrl(t);
    const [other, watcher] = several(t, url, 2);
    if (other === undefined || watcher === undefined) return;
    // The last thing that is made before the tables of the outbox, by somebody who does not come to an end: it waits there.
    const hold = await other.transaction();
    await hold.schema.createTable("outbox", (table) => table.string("id"));
    const cli = import.meta.url.endsWith(".ts")
      ? ["--import", import.meta.resolve("tsx"), join(projectRoot, "src/cli/index.ts")]
      : [join(projectRoot, "dist/src/cli/index.js")];
    const child = spawn("env", [...PLAIN_NODE, ...cli, "migrate"], {
      cwd: makeFolder(t),
      env: { PATH: process.env["PATH"], DATABASE_URL: url },
    });
    const ended = once(child, "close");
    const waits = () =>
      watcher("pg_stat_activity")
        .whereRaw("datname = current_database()")
        .andWhere({ wait_event_type: "Lock" })
        .whereILike("query", "create table%outbox%")
        .first("pid");
    while ((await waits()) === undefined && child.exitCode === null) await sleep(20);
    t.equal(child.exitCode, null, "it is in the middle");
    child.kill("SIGKILL");
    await ended;
    await hold.rollback();
    const ran = await migrateToLatest(other);
    t.match(ran, [/^0001_/]);
    t.ok(await isMigrated(other));
    t.equal(
      (
        await watcher("pg_locks")
          .where({ locktype: "advisory" })
          .whereRaw("database = (select oid from pg_database where datname = current_database())")
      ).length,
      0,
    );
  },
);

void t.test("more connections than the database has: 503, for a moment, and no fault of the server", async (t) => {
  const url = new URL(directly(await makeDatabaseUrl(t)));
  const admin = open(t, url.href);
  const role = `few_${newId().replaceAll("-", "")}`;
  await admin.raw("create role ?? login superuser password 'few'", [role]);
  t.teardown(async () => {
    await admin.raw("drop owned by ??", [role]);
    await admin.raw("drop role ??", [role]);
  });
  const server = await makeApp(t, { DATABASE_URL: Object.assign(url, { username: role, password: "few" }).href });
  await admin.raw("alter role ?? nosuperuser connection limit 1", [role]);
  await admin.raw("grant all on all tables in schema public to ??", [role]);
  const token = "t".repeat(43);
  const answers = await Promise.all(Array.from({ length: 20 }, () => server.ask("GET", "/v1/roles", { token })));
  const statuses = new Set(answers.map(({ status }) => status));
  t.same([...statuses].sort(), [401, 503]);
  t.ok(answers.every(({ status, headers }) => status === 401 || headers["retry-after"] !== undefined));
  t.equal((await server.ask("GET", "/v1/roles", { token })).status, 401);
});

void t.test("ten at their first start have one key, and make one admin, who gets one mail", async (t) => {
  const all = await migrated(t, 10);
  const secrets = await Promise.all(all.map((db) => signingSecret(db, systemClock)));
  t.equal(new Set(secrets).size, 1);
  const outcomes = await Promise.all(all.map((db) => ensureAdmin({ db, clock: systemClock }, "root@example.org")));
  t.equal(outcomes.filter(({ outcome }) => outcome === "created").length, 1);
  t.equal(new Set(outcomes.map(({ userId }) => userId)).size, 1);
  const [db] = all;
  t.equal((await db?.("user_roles"))?.length, 1);
  t.equal((await db?.("outbox"))?.length, 1);
});

void t.test("guesses at one account, spread over three, are slowed down as those at one are", async (t) => {
  const all = await migrated(t, 3);
  const [db] = all;
  if (db === undefined) return;
  const user = await insertUser(db, { email: "ada@example.org", password: "walnut-orbit-9" });
  const attempt = { kind: "session.created", normal: "ada@example.org", userId: user.id, client: CLIENT } as const;
  const guess = (n: number, matches: boolean) =>
    judgeAttempt({ db: all[n % 3] ?? db, clock: systemClock }, { ...attempt, matches });
  // In one process they take turns by address; three of them do not know of each other.
  const verdicts = await Promise.all(Array.from({ length: 45 }, (_, n) => guess(n, false)));
  t.ok(verdicts.every((letsIn) => !letsIn));
  const counted = await db("login_failures").first("failures", "attempts");
  t.equal(counted?.attempts, 45, "none is lost");
  t.ok((counted?.failures ?? 0) >= 10 && (counted?.failures ?? 0) <= 12, `${String(counted?.failures)} were guesses`);
  for (const n of [0, 1, 2]) t.notOk(await guess(n, true), "the right one does not let in either");
});

void t.test("an address gets no more mails than it may, however many workers count at once", async (t) => {
  const all = await migrated(t, 3);
  const rate = { max: 3, windowSeconds: 3600 };
  const now = Date.now();
  const ask = async (n: number, normal = "ada@example.org") => {
    const db = all[n % 3];
    if (db === undefined) return false;
    return await mayMail(db, rate, { entryId: newId(), purpose: "reset", normal, now: now - n });
  };
  // Clocks differ a little: who comes later may think that it is earlier.
  const inARow = [await ask(0), await ask(1), await ask(2), await ask(3), await ask(4)];
  t.same(inARow, [true, true, true, false, false]);
  const atOnce = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(n, "grace@example.org")));
  t.equal(atOnce.filter(Boolean).length, 3);
});

void t.test("three workers with one queue: each entry is handled once, and all have a share", async (t) => {
  const all = await migrated(t, 3);
  const [db] = all;
  if (db === undefined) return;
  const entries = 150;
  for (let n = 0; n < entries; n += 1) {
    await enqueue(db, Date.now(), { kind: "test", payload: { n }, expiresAt: Date.now() + 3_600_000 });
  }
  const handled: { n: number; by: number }[] = [];
  const workers = all.map(
    (own, by) =>
      new OutboxWorker({
        db: own,
        clock: systemClock,
        observe: () => undefined,
        handlers: {
          test: async (payload) => {
            handled.push({ n: (payload as { n: number }).n, by });
            await sleep(5);
            return { outcome: "sent", messageId: "1" };
          },
        },
      }),
  );
  await Promise.all(workers.map((worker) => worker.drain()));
  await Promise.all(workers.map((worker) => worker.close()));
  t.same(
    handled.map(({ n }) => n).sort((a, b) => a - b),
    Array.from({ length: entries }, (_, n) => n),
  );
  t.equal(new Set(handled.map(({ by }) => by)).size, 3);
  t.equal((await db("outbox")).length, 0);
});
