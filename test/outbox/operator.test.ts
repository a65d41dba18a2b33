import type { Knex } from "knex";
import t from "tap";

import { timestamp } from "../../src/db/clock.ts";
import { dropEntry, listEntries, retryEntry } from "../../src/outbox/operator.ts";
import { claimDue, enqueue, giveUp, LEASE_SECONDS, reschedule, type Claim } from "../../src/outbox/outbox.ts";
import { makeDatabase } from "../fixtures/database.ts";

const NOW = Date.UTC(2026, 10, 23);
const HOUR = 3_600_000;

const entry = () => ({ kind: "test", payload: {}, expiresAt: NOW + HOUR });

async function claimOne(db: Knex, now = NOW): Promise<Claim> {
  const [claim] = await claimDue(db, now, 1, LEASE_SECONDS);
  if (claim === undefined) throw new Error("nothing was due");
  return claim;
}

void t.test("a failed entry gets a fresh start, with a new life", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry());
  await giveUp(db, await claimOne(db), NOW, "expired");
  const later = NOW + 10 * HOUR;
  t.equal(await retryEntry(db, id, later, 60), "restarted");
  const claim = await claimOne(db, later);
  t.equal(claim.entry.attempts, 1);
  t.equal(claim.entry.expiresAt, timestamp(later + 60_000));
  t.equal(claim.lastError, null);
});

void t.test("one that waits for its next try has it now, and one in a worker's hands is left alone", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry());
  const claim = await claimOne(db);
  t.equal(await retryEntry(db, id, NOW), "due", "in hand");
  t.same(await claimDue(db, NOW, 1, LEASE_SECONDS), [], "and still so");
  await reschedule(db, claim, NOW + LEASE_SECONDS * 1000, "500");
  t.equal(await retryEntry(db, id, NOW), "due", "it might be in hand, for all that the table says");
  await reschedule(db, await claimOne(db, NOW + LEASE_SECONDS * 1000), NOW + HOUR / 2, "500");
  const later = NOW + LEASE_SECONDS * 1000 + 1000;
  t.equal(await retryEntry(db, id, later), "hurried");
  t.match(await claimOne(db, later), { entry: { id, attempts: 3 }, lastError: "500" });
});

void t.test("an entry that is not there is unknown", async (t) => {
  const db = await makeDatabase(t);
  t.equal(await retryEntry(db, "unknown", NOW), "unknown");
  t.equal(await dropEntry(db, "unknown"), false);
});

void t.test("an entry is dropped", async (t) => {
  const db = await makeDatabase(t);
  const id = await enqueue(db, NOW, entry());
  t.ok(await dropEntry(db, id));
  t.notOk(await dropEntry(db, id));
});

void t.test("entries are listed page by page, of one state or of any", async (t) => {
  const db = await makeDatabase(t);
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.push(await enqueue(db, NOW, entry()));
  await giveUp(db, await claimOne(db), NOW, "422");
  const idsOf = async (options: Parameters<typeof listEntries>[1]) =>
    (await listEntries(db, options)).map((row) => row.id);
  t.same(await idsOf({ limit: 2 }), ids.slice(0, 2));
  t.same(await idsOf({ limit: 2, after: ids[1] }), ids.slice(2));
  t.same(await idsOf({ state: "failed", limit: 9 }), ids.slice(0, 1));
  t.same(await idsOf({ state: "waiting", limit: 9 }), ids.slice(1));
});
