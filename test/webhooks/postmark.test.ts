import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";
import {
  bounce,
  complaint,
  delivery,
  HOOKED,
  keptLog,
  post,
  reactivation,
  statusOf,
  subscriptionChange,
} from "../fixtures/postmark-events.ts";

const AT = "2026-01-31T12:00:00.907Z";

const MARKS: Readonly<Record<string, [document: (email: string) => object, status: string]>> = {
  "a hard bounce": [(email) => bounce(email), "HardBounce"],
  "a soft bounce that was the one too many": [
    (email) => bounce(email, { Type: "SoftBounce", TypeCode: 4096, Inactive: true }),
    "SoftBounce",
  ],
  "an address that is none": [
    (email) => bounce(email, { Type: "BadEmailAddress", TypeCode: 100000, Inactive: true }),
    "BadEmailAddress",
  ],
  "a type that we do not know": [(email) => bounce(email, { Type: "NewInPostmark" }), "NewInPostmark"],
  "a type that is no word": [(email) => bounce(email, { Type: "<b>\u001b[31m" }), "Unknown"],
  "no type": [(email) => bounce(email, { Type: null }), "Unknown"],
  "a spam complaint": [(email) => complaint(email), "SpamComplaint"],
  "a spam complaint that left the address active": [(email) => complaint(email, { Inactive: false }), "SpamComplaint"],
  "a subscription change, by the recipient": [
    (email) => subscriptionChange(email, { ChangedAt: AT, SuppressionReason: "ManualSuppression" }),
    "ManualSuppression",
  ],
  "a subscription change, by the operator": [
    (email) =>
      subscriptionChange(email, {
        ChangedAt: AT,
        MessageID: null,
        Origin: "Admin",
        SuppressionReason: "ManualSuppression",
        Tag: null,
        Metadata: {},
      }),
    "ManualSuppression",
  ],
  "the webhook of an old server, which names no stream": [
    (email) => ({ ...bounce(email), MessageStream: undefined }),
    "HardBounce",
  ],
  "a document with the mail that came back": [
    (email) => bounce(email, { Content: "Received: by mail\r\n".repeat(40_000) }),
    "HardBounce",
  ],
};

void t.test("marks the address, and no other", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  const other = await makeUser(server);
  for (const [name, [document, status]] of Object.entries(MARKS)) {
    await t.test(name, async (t) => {
      const person = await makeUser(server);
      const answer = await post(server, document(person.email));
      t.equal(answer.status, 200);
      t.same(answer.body, { message: "Thank you" });
      t.equal(answer.headers["content-type"], "application/json; charset=utf-8");
      t.equal(answer.headers["cache-control"], "no-store");
      t.same(await statusOf(server, person.email), [status, AT]);
      t.match(log.named("mail.undeliverable").at(-1), { level: 40, status, user: person.id });
    });
  }
  t.same(await statusOf(server, other.email), [null, null]);
  t.equal(log.named("mail.undeliverable").length, Object.keys(MARKS).length);
  t.notMatch(log.lines.join(), "@example.org");
});

const IGNORED: Readonly<Record<string, (email: string) => object>> = {
  "a soft bounce that leaves the address active": (email) =>
    bounce(email, { Type: "SoftBounce", TypeCode: 4096, Name: "Soft bounce", Inactive: false }),
  "a hard bounce that leaves it active": (email) => bounce(email, { Inactive: false }),
  "a bounce of another stream": (email) => bounce(email, { MessageStream: "broadcast" }),
  "a complaint about another stream": (email) => complaint(email, { MessageStream: "Outbound" }),
  "a document of another stream that is malformed": () => ({ RecordType: "Bounce", MessageStream: "broadcast" }),
  "a delivery": (email) => delivery(email, AT),
  "an open": (email) => ({ RecordType: "Open", FirstOpen: true, Recipient: email, ReceivedAt: AT }),
  "a click": (email) => ({ RecordType: "Click", ClickLocation: "HTML", Recipient: email, ReceivedAt: AT }),
  "an event that is new in Postmark": (email) => ({ ...bounce(email), RecordType: "Teleport" }),
  "a name that objects have": (email) => ({ ...bounce(email), RecordType: "constructor" }),
  "an address that nobody has": () => bounce("nobody@example.org"),
  "an address that cannot be": () => bounce("a\0b"),
  "an address that is empty": () => bounce(""),
  "a list of addresses": (email) => bounce(`${email}, ${email}`),
  "a name and an address": (email) => bounce(`Ada <${email}>`),
};

