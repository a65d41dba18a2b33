import t from "tap";
import type { Knex } from "knex";

import { findCaller } from "../../src/accounts/find-caller.ts";
import { prepareLogIn } from "../../src/accounts/sessions.ts";
import { prepareUserUpdate, type UserChanges } from "../../src/accounts/update-user.ts";
import { toBoolean } from "../../src/db/dialect.ts";
import { uniqueViolation } from "../../src/db/driver-errors.ts";
import type { UserRow } from "../../src/db/tables.ts";
import type { Caller } from "../../src/accounts/caller.ts";
import { ANYBODY, callerOf, CLIENT, findUser, hasher, insertUser, TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const PASSWORD = "correct horse";
const NEW_PASSWORD = "battery staple";
const clock = new TestClock();
const deps = { clock: clock.read, hasher, passwordRules: { minLength: 8 } };

async function update(db: Knex, user: UserRow, changes: UserChanges, caller: Caller) {
  const commit = await prepareUserUpdate({ ...deps, db }, { user, changes, caller });
  await db.transaction(async (trx) => {
    await commit(trx);
  });
}

async function logIn(db: Knex, email: string) {
  const logInDeps = { db, clock: clock.read, hasher, sessionTtl: 3600 };
  const commit = await prepareLogIn(logInDeps, { email, password: PASSWORD, caller: ANYBODY });
  return await db.transaction(async (trx) => await commit(trx));
}

async function outboxOf(db: Knex) {
  const rows = await db("outbox").orderBy("id");
  return rows.map((row) => ({ kind: row.kind, ...(JSON.parse(row.payload) as Record<string, unknown>) }));
}

async function makeAda(db: Knex) {
  const user = await insertUser(db, { email: "ada@x.example", password: PASSWORD, isVerified: true });
  await db("users")
    .where({ id: user.id })
    .update({ reset_password: "f".repeat(64), reset_password_expires_at: "9" });
  return user;
}

t.test("one's own password: others sessions end, this one goes on, the token dies, a notice waits", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const [here, there] = [await logIn(db, ada.email), await logIn(db, ada.email)];
  await update(db, ada, { password: NEW_PASSWORD, currentPassword: PASSWORD }, here.caller);

  const after = await findUser(db, ada.id);
  t.equal((await hasher.verify(after.password, NEW_PASSWORD)).matches, true);
  t.same([after.reset_password, after.reset_password_expires_at, after.credential_epoch], [null, null, 1]);
  t.equal(toBoolean(after.is_verified), true);
  const callerDeps = { db, clock: clock.read };
  t.equal((await findCaller(callerDeps, `Bearer ${here.token}`, CLIENT)).userId, ada.id);
  t.equal((await findCaller(callerDeps, `Bearer ${there.token}`, CLIENT)).userId, null);
  t.match(await outboxOf(db), [{ kind: "notice.password-changed", userId: ada.id, askedBy: CLIENT }]);
});

t.test("one's own address: unverified, told to the old address, the token dies", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const here = await logIn(db, ada.email);
  await update(db, ada, { email: " Ada@new.example ", currentPassword: PASSWORD, isVerified: true }, here.caller);

  const after = await findUser(db, ada.id);
  t.match(after, { email: "Ada@new.example", email_normal: "ada@new.example", is_verified: 0, reset_password: null });
  t.equal((await findCaller({ db, clock: clock.read }, `Bearer ${here.token}`, CLIENT)).userId, ada.id);
  t.match(await outboxOf(db), [{ kind: "notice.email-changed", oldAddress: "ada@x.example" }]);
});

t.test("password and address at once, with a name", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const changes = { email: "ada@new.example", password: NEW_PASSWORD, currentPassword: PASSWORD, firstName: "Ada" };
  const here = await logIn(db, ada.email);
  await update(db, ada, changes, here.caller);
  t.match(await findUser(db, ada.id), { email: "ada@new.example", first_name: "Ada", credential_epoch: 2 });
  t.equal((await findCaller({ db, clock: clock.read }, `Bearer ${here.token}`, CLIENT)).userId, ada.id);
  t.equal((await outboxOf(db)).length, 2);
});

