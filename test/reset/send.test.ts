import t from "tap";

import { purgeMailQuota } from "../../src/accounts/mail-quota.ts";
import { parseEmail } from "../../src/accounts/email.ts";
import { hashToken } from "../../src/accounts/token.ts";
import { claimDue, enqueue } from "../../src/outbox/outbox.ts";
import { acceptResetRequest } from "../../src/reset/request.ts";
import { resetHandler } from "../../src/reset/send.ts";
import type { Client } from "../../src/accounts/caller.ts";
import type { Knex } from "knex";
import { CLIENT, findUser, insertUser, KeepingMailer, mailDeps, TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { mailResets } from "../fixtures/reset.ts";

async function ask(db: Knex, clock: TestClock, email: string, client: Client | null = CLIENT): Promise<void> {
  const parsed = parseEmail(email);
  if ("message" in parsed) throw new Error(parsed.message);
  await acceptResetRequest({ db, clock: clock.read, resetTokenTtl: 3600 }, { normal: parsed.normal, client });
}

t.test("the token is in the mail, its hash and its end in the row", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  const ada = await insertUser(db, { email: "Ada@x.example" });
  await ask(db, clock, "ADA@X.example");
  await mailResets(db, clock, mailer);
  t.equal(mailer.mails[0]?.to, "Ada@x.example", "the stored address");
  t.match(mailer.mails[0]?.text, /https:\/\/app\.example\/reset-password\?token=[\w-]{43}\s/);
  t.match(mailer.mails[0]?.html, /https:\/\/app\.example\/reset-password\?token=[\w-]{43}"/);
  t.match(await findUser(db, ada.id), {
    reset_password: hashToken(mailer.token),
    reset_password_expires_at: new Date(clock.now + 3_600_000).toISOString(),
  });
  t.not(mailer.token, "");
});

t.test("an address that nobody has costs the same queries, and no mail", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  await insertUser(db, { email: "ada@x.example" });
  const handler = resetHandler(mailDeps(db, clock, mailer));
  let queries: string[] = [];
  db.on("query", (query: { sql: string }) => queries.push(query.sql));
  const seen: string[] = [];
  for (const email of ["ada@x.example", "eve@x.example"]) {
    await ask(db, clock, email);
    for (const { entry, payload } of await claimDue(db, clock.now, 1, 60)) {
      queries = [];
      await handler(JSON.parse(payload), entry);
      seen.push(queries.join(";"));
    }
  }
  t.equal(seen[0], seen[1]);
  t.equal(mailer.mails.length, 1);
});

t.test("mails to an address are limited, known or not, in any spelling, and the last link stays good", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  const ada = await insertUser(db, { email: "ada@x.example" });
  for (const email of ["ada@x.example", "ADA@x.example", "ada@X.EXAMPLE", "ada@x.example", "Ada@x.example"]) {
    await ask(db, clock, email);
    await ask(db, clock, email.replace(/ada/i, "eve"));
    await mailResets(db, clock, mailer);
    clock.advance(1);
  }
  t.equal(mailer.mails.length, 3);
  t.equal((await findUser(db, ada.id)).reset_password, hashToken(mailer.token));
  t.equal((await db("mail_quota").whereNot({ address_hash: "" })).length, 6, "an unknown address counts as well");
  t.notMatch(JSON.stringify(await db("mail_quota").select()), /@/);
  t.same(await db("outbox").select(), []);

  clock.advance(3600);
  await ask(db, clock, "ada@x.example");
  await mailResets(db, clock, mailer);
  t.equal(mailer.mails.length, 4, "the window moves on");
  // Six mails, and the turn at an address that nobody has asked with since.
  t.equal(await purgeMailQuota(db, clock.now, 3600), 7);
});

t.test("the limit holds for many at once", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  await insertUser(db, { email: "ada@x.example" });
  for (let i = 0; i < 20; i += 1) await ask(db, clock, "ada@x.example");
  await mailResets(db, clock, mailer);
  t.equal(mailer.mails.length, 3);
});

t.test("a retry is not counted again, and mails a new token", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  const ada = await insertUser(db, { email: "ada@x.example" });
  for (let i = 0; i < 4; i += 1) mailer.answers.push({ outcome: "retry", reason: "busy" });
  await ask(db, clock, "ada@x.example");
  const tokens = new Set<string>();
  for (let i = 0; i < 60; i += 1) {
    await mailResets(db, clock, mailer);
    tokens.add(mailer.token);
    clock.advance(30);
  }
  t.equal(mailer.mails.length, 5);
  t.equal(tokens.size, 5);
  t.equal((await findUser(db, ada.id)).reset_password, hashToken(mailer.token));
});

t.test(
  "a handler that was held up until somebody else had the entry makes no token: the other one's stays good",
  async (t) => {
    const [db, clock, mailer, late] = [
      await makeDatabase(t),
      new TestClock(),
      new KeepingMailer(),
      new KeepingMailer(),
    ];
    const ada = await insertUser(db, { email: "ada@x.example" });
    await ask(db, clock, "ada@x.example");
    const [claim] = await claimDue(db, clock.now, 1, 60);
    if (claim === undefined) throw new Error("nothing was due");
    clock.advance(60);
    await mailResets(db, clock, mailer);
    t.same(await resetHandler(mailDeps(db, clock, late))(JSON.parse(claim.payload), claim.entry), {
      outcome: "nothing",
    });
    t.same(late.mails, []);
    t.equal((await findUser(db, ada.id)).reset_password, hashToken(mailer.token));
  },
);

t.test("the operator is not counted", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  await insertUser(db, { email: "ada@x.example" });
  for (let i = 0; i < 5; i += 1) await ask(db, clock, "ada@x.example", null);
  await mailResets(db, clock, mailer);
  t.equal(mailer.mails.length, 5);
});

t.test("an entry that makes no sense is dropped", async (t) => {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  for (const payload of [{}, [], { email: null }, { email: 7 }, { email: { a: 1 } }]) {
    await enqueue(db, clock.now, { kind: "reset.requested", payload, expiresAt: clock.now + 1000 });
  }
  await mailResets(db, clock, mailer);
  t.same(mailer.mails, []);
  t.same(await db("outbox").select(), []);
});
