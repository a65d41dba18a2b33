import type { Knex } from "knex";
import t from "tap";

import { timestamp } from "../../src/db/clock.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import type { Event } from "../../src/events/event.ts";
import { postmarkMailer } from "../../src/mail/postmark.ts";
import { claimDue, enqueue, LEASE_SECONDS } from "../../src/outbox/outbox.ts";
import { OutboxWorker, type Handler, type WorkerOptions } from "../../src/outbox/worker.ts";
import { makeDatabase, makeSharedDatabaseUrl } from "../fixtures/database.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import type { Teardown } from "../fixtures/teardown.ts";
import { until } from "../fixtures/until.ts";

const START = Date.UTC(2026, 10, 23);
const MINUTE = 60_000;
const LIFE = 60 * MINUTE;

/** A worker whose time stands still until a test moves it, on a database with a queue. */
function workshop(t: Teardown, db: Knex, handler: Handler, options: Partial<WorkerOptions> = {}) {
  const events: Event[] = [];
  const time = { now: START };
  const worker = new OutboxWorker({
    db,
    clock: () => time.now,
    handlers: { test: handler },
    observe: (event) => events.push(event),
    pollMilliseconds: 10,
    ...options,
  });
  t.teardown(() => worker.close());
  const put = (n = 0, expiresAt = time.now + LIFE) =>
    enqueue(db, time.now, { kind: "test", payload: { n }, expiresAt });
  return { worker, events, time, put, types: () => events.map((event) => event.type) };
}

const sent: Handler = () => Promise.resolve({ outcome: "sent", messageId: "m" });
const rows = (db: Knex) => db("outbox").select("*").orderBy("id");
const moment = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

void t.test("a sent entry goes, and is told", async (t) => {
  const db = await makeDatabase(t);
  const seen: unknown[] = [];
  const { worker, events, put } = workshop(t, db, (payload, entry) => {
    seen.push([payload, entry]);
    return sent(payload, entry);
  });
  const id = await put(7);
  await worker.drain();
  const times = {
    createdAt: timestamp(START),
    expiresAt: timestamp(START + LIFE),
    claimedUntil: timestamp(START + LEASE_SECONDS * 1000),
  };
  t.same(seen, [[{ n: 7 }, { id, kind: "test", attempts: 1, ...times }]]);
  t.same(events, [{ type: "mail.sent", kind: "test", entry: id, attempts: 1, messageId: "m" }]);
  t.same(await rows(db), []);
});

void t.test("nobody to mail: the entry goes without a word", async (t) => {
  const db = await makeDatabase(t);
  const { worker, events, put } = workshop(t, db, () => Promise.resolve({ outcome: "nothing" }));
  await put();
  await worker.drain();
  t.same(events, []);
  t.same(await rows(db), []);
});

void t.test("started, it finds entries by itself and when woken", async (t) => {
  const db = await makeDatabase(t);
  const { worker, types, put } = workshop(t, db, sent);
  worker.start();
  await put();
  await until(() => types().length === 1);
  await put();
  for (let n = 0; n < 1000; n += 1) worker.wake();
  await until(() => types().length === 2);
  t.same(await rows(db), []);
});

void t.test("woken, it looks a moment later, not at once and not as late as the next poll", async (t) => {
  const db = await makeDatabase(t);
  const { worker, types, put } = workshop(t, db, sent, { pollMilliseconds: 60_000 });
  worker.start();
  // By then its first look has begun; one that is asked for comes after that.
  await moment(10);
  await worker.drain();
  await put();
  worker.wake();
  await moment(20);
  t.same(types(), []);
  await until(() => types().length === 1);
});

void t.test("a retry comes back later, and counts", async (t) => {
  const db = await makeDatabase(t);
  const attempts: number[] = [];
  const { worker, time, events, put } = workshop(t, db, (_payload, entry) => {
    attempts.push(entry.attempts);
    return Promise.resolve({ outcome: "retry", reason: "500 for ada@example.org" });
  });
  await put();
  await worker.drain();
  await worker.drain();
  t.same(attempts, [1]);
  const [row] = await rows(db);
  t.ok(row !== undefined && row.due_at >= timestamp(START + 1000) && row.due_at <= timestamp(START + 5000));
  t.equal(row?.last_error, "500 for [address]");
  t.match(events, [{ type: "mail.retried", attempts: 1, reason: "500 for [address]" }]);
  time.now += 6000;
  await worker.drain();
  t.same(attempts, [1, 2]);
});

