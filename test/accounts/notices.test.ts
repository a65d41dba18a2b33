import t from "tap";

import { setEmail, setPassword } from "../../src/accounts/credentials.ts";
import { parseEmail } from "../../src/accounts/email.ts";
import { noticeHandlers } from "../../src/accounts/notices.ts";
import { enqueue } from "../../src/outbox/outbox.ts";
import { CLIENT, hasher, insertUser, KeepingMailer, mailDeps, TestClock, workOff } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const clock = new TestClock();
const NEW = parseEmail("ada@new.example") as { address: string; normal: string };

t.test("changes are told at the address that the account had before a thief could move it", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  const ada = await insertUser(db, { email: "ada@x.example", password: "correct horse", firstName: "Ada" });
  const change = { userId: ada.id, now: clock.now, actorId: null, askedFrom: CLIENT };
  const passwordHash = await hasher.hash("battery staple");
  await db.transaction(async (trx) => {
    t.equal(await setPassword(trx, { ...change, epoch: 0, passwordHash }), true);
    t.equal(await setEmail(trx, { ...change, epoch: 1, email: NEW, oldAddress: ada.email }), true);
  });
  await workOff(db, clock, noticeHandlers(mailDeps(db, clock, mailer)));

  const byTag = new Map(mailer.mails.map((mail) => [mail.tag, mail]));
  t.equal(byTag.get("password-changed")?.to, "ada@x.example");
  t.equal(byTag.get("email-changed")?.to, "ada@x.example");
  for (const mail of mailer.mails) {
    t.match(mail.text, "192.0.2.7", "says who asked");
    t.notMatch(mail.text, "ada@new.example", "the new address is not told to the old one in full");
  }
});

t.test("a change that was decided on older credentials does nothing", async (t) => {
  const db = await makeDatabase(t);
  const ada = await insertUser(db, { email: "ada@x.example", password: "correct horse" });
  const change = { userId: ada.id, epoch: 7, now: clock.now, actorId: null, askedFrom: null };
  await db.transaction(async (trx) => {
    t.equal(await setPassword(trx, { ...change, passwordHash: "x" }), false);
    t.equal(await setEmail(trx, { ...change, email: NEW, oldAddress: ada.email }), false);
  });
  t.same(await db("outbox").select(), []);
});

t.test("nobody is mailed for an account that is gone, or by an entry that makes no sense", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  for (const payload of [{ userId: "gone" }, {}, [], { userId: 7, askedBy: "x" }]) {
    await enqueue(db, clock.now, { kind: "notice.password-changed", payload, expiresAt: clock.now + 1000 });
  }
  await workOff(db, clock, noticeHandlers(mailDeps(db, clock, mailer)));
  t.same(mailer.mails, []);
  t.same(await db("outbox").select(), []);
});