void t.test("is taken, and marks nobody", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { email } = await makeUser(server);
  for (const [name, document] of Object.entries(IGNORED)) {
    await t.test(name, async (t) => {
      const answer = await post(server, document(email));
      t.equal(answer.status, 200);
      t.same(answer.body, { message: "Thank you" }, "the answer is that of an event which marks");
      t.same(await statusOf(server, email), [null, null]);
    });
  }
});

void t.test("what marks nobody is counted, each for its reason", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  const { email } = await makeUser(server);
  await post(server, bounce(email, { Type: "SoftBounce", Inactive: false }));
  await post(server, bounce("nobody@example.org"));
  await post(server, bounce(email));
  await post(server, subscriptionChange(email));
  await post(server, bounce(email, { BouncedAt: "2025-01-31T12:00:00Z" }));
  await post(server, delivery(email, AT));
  await post(server, bounce(email, { MessageStream: "broadcast" }));
  const reasons = (message: string) => log.named(message).map(({ reason, status }) => [reason, status]);
  t.same(reasons("mail.bounced"), [
    ["active", "SoftBounce"],
    ["nobody", "HardBounce"],
    ["known", "HardBounce"],
    ["outdated", "HardBounce"],
  ]);
  t.same(reasons("webhook.ignored"), [
    ["record type", undefined],
    ["other stream", undefined],
  ]);
  t.equal(log.named("mail.undeliverable").length, 1, "a bounce and the subscription change that follows it are one");
});

void t.test("our stream is the one that is configured", async (t) => {
  const server = await makeApp(t, { ...HOOKED, POSTMARK_MESSAGE_STREAM: "account" });
  const [ada, bob] = [await makeUser(server), await makeUser(server)];
  await post(server, bounce(ada.email, { MessageStream: "account" }));
  await post(server, bounce(bob.email, { MessageStream: "outbound" }));
  t.equal((await statusOf(server, ada.email))[0], "HardBounce");
  t.equal((await statusOf(server, bob.email))[0], null);
});

void t.test("an address is found in another case, and with its domain in ASCII", async (t) => {
  const server = await makeApp(t, HOOKED);
  await makeUser(server, { email: "Ada.Lovelace@Example.ORG" });
  await makeUser(server, { email: "grüße@bücher.example" });
  await makeUser(server, { email: "post@BÜCHER.example" });
  await post(server, bounce("ADA.LOVELACE@example.org"));
  await post(server, bounce("Post@xn--bcher-kva.EXAMPLE"));
  t.equal((await statusOf(server, "ada.lovelace@example.org"))[0], "HardBounce");
  t.equal((await statusOf(server, "post@xn--bcher-kva.example"))[0], "HardBounce");
  t.equal((await statusOf(server, "grüße@xn--bcher-kva.example"))[0], null);
});

const email = "ada@example.org";
const without = (document: Readonly<Record<string, unknown>>, name: string) =>
  Object.fromEntries(Object.entries(document).filter(([key]) => key !== name));

const UNREADABLE: Readonly<Record<string, [document: unknown, faults: string[]]>> = {
  "an array": [[bounce(email)], ["body must be an object"]],
  null: [null, ["body must be an object"]],
  "a text": ['"Bounce"', ["body must be an object"]],
  "nothing in it": [{}, ["RecordType is missing"]],
  "a record type that is no text": [bounce(email, { RecordType: ["Bounce"] }), ["RecordType must be a string"]],
  "a stream that is no text": [bounce(email, { MessageStream: 5 }), ["MessageStream must be a string"]],
  "no address": [without(bounce(email), "Email"), ["Email is missing"]],
  "an address of null": [bounce(email, { Email: null }), ["Email must be a string"]],
  "a list of addresses": [bounce(email, { Email: [email] }), ["Email must be a string"]],
  "an address that is an object": [complaint(email, { Email: { email } }), ["Email must be a string"]],
  "no word on whether it is active": [without(bounce(email), "Inactive"), ["Inactive is missing"]],
  "a word that is no boolean": [bounce(email, { Inactive: "true" }), ["Inactive must be a boolean"]],
  "a number for a boolean": [subscriptionChange(email, { SuppressSending: 1 }), ["SuppressSending must be a boolean"]],
  "no time": [without(complaint(email), "BouncedAt"), ["BouncedAt is missing"]],
  "a time that is a number": [bounce(email, { BouncedAt: 1769860800 }), ["BouncedAt must be a string"]],
  "a time that is none": [bounce(email, { BouncedAt: "yesterday" }), ["BouncedAt must be a point in time"]],
  "a time that there is not": [
    bounce(email, { BouncedAt: "2026-13-31T12:00:00Z" }),
    ["BouncedAt must be a point in time"],
  ],
  "a day without a time": [
    subscriptionChange(email, { ChangedAt: "2026-01-31" }),
    ["ChangedAt must be a point in time"],
  ],
  "all of it wrong": [
    { RecordType: "SubscriptionChange", Recipient: 1, ChangedAt: "" },
    ["Recipient must be a string", "SuppressSending is missing", "ChangedAt must be a point in time"],
  ],
};

