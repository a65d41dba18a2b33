import t, { type Test } from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeUser } from "../fixtures/people.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import { bounce, HOOKED, keptLog, post, reactivation, statusOf } from "../fixtures/postmark-events.ts";

const INACTIVE = {
  status: 422,
  errorCode: 406,
  message:
    "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: ada@example.org.",
};

async function world(t: Test) {
  const standIn = await PostmarkStandIn.start(t);
  const log = keptLog();
  const clock = { now: Date.UTC(2026, 1, 15, 12) };
  const server = await makeApp(
    t,
    { ...HOOKED, POSTMARK_SERVER_TOKEN: "a-server-token", POSTMARK_API_URL: standIn.url },
    { logger: log.logger, clock: () => clock.now },
  );
  return { standIn, log, clock, server, person: await makeUser(server, { email: "ada@example.org" }) };
}

async function forget(server: TestApp, email: string): Promise<void> {
  const { status } = await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });
  if (status !== 200) throw new Error(String(status));
  await server.worker.drain();
}

void t.test("a mail that is refused since its recipient is inactive marks the address", async (t) => {
  const { standIn, log, server, person } = await world(t);
  standIn.otherwise = INACTIVE;
  await forget(server, "ADA@example.org");
  t.same(await statusOf(server, person.email), ["InactiveRecipient", "2026-02-15T12:00:00.000Z"]);
  t.match(log.named("mail.undeliverable"), [{ level: 40, status: "InactiveRecipient", user: person.id }]);
  t.equal(log.named("mail.refused").length, 1);
  t.notMatch(log.lines.join(), "ada@example.org");

  await forget(server, person.email);
  t.equal(standIn.requests.length, 2, "it is tried the next time");
  t.equal(log.named("mail.undeliverable").length, 1, "and told once");
});

void t.test("a mail that is refused for another reason marks nobody", async (t) => {
  const { standIn, server, person } = await world(t);
  standIn.otherwise = { status: 422, errorCode: 300, message: "Invalid 'To' address" };
  await forget(server, person.email);
  t.equal(standIn.requests.length, 1);
  t.same(await statusOf(server, person.email), [null, null]);
});

void t.test("a reason that the mail service gave says more, and stays", async (t) => {
  const { standIn, server, person } = await world(t);
  await post(server, bounce(person.email));
  standIn.otherwise = INACTIVE;
  await forget(server, person.email);
  t.same(await statusOf(server, person.email), ["HardBounce", "2026-01-31T12:00:00.907Z"]);
});

void t.test("a refusal after a reactivation marks it again; a reactivation after that takes it away", async (t) => {
  const { standIn, clock, server, person } = await world(t);
  await post(server, bounce(person.email));
  await post(server, reactivation(person.email, "2026-02-01T12:00:00Z"));
  standIn.otherwise = INACTIVE;
  await forget(server, person.email);
  t.equal((await statusOf(server, person.email))[0], "InactiveRecipient");
  clock.now += 2 * 24 * 3600 * 1000;
  await post(server, reactivation(person.email, "2026-02-16T12:00:00Z"));
  t.equal((await statusOf(server, person.email))[0], null);
});

void t.test("a notice that an address refuses which its account has left marks nobody", async (t) => {
  const { standIn, log, server, person } = await world(t);
  const attributes = { email: "moved@example.org", currentPassword: person.password };
  await server.ask("PATCH", `/v1/users/${person.id}`, {
    token: person.token,
    body: { data: { type: "users", id: person.id, attributes } },
  });
  standIn.otherwise = INACTIVE;
  await server.worker.drain();
  t.equal(standIn.requests.at(-1)?.body["To"], "ada@example.org");
  t.same(await statusOf(server, "moved@example.org"), [null, null]);
  t.equal(log.named("mail.undeliverable").length, 0);
});
