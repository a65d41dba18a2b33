import t from "tap";
import type { Knex } from "knex";

import { prepareRegistration, type RegistrationInput, type RegistrationMode } from "../../src/accounts/register.ts";
import { registrationHandler } from "../../src/accounts/registration-handler.ts";
import { welcomeHandler } from "../../src/accounts/welcome.ts";
import { uniqueViolation } from "../../src/db/driver-errors.ts";
import { newId } from "../../src/db/id.ts";
import {
  ANYBODY,
  callerOf,
  findUser,
  hasher,
  insertUser,
  KeepingMailer,
  mailDeps,
  TestClock,
  workOff,
} from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const ADMIN = callerOf("01936f2a-7c00-7000-8000-000000000001", { isAdmin: true });
const ADA = { email: "Ada@x.example", caller: ANYBODY };
const PASSWORD = "correct horse";
const clock = new TestClock();

async function register(db: Knex, mode: RegistrationMode, input: RegistrationInput) {
  const commit = await prepareRegistration({ clock: clock.read, hasher, mode, passwordRules: { minLength: 8 } }, input);
  return await db.transaction(async (trx) => await commit(trx));
}

async function work(db: Knex, mailer: KeepingMailer) {
  const deps = mailDeps(db, clock, mailer);
  const handlers = { "registration.requested": registrationHandler(deps), "account.welcome": welcomeHandler(deps) };
  await workOff(db, clock, handlers);
}

t.test("open: anybody makes a user, with the id and the names that they bring", async (t) => {
  const db = await makeDatabase(t);
  const id = newId();
  const input = { ...ADA, id, password: PASSWORD, firstName: "Ada", lastName: null, isVerified: true };
  t.match(await register(db, "open", input), { userId: id });
  const user = await findUser(db, id);
  t.match(user, { email: "Ada@x.example", email_normal: "ada@x.example", first_name: "Ada", is_verified: 0 });
  t.equal((await hasher.verify(user.password, PASSWORD)).matches, true);
  t.same(await db("outbox").select(), []);
});

t.test("open: all faults at once, a missing password among them", async (t) => {
  const db = await makeDatabase(t);
  await t.rejects(register(db, "open", { email: "x", caller: ANYBODY }), {
    name: "Faults",
    list: [{ source: { pointer: "/data/attributes/email" } }, { source: { pointer: "/data/attributes" } }],
  });
  await t.rejects(register(db, "open", { ...ADA, password: "ada@x.example" }), {
    name: "Fault",
    source: { pointer: "/data/attributes/password" },
  });
});

t.test("open: of two who take one address at once, one gets it", async (t) => {
  const db = await makeDatabase(t);
  const results = await Promise.allSettled(
    ["ada@x.example", "ADA@X.example"].map((email) => register(db, "open", { ...ADA, email, password: PASSWORD })),
  );
  const failed = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown);
  t.equal(failed.length, 1);
  t.same(uniqueViolation(failed[0]), { table: "users", columns: ["email_normal"] });
});

t.test("admin: nobody else makes users", async (t) => {
  const db = await makeDatabase(t);
  await t.rejects(register(db, "admin", { ...ADA, password: PASSWORD }), { name: "Fault", status: 403 });
  await t.rejects(register(db, "admin", { ...ADA, password: PASSWORD, caller: callerOf("x") }), {
    name: "Fault",
    status: 403,
  });
  t.same(await db("users").select(), []);
});

t.test("an admin makes users in every mode, without a password by a mailed link", async (t) => {
  for (const mode of ["open", "confirm", "admin"] as const) {
    const db = await makeDatabase(t);
    const mailer = new KeepingMailer();
    const made = await register(db, mode, { ...ADA, isVerified: true, caller: ADMIN });
    await work(db, mailer);
    t.equal(mailer.mails.length, 1);
    t.match(mailer.mails[0], { to: "Ada@x.example", tag: "welcome" });
    const user = await findUser(db, "userId" in made ? made.userId : "");
    t.match(user, { password: null, is_verified: 1, reset_password: /^[0-9a-f]{64}$/ });
    t.not(mailer.token, "");

    await register(db, mode, { email: "eve@x.example", password: PASSWORD, caller: ADMIN });
    t.same(await db("outbox").select(), []);
  }
});