void t.test("a pause that the mail service asks for is kept", async (t) => {
  const db = await makeDatabase(t);
  const { worker, put } = workshop(t, db, () =>
    Promise.resolve({ outcome: "retry", reason: "429", afterSeconds: 120 }),
  );
  await put();
  await worker.drain();
  t.ok(((await rows(db))[0]?.due_at ?? "") > timestamp(START + 120_000));
});

void t.test("tries end with the entry's life: one last shortly before, then it is given up", async (t) => {
  const db = await makeDatabase(t);
  const tries: number[] = [];
  const { worker, time, types, put } = workshop(t, db, () => {
    tries.push(time.now - START);
    return Promise.resolve({ outcome: "retry", reason: "500" });
  });
  await put(0, START + 10 * MINUTE);
  for (let n = 0; n < 11 * 60; n += 1) {
    await worker.drain();
    time.now += 1000;
  }
  t.ok(tries.length > 4 && tries.length < 60, String(tries.length));
  t.equal(tries.at(-1), 10 * MINUTE - 30_000);
  t.equal(types().at(-1), "mail.expired");
  t.match(await rows(db), [{ failed_at: String, last_error: "expired; before: 500" }]);
});

void t.test("an entry that expired while nobody worked is given up untried", async (t) => {
  const db = await makeDatabase(t);
  let calls = 0;
  const { worker, time, events, put } = workshop(t, db, (payload, entry) => {
    calls += 1;
    return sent(payload, entry);
  });
  await put();
  time.now += LIFE;
  await worker.drain();
  t.equal(calls, 0);
  t.match(events, [{ type: "mail.expired", attempts: 0, reason: "expired" }]);
});

void t.test("a refused mail is given up at once", async (t) => {
  const db = await makeDatabase(t);
  const { worker, events, put } = workshop(t, db, () => Promise.resolve({ outcome: "refused", reason: "422" }));
  await put();
  await worker.drain();
  t.match(events, [{ type: "mail.refused", attempts: 1, reason: "422" }]);
  t.match(await rows(db), [{ failed_at: timestamp(START), last_error: "422" }]);
});

void t.test("a handler that throws is tried again; the table learns only the error's name", async (t) => {
  const db = await makeDatabase(t);
  const error = new TypeError("secret of ada@example.org");
  const { worker, time, events, put } = workshop(t, db, () => Promise.reject(error));
  await put();
  await worker.drain();
  t.match(events, [{ type: "outbox.failed", attempts: 1, error }]);
  t.match(await rows(db), [{ failed_at: null, last_error: "TypeError" }]);
  time.now += 6000;
  await worker.drain();
  t.equal(events.length, 2);
});

void t.test("what handlers cannot foresee is a retry too", async (t) => {
  const db = await makeDatabase(t);
  const { worker, events, put } = workshop(t, db, () => {
    throw new Error("not even a promise");
  });
  await put();
  await enqueue(db, START, { kind: "toString", payload: {}, expiresAt: START + LIFE });
  const broken = await put();
  await db("outbox").where({ id: broken }).update({ payload: "{ada@example.org" });
  await worker.drain();
  t.same(
    events.map((event) => event.type),
    ["outbox.failed", "outbox.failed", "outbox.failed"],
  );
  t.notMatch(
    events.map((event) => (event.type === "outbox.failed" ? String(event.error) : "")).join(),
    "ada@",
    "JSON's own error would quote the payload",
  );
  t.equal((await rows(db)).filter((row) => row.failed_at === null).length, 3);
});

void t.test("no more than the bound are in hand", async (t) => {
  const db = await makeDatabase(t);
  let [inHand, most, done] = [0, 0, 0];
  const { worker, put } = workshop(
    t,
    db,
    async () => {
      inHand += 1;
      most = Math.max(most, inHand);
      await moment(5);
      inHand -= 1;
      done += 1;
      return { outcome: "sent", messageId: "m" };
    },
    { concurrency: 3 },
  );
  for (let n = 0; n < 12; n += 1) await put(n);
  worker.start();
  await until(() => done === 12);
  t.equal(most, 3);
});

