import t from "tap";

import { tidy } from "../../src/housekeeping.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { refuseWrites } from "../fixtures/dialect.ts";
import { makeUser } from "../fixtures/people.ts";
import {
  bounce,
  complaint,
  HOOKED,
  keptLog,
  post,
  reactivation,
  statusOf,
  subscriptionChange,
} from "../fixtures/postmark-events.ts";

const DAY = 24 * 60 * 60 * 1000;
const events = async ({ db }: TestApp) => (await db("webhook_events").select("key")).length;

void t.test("the same event again changes nothing, and is told once", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  const { email } = await makeUser(server);
  const [hard, soft] = [bounce(email), bounce(email, { Type: "SoftBounce", Inactive: false })];
  for (let times = 0; times < 3; times += 1) {
    t.equal((await post(server, hard)).status, 200);
    t.equal((await post(server, soft)).status, 200);
  }
  t.equal(log.named("mail.undeliverable").length, 1);
  t.equal(log.named("mail.bounced").length, 1);
  t.equal(await events(server), 2);
});

void t.test("of many at once one acts", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  const { email } = await makeUser(server);
  const event = bounce(email);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(server, event)));
  t.ok(answers.every(({ status }) => status === 200));
  t.equal(log.named("mail.undeliverable").length, 1);
  t.equal(log.named("mail.bounced").length, 0);
  t.equal(await events(server), 1);
});

void t.test("events that differ in one thing alone are two", async (t) => {
  const server = await makeApp(t, HOOKED);
  const first = bounce("nobody@example.org", { ID: 1, Inactive: false });
  const others = [
    { ...first, ID: 2 },
    { ...first, MessageID: "2706ee8a-737c-4285-b032-ccd317af53ed" },
    { ...first, BouncedAt: "2026-01-31T12:00:00.9070260Z" },
    { ...first, Email: "nobody-else@example.org" },
    { ...first, ServerID: 24 },
    { ...first, RecordType: "SpamComplaint" },
    { ...first, Inactive: true },
  ];
  for (const event of [first, ...others]) await post(server, event);
  t.equal(await events(server), 1 + others.length);
  await post(server, { ...first, Details: "told in other words", Metadata: {} });
  t.equal(await events(server), 1 + others.length);
});

void t.test("IDs of 64 bits that JavaScript cannot tell apart, and none at all: no event is lost", async (t) => {
  const server = await makeApp(t, HOOKED);
  const people = [await makeUser(server), await makeUser(server), await makeUser(server), await makeUser(server)];
  const [ada, bob, eve, dan] = people.map(({ email }) => email) as [string, string, string, string];
  for (const [email, id] of [
    [ada, "4323372036854775806"],
    [bob, "4323372036854775807"],
  ] as const) {
    const { ID, ...rest } = bounce(email);
    t.ok(ID);
    await post(server, JSON.stringify(rest).replace("{", `{"ID":${id},`));
  }
  for (const email of [eve, dan]) await post(server, subscriptionChange(email, { MessageID: null }));
  for (const email of [ada, bob, eve, dan]) t.equal((await statusOf(server, email))[0], "HardBounce", email);
});

void t.test("a crash in between: neither the event nor the mark is there, and the next try does both", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { email } = await makeUser(server);
  const event = bounce(email);
  const goOn = await refuseWrites(server.db, "users", "update of mail_status");
  t.equal((await post(server, event)).status, 500);
  t.equal(await events(server), 0);
  t.same(await statusOf(server, email), [null, null]);
  await goOn();
  t.equal((await post(server, event)).status, 200);
  t.equal((await statusOf(server, email))[0], "HardBounce");
});

void t.test("in whatever order they come, the newest one counts", async (t) => {
  const server = await makeApp(t, HOOKED);
  const at = (minute: number) => `2026-01-31T12:0${String(minute)}:00.5000000Z`;
  const story = (email: string) => [
    bounce(email, { BouncedAt: at(1) }),
    reactivation(email, at(2)),
    complaint(email, { BouncedAt: at(3) }),
  ];
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const { email } = await makeUser(server);
    for (const index of order) await post(server, story(email)[index]);
    t.same(await statusOf(server, email), ["SpamComplaint", "2026-01-31T12:03:00.500Z"], order.join());
  }
});

void t.test("a bounce that comes late marks nobody who was reactivated since, marked before or not", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { email } = await makeUser(server);
  await post(server, reactivation(email, "2026-02-01T12:00:00Z"));
  await post(server, bounce(email, { BouncedAt: "2026-01-31T12:00:00Z" }));
  t.same(await statusOf(server, email), [null, "2026-02-01T12:00:00.000Z"]);
  await post(server, bounce(email, { BouncedAt: "2026-02-02T12:00:00Z" }));
  t.same(await statusOf(server, email), ["HardBounce", "2026-02-02T12:00:00.000Z"]);
});

void t.test("of two in the same moment the one that says dead counts, in either order", async (t) => {
  const server = await makeApp(t, HOOKED);
  const at = "2026-01-31T12:00:00Z";
  const [ada, bob] = [await makeUser(server), await makeUser(server)];
  await post(server, bounce(ada.email, { BouncedAt: at }));
  await post(server, reactivation(ada.email, at));
  await post(server, reactivation(bob.email, at));
  await post(server, bounce(bob.email, { BouncedAt: at }));
  for (const { email } of [ada, bob]) t.equal((await statusOf(server, email))[0], "HardBounce");
});

void t.test("times: offsets, seven digits, none, the distant past", async (t) => {
  const server = await makeApp(t, HOOKED);
  for (const [sent, stored] of [
    ["2014-08-01T13:28:10.2735393-04:00", "2014-08-01T17:28:10.273Z"],
    ["2026-01-31T12:00:00+05:30", "2026-01-31T06:30:00.000Z"],
    ["2026-01-31T12:00:00.5", "2026-01-31T12:00:00.500Z"],
    ["2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"],
    ["0000-01-01T00:00:00+23:59", "1970-01-01T00:00:00.000Z"],
  ] as const) {
    const { email } = await makeUser(server);
    t.equal((await post(server, bounce(email, { BouncedAt: sent }))).status, 200, sent);
    t.same(await statusOf(server, email), ["HardBounce", stored], sent);
  }
});

void t.test("a time that is yet to come is now: it silences nothing that comes after", async (t) => {
  let now = Date.UTC(2026, 0, 31, 12);
  const server = await makeApp(t, HOOKED, { clock: () => now });
  const { email } = await makeUser(server);
  await post(server, bounce(email, { BouncedAt: "9999-12-31T23:59:59Z" }));
  t.same(await statusOf(server, email), ["HardBounce", "2026-01-31T12:00:00.000Z"]);
  now += DAY;
  await post(server, reactivation(email, "2026-01-31T18:00:00Z"));
  t.equal((await statusOf(server, email))[0], null);
});

void t.test("an event is known again for thirty days; then its memory goes, and the mark stays", async (t) => {
  let now = Date.UTC(2026, 0, 31, 12);
  const server = await makeApp(t, HOOKED, { clock: () => now });
  const { email } = await makeUser(server);
  await post(server, bounce(email, { BouncedAt: "2026-01-31T11:00:00Z" }));
  const sweep = () =>
    tidy({
      db: server.db,
      clock: () => now,
      observe: ({ type }) => t.fail(type),
      quotaSeconds: 3600,
      auditSeconds: 1000 * 24 * 3600,
    });
  now += 30 * DAY;
  await sweep();
  t.equal(await events(server), 1);
  now += 1;
  await sweep();
  t.equal(await events(server), 0);
  t.equal((await statusOf(server, email))[0], "HardBounce");
});