t.test("one's own password or address needs the current password", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const self = callerOf(ada.id);
  for (const changes of [{ password: NEW_PASSWORD }, { email: "ada@new.example" }, { email: "Ada@x.example" }]) {
    await t.rejects(update(db, ada, changes, self), {
      name: "Fault",
      status: 422,
      source: { pointer: "/data/attributes" },
      meta: { attribute: "currentPassword" },
    });
    for (const currentPassword of ["", "wrong horse", `${PASSWORD}\0`]) {
      await t.rejects(update(db, ada, { ...changes, currentPassword }, self), {
        status: 422,
        code: "wrong-current-password",
        source: { pointer: "/data/attributes/currentPassword" },
      });
    }
  }
  t.match(await findUser(db, ada.id), { email: "ada@x.example", credential_epoch: 0 });
});

t.test("an admin's own needs it too", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  await t.rejects(update(db, ada, { password: NEW_PASSWORD }, callerOf(ada.id, { isAdmin: true })), {
    name: "Fault",
    status: 422,
  });
});

t.test("an admin changes somebody else's without", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const there = await logIn(db, ada.email);
  const admin = callerOf("another", { isAdmin: true });
  await update(db, ada, { password: NEW_PASSWORD, email: "ada@new.example", isVerified: true }, admin);
  t.match(await findUser(db, ada.id), { email: "ada@new.example", is_verified: 1, credential_epoch: 2 });
  t.equal((await findCaller({ db, clock: clock.read }, `Bearer ${there.token}`, CLIENT)).userId, null);
});

t.test("the present address sent back is no change", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  await update(db, ada, { email: " ada@x.example", lastName: "Lovelace", avatarUrl: null }, callerOf(ada.id));
  t.match(await findUser(db, ada.id), { last_name: "Lovelace", credential_epoch: 0, reset_password: "f".repeat(64) });
  t.same(await outboxOf(db), []);
});

t.test("all faults come at once, before any hashing", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  await t.rejects(update(db, ada, { email: "no address", password: "short" }, callerOf(ada.id)), {
    name: "Faults",
    list: [
      { source: { pointer: "/data/attributes/email" } },
      { source: { pointer: "/data/attributes/password" } },
      { source: { pointer: "/data/attributes" } },
    ],
  });
});

t.test("the new password must not be the new address", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const changes = { email: "ada@new.example", password: "ada@new.example", currentPassword: PASSWORD };
  await t.rejects(update(db, ada, changes, callerOf(ada.id)), {
    name: "Fault",
    source: { pointer: "/data/attributes/password" },
  });
});

t.test("a taken address is a unique violation, and nothing happened", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  await insertUser(db, { email: "eve@x.example" });
  const changes = { email: "EVE@x.example", currentPassword: PASSWORD };
  const error: unknown = await update(db, ada, changes, callerOf(ada.id)).catch((thrown: unknown) => thrown);
  t.same(uniqueViolation(error), { table: "users", columns: ["email_normal"] });
  t.match(await findUser(db, ada.id), { email: "ada@x.example", credential_epoch: 0 });
  t.same(await outboxOf(db), []);
});

t.test("of two changes at once one wins, the other is a conflict", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const change = { password: NEW_PASSWORD, currentPassword: PASSWORD };
  const results = await Promise.allSettled([1, 2, 3].map(() => update(db, ada, change, callerOf(ada.id))));
  t.equal(results.filter((result) => result.status === "fulfilled").length, 1);
  for (const result of results) if (result.status === "rejected") t.match(result.reason, { status: 409 });
  t.equal((await outboxOf(db)).length, 1);
});

t.test("a user deleted meanwhile is not found", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  const commit = await prepareUserUpdate(
    { ...deps, db },
    { user: ada, changes: { firstName: "A" }, caller: callerOf(ada.id) },
  );
  await db("users").delete();
  await t.rejects(db.transaction(commit), { name: "Fault", status: 404 });
});

t.test("nothing to change is nothing done", async (t) => {
  const db = await makeDatabase(t);
  const ada = await makeAda(db);
  await update(db, ada, {}, callerOf(ada.id));
  t.equal((await findUser(db, ada.id)).updated_at, ada.updated_at);
});
