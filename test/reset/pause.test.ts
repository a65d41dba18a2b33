import t, { type Test } from "tap";

import { resetHandler } from "../../src/reset/send.ts";
import { acceptResetRequest } from "../../src/reset/request.ts";
import { pauseResets, RESET_PAUSE } from "../../src/accounts/reset-pause.ts";
import { enqueue } from "../../src/outbox/outbox.ts";
import { insertUser, KeepingMailer, mailDeps, TestClock } from "../fixtures/accounts.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { claimOne } from "../fixtures/outbox.ts";
import { makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

const RESET = "/v1/auth/reset-password";
const NOT_ME = "/v1/auth/not-me";

async function makeScene(t: Test, environment: Record<string, string> = {}) {
  const clock = new TestClock();
  const server = await makeApp(t, environment, { clock: clock.read });
  const ada = await makeUser(server);
  const ask = async (email = ada.email) => {
    const answer = await server.ask("POST", RESET, { body: { data: { email } } });
    await server.worker.drain();
    return answer;
  };
  /** How many mails the address has been sent. */
  const mails = () => (server.mailbox?.list() ?? []).filter(({ mail }) => mail.to === ada.email).length;
  return { server, clock, ada, ask, mails };
}

/** By the link in the newest mail. */
async function disown(server: TestApp, email: string): Promise<void> {
  const token = tokenIn(await newestMail(server, email), "not-me");
  const answer = await server.ask("POST", NOT_ME, { body: { data: { token } } });
  if (answer.status !== 200) throw new Error(answer.text);
}

async function lastRequest(server: TestApp) {
  return await server.db("security_events").where({ kind: "reset.requested" }).orderBy("id", "desc").first();
}

void t.test("a paused address gets no reset mail for a day, in any spelling, and the answer is the same", async (t) => {
  const { server, clock, ada, ask, mails } = await makeScene(t);
  const before = await ask();
  await disown(server, ada.email);
  t.equal(mails(), 1);
  for (const email of [ada.email, ada.email.toUpperCase(), ` ${ada.email}`]) {
    const answer = await ask(email);
    t.equal(answer.status, before.status);
    t.equal(answer.body.message, before.body.message);
    t.same(Object.keys(answer.headers), Object.keys(before.headers));
    t.match(await lastRequest(server), { outcome: "refused", detail: "paused", user_id: ada.id });
  }
  t.equal((await ask()).text, before.text, "to the byte");
  clock.advance(RESET_PAUSE / 1000 - 1);
  await ask();
  t.equal(mails(), 1, "to the last second");
  clock.advance(1);
  await ask();
  t.equal(mails(), 2);
  t.match(await lastRequest(server), { outcome: "done", detail: null });
});

void t.test("others are not paused, nor is logging in, nor changing the password", async (t) => {
  const { server, ada, ask } = await makeScene(t);
  const bob = await makeUser(server);
  await ask();
  await disown(server, ada.email);
  await ask(bob.email);
  t.ok(tokenIn(await newestMail(server, bob.email)));
  const session = { data: { type: "sessions", attributes: { email: ada.email, password: ada.password } } };
  t.equal((await server.ask("POST", "/v1/sessions", { body: session })).status, 201);
});

void t.test("a request that waits in the queue when the pause begins is stopped by it", async (t) => {
  const { server, ada, ask, mails } = await makeScene(t);
  await ask();
  await server.ask("POST", RESET, { body: { data: { email: ada.email } } });
  const mail = server.mailbox?.list()[0]?.mail;
  const [, token] = /\/not-me\?token=([\w-]+)/.exec(mail?.text ?? "") ?? [];
  t.equal((await server.ask("POST", NOT_ME, { body: { data: { token } } })).status, 200);
  await server.worker.drain();
  t.equal(mails(), 1);
});

void t.test("the pause of an address does not stop the operator", async (t) => {
  const { server, clock, ada, ask, mails } = await makeScene(t);
  await ask();
  await disown(server, ada.email);
  const deps = { db: server.db, clock: clock.read, resetTokenTtl: 3600 };
  await acceptResetRequest(deps, { normal: ada.email, client: null });
  await server.worker.drain();
  t.equal(mails(), 2);
  t.match(await lastRequest(server), { outcome: "done", detail: "operator" });
});

void t.test(
  "the mail after a voided password comes at once, past pause and limit, and later ones on asking",
  async (t) => {
    const { server, clock, ada, ask, mails } = await makeScene(t, { RESET_LIMIT_PER_ACCOUNT: "2/3600" });
    await ask();
    const token = tokenIn(await newestMail(server, ada.email));
    await server.ask("PATCH", RESET, { body: { data: { token, password: "thistle-harbor-7" } } });
    const notice = await newestMail(server, ada.email);
    for (let more = 0; more < 3; more += 1) await ask();
    t.equal(mails(), 3, "two resets, one notice: the limit holds");
    const [, notMe] = /\/not-me\?token=([\w-]+)/.exec(notice?.text ?? "") ?? [];
    t.equal((await server.ask("POST", NOT_ME, { body: { data: { token: notMe } } })).status, 200);
    await server.worker.drain();
    t.equal(mails(), 4);

    clock.advance(7200);
    const late = tokenIn(await newestMail(server, ada.email));
    const redeem = (token: string) =>
      server.ask("PATCH", RESET, { body: { data: { token, password: "walnut-orbit-9" } } });
    t.equal((await redeem(late)).status, 404, "the link has a life like any other");
    await ask();
    t.equal(mails(), 5, "without a password the mail is the only way in: no pause shuts the holder out");
    t.equal((await redeem(tokenIn(await newestMail(server, ada.email)))).status, 200);
    await ask();
    t.equal(mails(), 6, "the notice of that, and no reset mail: from now on the pause holds");
  },
);

void t.test("known, unknown and paused addresses cost the same statements, one by one", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  for (const email of ["known@x.example", "paused@x.example"]) {
    await insertUser(db, { email, password: "correct horse" });
  }
  for (const email of ["paused@x.example", "nobody-paused@x.example"]) await pauseResets(db, clock.now, email);
  const handler = resetHandler(mailDeps(db, clock, mailer));
  const seen = new Map<string, string>();
  let queries: string[] = [];
  db.on("query", ({ sql }: { sql: string }) => queries.push(sql));
  for (const name of ["known", "unknown", "paused", "nobody-paused"]) {
    const payload = { email: `${name}@x.example`, askedBy: null };
    await enqueue(db, clock.now, { kind: "reset.requested", payload, expiresAt: clock.now + 3_600_000 });
    const { entry } = await claimOne(db, clock.now);
    queries = [];
    await handler(payload, entry);
    seen.set(name, queries.join(";\n"));
  }
  t.equal(new Set(seen.values()).size, 1);
  t.match(
    seen.get("known"),
    /from ["`]users["`].*from ["`]reset_pauses["`]/s,
    "whoever pauses in between has changed the account",
  );
  t.same(
    mailer.mails.map(({ to }) => to),
    ["known@x.example"],
  );
});

void t.test("a pause that is made again lasts from then on", async (t) => {
  const [db, clock] = [await makeDatabase(t), new TestClock()];
  await pauseResets(db, clock.now, "ada@x.example");
  clock.advance(3600);
  await pauseResets(db, clock.now, "ada@x.example");
  t.same(await db("reset_pauses").pluck("until"), [new Date(clock.now + RESET_PAUSE).toISOString()]);
});