void t.test("stuck ones hold up nobody: they give up their places, up to a bound", async (t) => {
  const db = await makeDatabase(t);
  let [inHand, most, done] = [0, 0, 0];
  let loosen = () => {};
  const stuck = new Promise<void>((resolve) => (loosen = resolve));
  const { worker, put } = workshop(
    t,
    db,
    async (payload) => {
      inHand += 1;
      most = Math.max(most, inHand);
      if ((payload as { n: number }).n === 0) await stuck;
      inHand -= 1;
      done += 1;
      return { outcome: "sent", messageId: "m" };
    },
    { concurrency: 2, slowMilliseconds: 20 },
  );
  for (let n = 0; n < 9; n += 1) await put(0);
  worker.start();
  await put(1);
  await until(() => done === 1);
  for (let n = 0; n < 5; n += 1) await put(0);
  await until(() => inHand === 10);
  await moment(100);
  t.equal(most, 10);
  loosen();
  await until(() => done === 15);
  await worker.close();
  t.same(await rows(db), []);
});

void t.test("close() waits for what is in hand, slow or not", async (t) => {
  const db = await makeDatabase(t);
  let hasBegun = false;
  const { worker, types, put } = workshop(
    t,
    db,
    async (payload, entry) => {
      hasBegun = true;
      await moment(60);
      return sent(payload, entry);
    },
    { slowMilliseconds: 10 },
  );
  await put();
  const draining = worker.drain();
  await until(() => hasBegun);
  await worker.close();
  t.same(types(), ["mail.sent"]);
  await draining;
});

void t.test("a handler that never ends loses its entry before the lease does", async (t) => {
  const db = await makeDatabase(t);
  const { worker, events, put } = workshop(t, db, () => new Promise(() => {}), { leaseSeconds: 0.3 });
  await put();
  await worker.drain();
  t.match(events, [{ type: "outbox.failed", error: { name: "HandlerTimeout" } }]);
  t.match(await rows(db), [{ failed_at: null, last_error: "HandlerTimeout" }]);
});

void t.test("closed, it takes nothing new", async (t) => {
  const db = await makeDatabase(t);
  const { worker, types, put } = workshop(t, db, sent);
  worker.start();
  await worker.close();
  await put();
  worker.wake();
  await worker.drain();
  await moment(50);
  t.same(types(), []);
  await worker.close();
});

void t.test("what was claimed but not begun when it closes goes back untouched", async (t) => {
  const db = await makeDatabase(t);
  const { worker, put } = workshop(t, db, sent);
  await put();
  const draining = worker.drain();
  await worker.close();
  await draining;
  const left = await rows(db);
  t.ok(left.length === 0 || (left[0]?.attempts === 0 && left[0].due_at === timestamp(START)));
});

void t.test("paused: nothing is taken for a while that grows, no attempt is held against an entry", async (t) => {
  const db = await makeDatabase(t);
  let calls = 0;
  let isPaused = true;
  const { worker, time, events, put } = workshop(t, db, (payload, entry) => {
    calls += 1;
    return isPaused ? Promise.resolve({ outcome: "paused", reason: "401" }) : sent(payload, entry);
  });
  for (let n = 0; n < 7; n += 1) await put(n);
  await worker.drain();
  t.equal(calls, 5, "those in hand learn of it together");
  t.match(events, [{ type: "mail.paused", reason: "401", inSeconds: 30 }]);
  t.equal(events.length, 1, "and it counts once");
  t.ok((await rows(db)).every((row) => row.attempts === 0 && row.due_at === timestamp(START)));
  t.equal((await rows(db)).filter((row) => row.last_error === "401").length, 5);

  time.now += 29_000;
  await worker.drain();
  t.equal(calls, 5);
  time.now += 1000;
  await worker.drain();
  t.equal(calls, 6, "one entry tries whether mail goes out again");
  t.match(events.at(-1), { type: "mail.paused", inSeconds: 60 });

  isPaused = false;
  time.now += 60_000;
  await worker.drain();
  t.equal(events.filter((event) => event.type === "mail.sent").length, 7);
  t.equal(events.filter((event) => event.type === "mail.resumed").length, 1);
  t.same(await rows(db), []);
});