void t.test("is refused with 422, so that it comes again, and told in the log", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  await makeUser(server, { email });
  for (const [name, [document, faults]] of Object.entries(UNREADABLE)) {
    await t.test(name, async (t) => {
      const answer = await post(server, document);
      t.equal(answer.status, 422);
      t.equal(answer.headers["content-type"], "application/json");
      t.same(
        answer.body.errors.map(({ detail }: { detail: string }) => detail.replace(/ such as .*/, "")),
        faults,
      );
      const told = log.named("webhook.refused").at(-1);
      t.match(told, { level: 40, status: 422 });
      for (const fault of faults) t.match(told?.["reason"], fault);
    });
  }
  t.equal(log.named("webhook.refused").length, Object.keys(UNREADABLE).length);
  t.notMatch(log.lines.join(), email);
  t.same(await statusOf(server, email), [null, null]);
  t.equal(await server.db("webhook_events").first(), undefined, "the next try is not taken for a repetition");
});

void t.test("a body that is no JSON, too large, of another type, or none: refused, and told in the log", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  t.equal((await post(server, "{")).status, 400);
  t.equal((await post(server, "")).status, 400);
  t.equal((await post(server, bounce(email, { Content: "x".repeat(1_100_000) }))).status, 413);
  t.equal((await post(server, '{"RecordType":"Bounce","RecordType":"Open"}')).status, 400);
  t.same(
    log.named("webhook.refused").map(({ status }) => status),
    [400, 400, 413, 400],
  );
});

void t.test("a reactivation takes the mark away, and is told", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, HOOKED, { logger: log.logger });
  const person = await makeUser(server);
  await post(server, bounce(person.email));
  await post(server, reactivation(person.email, "2026-02-01T10:53:34.416071Z"));
  t.same(await statusOf(server, person.email), [null, "2026-02-01T10:53:34.416Z"]);
  t.match(log.named("mail.reactivated"), [{ level: 30, user: person.id }]);
  await post(server, reactivation("nobody@example.org", AT));
  t.equal(log.named("mail.reactivated").length, 1);
});

void t.test("a delivery takes no mark away: the mail may have been under way before the complaint", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { email } = await makeUser(server);
  await post(server, complaint(email));
  await post(server, delivery(email, "2026-01-31T12:00:02Z"));
  t.equal((await statusOf(server, email))[0], "SpamComplaint");
});

void t.test("a change of the address takes the mark away; of its case alone, not", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { token } = await makeAdmin(server);
  const person = await makeUser(server);
  const move = (to: string) =>
    server.ask("PATCH", `/v1/users/${person.id}`, {
      token,
      body: { data: { type: "users", id: person.id, attributes: { email: to } } },
    });
  await post(server, bounce(person.email));
  t.equal((await move(person.email.toUpperCase())).status, 200);
  t.same(await statusOf(server, person.email), ["HardBounce", AT]);
  t.match((await move("elsewhere@example.org")).body.data.attributes, { mailStatus: null, mailStatusAt: null });
  t.same(await statusOf(server, "elsewhere@example.org"), [null, null]);
  await post(server, bounce(person.email));
  t.same(await statusOf(server, "elsewhere@example.org"), [null, null], "a late word about the old address");
});
