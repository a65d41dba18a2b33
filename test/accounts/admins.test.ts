import t from "tap";

import { guardAdminRole, isAdmin, keepAnAdmin } from "../../src/accounts/admins.ts";
import { ensureAdmin } from "../../src/accounts/ensure-admin.ts";
import { findUser, insertUser, TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const clock = new TestClock();
const depsOf = <Db>(db: Db) => ({ db, clock: clock.read });

t.test("the last admin stays", async (t) => {
  const db = await makeDatabase(t);
  const ada = await insertUser(db, { email: "ada@x.example", isAdmin: true });
  for (const table of ["user_roles", "users"] as const) {
    await t.rejects(
      db.transaction(
        async (trx) =>
          await keepAnAdmin(trx, async () => {
            await trx(table)
              .where(table === "users" ? { id: ada.id } : { user_id: ada.id })
              .delete();
          }),
      ),
      { status: 409, code: "conflict" },
    );
    t.equal(await isAdmin(db, ada.id), true);
  }
});

t.test("one of two admins may go, not both at once", async (t) => {
  const db = await makeDatabase(t);
  const people = [
    await insertUser(db, { email: "ada@x.example", isAdmin: true }),
    await insertUser(db, { email: "eve@x.example", isAdmin: true }),
  ];
  const results = await Promise.allSettled(
    people.map((person) =>
      db.transaction(
        async (trx) => await keepAnAdmin(trx, async () => await trx("users").where({ id: person.id }).delete()),
      ),
    ),
  );
  t.same(results.map((result) => result.status).sort(), ["fulfilled", "rejected"]);
});

t.test("where there is no admin nothing is kept, and a result comes back", async (t) => {
  const db = await makeDatabase(t);
  t.equal(await db.transaction(async (trx) => await keepAnAdmin(trx, () => Promise.resolve(7))), 7);
});

t.test("the role admin keeps its name, other roles do not", (t) => {
  const admin = { name_normal: "admin" };
  t.throws(
    () => {
      guardAdminRole(admin);
    },
    { name: "Fault", status: 409 },
  );
  t.throws(
    () => {
      guardAdminRole(admin, "root");
    },
    { name: "Fault", status: 409, source: { pointer: "/data/attributes/name" } },
  );
  t.doesNotThrow(() => {
    guardAdminRole(admin, " Admin");
  });
  t.doesNotThrow(() => {
    guardAdminRole({ name_normal: "editor" });
  });
  t.doesNotThrow(() => {
    guardAdminRole({ name_normal: "editor" }, "writer");
  });
  t.end();
});

t.test("ADMIN_EMAIL makes a verified admin once, who gets a mail", async (t) => {
  const db = await makeDatabase(t);
  const { userId, outcome } = await ensureAdmin(depsOf(db), " Ada@x.example ");
  t.equal(outcome, "created");
  t.match(await findUser(db, userId), { email: "Ada@x.example", is_verified: 1, password: null });
  t.equal(await isAdmin(db, userId), true);
  t.match(await db("outbox").select("kind"), [{ kind: "account.welcome" }]);

  t.same(await ensureAdmin(depsOf(db), "ada@x.example"), { userId, outcome: "unchanged" });
  t.equal((await db("outbox").select("id")).length, 1);
});

t.test("several instances that start at once make one admin", async (t) => {
  const db = await makeDatabase(t);
  const results = await Promise.all([1, 2, 3].map(() => ensureAdmin(depsOf(db), "ada@x.example")));
  t.equal(new Set(results.map((result) => result.userId)).size, 1);
  t.equal((await db("outbox").select("id")).length, 1);
});

t.test("a verified user is promoted as they are", async (t) => {
  const db = await makeDatabase(t);
  const ada = await insertUser(db, { email: "ada@x.example", password: "correct horse", isVerified: true });
  t.equal((await ensureAdmin(depsOf(db), "ada@x.example")).outcome, "promoted");
  t.equal((await findUser(db, ada.id)).password, ada.password);
  t.equal(await isAdmin(db, ada.id), true);
  t.same(await db("outbox").select(), []);
});

t.test("somebody who took the address in advance does not become admin with their password", async (t) => {
  const db = await makeDatabase(t);
  const eve = await insertUser(db, { email: "ada@x.example", password: "correct horse" });
  t.equal((await ensureAdmin(depsOf(db), "ada@x.example")).outcome, "promoted");
  t.match(await findUser(db, eve.id), { password: null, is_verified: 1, credential_epoch: 1 });
  t.match(await db("outbox").select("kind"), [{ kind: "account.welcome" }]);
});

t.test("what is no address is refused", async (t) => {
  const db = await makeDatabase(t);
  await t.rejects(ensureAdmin(depsOf(db), "root"), { message: /must be an email address/ });
});