void t.test("after a pause another entry tries, and the one that alone cannot be sent is put off alone", async (t) => {
  const db = await makeDatabase(t);
  const tried: number[] = [];
  const { worker, time, events, put } = workshop(
    t,
    db,
    (payload, entry) => {
      const { n } = payload as { n: number };
      tried.push(n);
      return n === 0 ? Promise.resolve({ outcome: "paused", reason: "403" }) : sent(payload, entry);
    },
    { concurrency: 1 },
  );
  for (let n = 0; n < 4; n += 1) {
    await put(n);
    time.now += 1;
  }
  await worker.drain();
  t.same(tried, [0]);
  time.now += 30_000;
  await worker.drain();
  t.same(tried, [0, 1, 2, 3, 0]);
  t.same(
    events.map((event) => event.type),
    ["mail.paused", "mail.sent", "mail.resumed", "mail.sent", "mail.sent", "mail.retried"],
  );
  await put(4);
  await worker.drain();
  t.equal(tried.at(-1), 4, "nobody waits for it");
});

void t.test("one mail that shall be sent later is put off alone; three in a row, and all rest a while", async (t) => {
  const db = await makeDatabase(t);
  let busy = 1;
  const { worker, time, put, types } = workshop(t, db, (payload, entry) => {
    busy -= 1;
    return busy >= 0 ? Promise.resolve({ outcome: "retry", reason: "429", afterSeconds: 600 }) : sent(payload, entry);
  });
  for (let n = 0; n < 3; n += 1) await put(n);
  await worker.drain();
  t.same(types().sort(), ["mail.retried", "mail.sent", "mail.sent"]);
  busy = 5;
  for (let n = 0; n < 8; n += 1) await put(n);
  await worker.drain();
  t.equal(types().length, 8, "the five in hand learned of it");
  time.now += 59_000;
  await worker.drain();
  t.equal(types().length, 8);
  time.now += 1000;
  await worker.drain();
  t.equal(types().filter((type) => type === "mail.sent").length, 5, "the other three");
});

void t.test("a clock that is set back makes no pause longer", async (t) => {
  const db = await makeDatabase(t);
  let isPaused = true;
  const { worker, time, put, types } = workshop(t, db, (payload, entry) =>
    isPaused ? Promise.resolve({ outcome: "paused", reason: "401" }) : sent(payload, entry),
  );
  time.now += 24 * 60 * MINUTE;
  await put();
  await worker.drain();
  time.now -= 24 * 60 * MINUTE;
  isPaused = false;
  await put();
  await worker.drain();
  t.same(types(), ["mail.paused", "mail.sent", "mail.resumed"]);
});

void t.test("a database out of reach is told, and tried again", async (t) => {
  const db = await makeDatabase(t);
  const { worker, time, events, put, types } = workshop(t, db, sent);
  await put();
  await db.schema.renameTable("outbox", "elsewhere");
  worker.start();
  await until(() => events.length > 0);
  t.match(events, [{ type: "outbox.unreachable", inSeconds: 1 }]);
  time.now += 1000;
  await until(() => events.length > 1);
  t.match(events[1], { type: "outbox.unreachable", inSeconds: 2 });
  await db.schema.renameTable("elsewhere", "outbox");
  time.now += 2000;
  await until(() => types().includes("mail.sent"));
});

void t.test("a sent mail is crossed out even if the database is away for a moment", async (t) => {
  const db = await makeDatabase(t);
  const { worker, events, put } = workshop(t, db, async (payload, entry) => {
    await db.schema.renameTable("outbox", "elsewhere");
    setTimeout(() => void db.schema.renameTable("elsewhere", "outbox").then(), 100);
    return sent(payload, entry);
  });
  await put();
  await worker.drain();
  t.same(
    events.map((event) => event.type),
    ["mail.sent", "outbox.unreachable"],
  );
  t.same(await rows(db), []);
});

void t.test("a mail that the database could not be told of goes out once all the same", async (t) => {
  const db = await makeDatabase(t);
  let mails = 0;
  const handler: Handler = async (payload, entry) => {
    mails += 1;
    await db.schema.renameTable("outbox", "elsewhere");
    return sent(payload, entry);
  };
  const { worker, time, put, types } = workshop(t, db, handler, { leaseSeconds: 0.3 });
  await put();
  await worker.drain();
  t.same([...new Set(types())], ["mail.sent", "outbox.unreachable"]);
  await db.schema.renameTable("elsewhere", "outbox");
  time.now += 60_000;
  await worker.drain();
  t.equal(mails, 1);
  t.same(await rows(db), []);
});