t.test("confirm: a free and a taken address are accepted alike, with the same queries", async (t) => {
  const db = await makeDatabase(t);
  await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  let queries: string[] = [];
  db.on("query", (query: { sql: string }) => queries.push(query.sql));
  const seen = new Set<string>();
  for (const email of ["Ada@x.example", "eve@x.example"]) {
    queries = [];
    t.same(await register(db, "confirm", { ...ADA, email }), { accepted: true });
    seen.add(queries.join(";"));
  }
  t.equal(seen.size, 1);
  t.equal((await db("users").select("id")).length, 1, "nobody is made yet");
});

t.test("confirm: a password is refused", async (t) => {
  const db = await makeDatabase(t);
  await t.rejects(register(db, "confirm", { ...ADA, password: PASSWORD }), {
    name: "Fault",
    status: 422,
    source: { pointer: "/data/attributes/password" },
  });
});

t.test("confirm: a free address becomes a user who gets a link", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  const id = newId();
  await register(db, "confirm", { ...ADA, id, firstName: "Ada" });
  await work(db, mailer);
  t.match(await findUser(db, id), { first_name: "Ada", password: null, is_verified: 0 });
  t.match(mailer.mails, [
    { to: "Ada@x.example", tag: "welcome", text: /https:\/\/app\.example\/reset-password\?token=/ },
  ]);
});

t.test("confirm: the holder of a taken address is told, at the stored address and without a token", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  await insertUser(db, { email: "Ada@x.example", password: PASSWORD });
  await register(db, "confirm", { ...ADA, email: "ada@X.EXAMPLE" });
  await work(db, mailer);
  t.match(mailer.mails, [{ to: "Ada@x.example", tag: "already-registered" }]);
  t.equal(mailer.token, "");
});

t.test("confirm: a retry mails the user that was made before, with a new link", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  mailer.answers.push({ outcome: "retry", reason: "busy" });
  await register(db, "confirm", ADA);
  await work(db, mailer);
  const first = mailer.token;
  clock.advance(3000);
  await work(db, mailer);
  t.same(
    mailer.mails.map((mail) => mail.tag),
    ["welcome", "welcome"],
  );
  t.not(mailer.token, first);
  t.equal((await db("users").select("id")).length, 1);
});

t.test("confirm: an id that is taken does not matter", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  const eve = await insertUser(db, { email: "eve@x.example" });
  await register(db, "confirm", { ...ADA, id: eve.id });
  await work(db, mailer);
  t.match(mailer.mails, [{ to: "Ada@x.example", tag: "welcome" }]);
  t.match(await findUser(db, eve.id), { email: "eve@x.example", reset_password: null });
});

t.test("confirm: mails to one address are limited, in silence", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  for (let i = 0; i < 5; i += 1) await register(db, "confirm", ADA);
  await work(db, mailer);
  t.equal(mailer.mails.length, 3);
  t.same(await db("outbox").select(), []);
});

t.test("a welcome is not mailed to somebody who has a password by now, or is gone", async (t) => {
  const db = await makeDatabase(t);
  const mailer = new KeepingMailer();
  const made = await register(db, "admin", { ...ADA, caller: ADMIN });
  await db("users")
    .where({ id: "userId" in made ? made.userId : "" })
    .update({ password: "x" });
  await register(db, "admin", { email: "eve@x.example", caller: ADMIN });
  await db("users").where({ email: "eve@x.example" }).delete();
  await work(db, mailer);
  t.same(mailer.mails, []);
});
