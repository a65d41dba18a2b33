import type { Knex } from "knex";
import t from "tap";

import { timestamp } from "../../src/db/clock.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import {
  claimDue,
  complete,
  enqueue,
  giveUp,
  presentable,
  purgeFailed,
  putBack,
  queueDepth,
  release,
  reschedule,
} from "../../src/outbox/outbox.ts";
import { listEntries } from "../../src/outbox/operator.ts";
import { makeDatabase, makeSharedDatabaseUrl } from "../fixtures/database.ts";
import { claimOne } from "../fixtures/outbox.ts";

const NOW = Date.UTC(2026, 10, 23);
const HOUR = 3_600_000;
const LEASE = 60;

const entry = (n = 0) => ({ kind: "test", payload: { n }, expiresAt: NOW + HOUR });

void t.test("an entry is due at once, and has what was put in", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry(7));
  const claim = await claimOne(db, NOW, LEASE);
  t.same(claim.entry, {
    id,
    kind: "test",
    attempts: 1,
    createdAt: timestamp(NOW),
    expiresAt: timestamp(NOW + HOUR),
    claimedUntil: timestamp(NOW + LEASE * 1000),
  });
  t.same(JSON.parse(claim.payload), { n: 7 });
});

void t.test("an entry of a transaction that is rolled back never was", async (t) => {
  const db = await makeDatabase(t);
  await t.rejects(
    db.transaction(async (trx) => {
      await enqueue(trx, NOW, entry());
      throw new Error("rolled back");
    }),
  );
  t.same(await claimDue(db, NOW, 10, LEASE), []);
});

void t.test("claims come in order and up to the limit", async (t) => {
  const db = await makeDatabase(t);
  for (const n of [3, 1, 2]) await enqueue(db, NOW + n, entry(n));
  const claims = await claimDue(db, NOW + 10, 2, LEASE);
  t.same(
    claims.map((claim) => JSON.parse(claim.payload) as unknown),
    [{ n: 1 }, { n: 2 }],
  );
  t.equal((await claimDue(db, NOW + 10, 10, LEASE)).length, 1);
});

void t.test("a claimed entry is nobody else's until the lease ends; then it is", async (t) => {
  const db = await makeDatabase(t);
  await enqueue(db, NOW, entry());
  const dead = await claimOne(db, NOW, LEASE);
  t.same(await claimDue(db, NOW + LEASE * 1000 - 1, 1, LEASE), []);
  const heir = await claimOne(db, NOW + LEASE * 1000, LEASE);
  t.equal(heir.entry.attempts, 2);
  t.notOk(await complete(db, dead), "the former holder can do nothing to it any more");
  t.notOk(await reschedule(db, dead, NOW, "late"));
  t.notOk(await release(db, dead));
  t.notOk(await giveUp(db, dead, NOW, "late"));
  t.ok(await complete(db, heir));
  t.same(await listEntries(db, { state: "waiting", limit: 10 }), []);
});

void t.test("two handles on one database take each entry once", async (t) => {
  const url = await makeSharedDatabaseUrl(t);
  const [one, two] = [openDatabase(url), openDatabase(url)];
  t.teardown(() => Promise.all([one.destroy(), two.destroy()]).then(() => undefined));
  await migrateToLatest(one);
  await one.transaction(async (trx) => {
    for (let n = 0; n < 60; n += 1) await enqueue(trx, NOW, entry(n));
  });
  const taken: string[] = [];
  const takeAll = async (db: Knex) => {
    for (;;) {
      const claims = await claimDue(db, NOW, 4, LEASE);
      taken.push(...claims.map((claim) => claim.entry.id));
      const depth = await db("outbox").where("due_at", "<=", timestamp(NOW)).first("id");
      if (depth === undefined) return;
    }
  };
  await Promise.all([takeAll(one), takeAll(two), takeAll(one), takeAll(two)]);
  t.equal(taken.length, 60);
  t.equal(new Set(taken).size, 60);
});

void t.test("a rescheduled entry comes back at its time, with the reason", async (t) => {
  const db = await makeDatabase(t);
  await enqueue(db, NOW, entry());
  t.ok(await reschedule(db, await claimOne(db, NOW, LEASE), NOW + 5000, "500"));
  t.same(await claimDue(db, NOW + 4999, 1, LEASE), []);
  const claim = await claimOne(db, NOW + 5000);
  t.equal(claim.entry.attempts, 2);
  t.equal(claim.lastError, "500");
});

void t.test("a released entry is back in its place, the attempt not counted", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry());
  await enqueue(db, NOW + 1, entry());
  t.ok(await release(db, await claimOne(db, NOW + 10)));
  const claim = await claimOne(db, NOW + 20);
  t.equal(claim.entry.id, id);
  t.equal(claim.entry.attempts, 1);
});

void t.test("an entry that is put back comes last, the attempt not counted, with the reason", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry());
  const other = await enqueue(db, NOW + 1, entry());
  t.ok(await putBack(db, await claimOne(db, NOW + 10), NOW + 10, "401"));
  const claims = await claimDue(db, NOW + 20, 2, LEASE);
  t.match(claims, [{ entry: { id: other } }, { entry: { id, attempts: 1 }, lastError: "401" }]);
});

void t.test("an entry that was given up stays, and is not taken again", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry());
  t.ok(await giveUp(db, await claimOne(db, NOW, LEASE), NOW, "422 for ada@example.org"));
  t.same(await claimDue(db, NOW + HOUR, 1, LEASE), []);
  const [failed] = await listEntries(db, { state: "failed", limit: 10 });
  t.equal(failed?.id, id);
  t.equal(failed?.last_error, "422 for [address]");
  t.notOk(failed !== undefined && "payload" in failed);
});

void t.test("reasons are one short line without addresses", (t) => {
  t.equal(presentable("To: <ada@example.org>\r\n\u001b[31mred"), "To: <[address]> [31mred");
  t.equal(presentable("x".repeat(5000)).length, 200);
  t.end();
});

void t.test("failed entries are purged by age, a bounded number at once", async (t) => {
  const db = await makeDatabase(t);
  for (let n = 0; n < 4; n += 1) {
    await enqueue(db, NOW, entry());
    await giveUp(db, await claimOne(db, NOW, LEASE), NOW + n, "no");
  }
  await enqueue(db, NOW, entry());
  t.equal(await purgeFailed(db, NOW + 3, 2), 2);
  t.equal(await purgeFailed(db, NOW + 3, 2), 1);
  t.equal(await purgeFailed(db, NOW + 3, 2), 0);
  t.same(await queueDepth(db), { waiting: 1, failed: 1, oldestCreatedAt: timestamp(NOW) });
});

void t.test("an empty queue is zero deep", async (t) => {
  const db = await makeDatabase(t);
  t.same(await queueDepth(db), { waiting: 0, failed: 0, oldestCreatedAt: null });
});