void t.test("at the start the operator learns of what failed and of what has waited for long", async (t) => {
  const db = await makeDatabase(t);
  const first = workshop(t, db, () => Promise.resolve({ outcome: "refused", reason: "422" }));
  await first.put();
  await first.worker.drain();
  const again = workshop(t, db, sent);
  again.worker.start();
  await until(() => again.events.length > 0);
  t.same(again.events, [{ type: "outbox.backlog", waiting: 0, failed: 1, oldestSeconds: 0 }]);
});

void t.test("an observer that throws stops nothing", async (t) => {
  const db = await makeDatabase(t);
  const { worker, put } = workshop(t, db, sent, {
    observe: () => {
      throw new Error("log is full");
    },
  });
  await put();
  await worker.drain();
  t.same(await rows(db), []);
});

void t.test("entries given up a month ago are forgotten", async (t) => {
  const db = await makeDatabase(t);
  const { worker, time, put } = workshop(t, db, () => Promise.resolve({ outcome: "refused", reason: "no" }));
  await put();
  await worker.drain();
  time.now += 29 * 24 * 60 * MINUTE;
  await worker.drain();
  t.equal((await rows(db)).length, 1);
  time.now += 2 * 24 * 60 * MINUTE;
  await worker.drain();
  t.equal((await rows(db)).length, 0);
});

void t.test("two workers on one database mail each entry once", async (t) => {
  const url = await makeSharedDatabaseUrl(t);
  const mailed: unknown[] = [];
  const handler: Handler = async (payload, entry) => {
    mailed.push(payload);
    await moment(20);
    return sent(payload, entry);
  };
  const shops = [openDatabase(url), openDatabase(url)].map((db) => ({ db, ...workshop(t, db, handler) }));
  const [one, two] = shops;
  if (one === undefined || two === undefined) throw new Error("two were made");
  t.teardown(async () => {
    await Promise.all(shops.map(({ worker }) => worker.close()));
    await Promise.all(shops.map(({ db }) => db.destroy()));
  });
  await migrateToLatest(one.db);
  await one.db.transaction(async (trx) => {
    for (let n = 0; n < 50; n += 1) {
      await enqueue(trx, START, { kind: "test", payload: { n }, expiresAt: START + LIFE });
    }
  });
  for (const { worker } of shops) worker.start();
  await until(() => one.events.length + two.events.length === 50);
  await Promise.all(shops.map(({ worker }) => worker.close()));
  t.equal(mailed.length, 50);
  t.equal(new Set(mailed.map((payload) => JSON.stringify(payload))).size, 50);
  t.ok(one.events.length > 0 && two.events.length > 0, "both took part");
  t.same(await rows(one.db), []);
});

void t.test("a worker that died with a claim is succeeded when the lease ends", async (t) => {
  const db = await makeDatabase(t);
  const { worker, time, events, put } = workshop(t, db, sent);
  await put();
  await claimDue(db, START, 1, LEASE_SECONDS);
  await worker.drain();
  t.same(events, []);
  time.now += LEASE_SECONDS * 1000;
  await worker.drain();
  t.match(events, [{ type: "mail.sent", attempts: 2 }]);
});

void t.test("an outage of Postmark: hang, drop, 500, 429; then the mail goes out, once", async (t) => {
  const db = await makeDatabase(t);
  const postmark = await PostmarkStandIn.start(t);
  postmark.answers.push("hang", "drop", { status: 500, errorCode: 101 }, { status: 429, errorCode: 0 });
  const mailer = postmarkMailer({
    token: "token",
    apiUrl: postmark.url,
    stream: "outbound",
    from: "no-reply@example.com",
    timeoutSeconds: 0.2,
  });
  const { worker, time, types, put } = workshop(t, db, (_payload, entry) =>
    mailer.send({ to: "ada@example.org", subject: "s", text: "t", html: "h", tag: "reset", reference: entry.id }),
  );
  const id = await put();
  for (let n = 0; n < 120 && types().at(-1) !== "mail.sent"; n += 1) {
    await worker.drain();
    time.now += 1000;
  }
  t.same(types(), ["mail.retried", "mail.retried", "mail.retried", "mail.retried", "mail.sent"]);
  t.equal(postmark.requests.length, 5);
  t.same(postmark.requests.at(-1)?.body.Metadata, { reference: id });
  t.same(await rows(db), []);
});
