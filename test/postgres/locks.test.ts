import type { Knex } from "knex";
import t from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { transact, writeOnce } from "../../src/db/writer.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeDatabaseUrl } from "../fixtures/database.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";
import { statementsOf } from "../fixtures/statements.ts";
import { until } from "../fixtures/until.ts";

/** Where many write at once, rows are locked: what others notice of it, and what they do not. */

/** How many statements wait for locks in a database. */
async function waitingForLocks(db: Knex): Promise<number> {
  const waiting = db("pg_stat_activity").where({ wait_event_type: "Lock" }).whereRaw("datname = current_database()");
  return (await waiting).length;
}

function logInWith(server: TestApp, email: string, password: string) {
  return server.ask("POST", "/v1/sessions", { body: { data: { type: "sessions", attributes: { email, password } } } });
}

void t.test("while a user is held fast, guessing tells nobody that there is one", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  for (const lock of ["forUpdate", "forNoKeyUpdate"] as const) {
    const holder = await server.db.transaction();
    await holder("users").where({ id: person.id })[lock]().first("id");
    const known = await logInWith(server, person.email, "not-the-walnut-9");
    const unknown = await logInWith(server, "nobody@example.org", "not-the-walnut-9");
    t.equal(known.status, 401, `nobody waits: ${lock}`);
    t.equal(unknown.status, 401);
    await holder.rollback();
  }
  const events = await server.db("security_events").where({ account_id: person.id, outcome: "refused" }).orderBy("id");
  t.same(
    events.map(({ user_id, detail }) => [user_id, detail]),
    [
      [null, "wrong-password"],
      [person.id, "wrong-password"],
    ],
    "both are written down; the first one without the user, who is as good as deleted",
  );
});

void t.test("a change on a condition keeps nobody waiting who only refers to the resource", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const { headers } = await server.ask("GET", `/v1/users/${person.id}`, { token: person.token });
  const change = () =>
    server.ask("PATCH", `/v1/users/${person.id}`, {
      token: person.token,
      headers: { "if-match": String(headers["etag"]) },
      body: { data: { type: "users", id: person.id, attributes: { firstName: "Ada" } } },
    });
  const { result, statements } = await statementsOf(server.db, change);
  t.equal(result.status, 200);
  const locks = statements.filter((sql) => / for (update|no key update|share|key share)/.test(sql));
  t.ok(locks.length > 0);
  t.same(
    locks.filter((sql) => sql.includes(" for update")),
    [],
  );
});

void t.test("a link that is made while links are replaced on a condition is not lost", async (t) => {
  const server = await makeApp(t);
  const { db } = server;
  // Two of them: each holds their own session fast while they write.
  const [one, other] = [await makeAdmin(server), await makeAdmin(server)];
  const person = await makeUser(server);
  const makeRole = async (name: string) => {
    const body = { data: { type: "roles", attributes: { name } } };
    const made = await server.ask("POST", "/v1/roles", { token: one.token, body });
    return { type: "roles", id: String(made.body.data.id) };
  };
  const [a, b] = [await makeRole("a"), await makeRole("b")];
  const url = `/v1/users/${person.id}/relationships/roles`;
  const etag = String((await server.ask("GET", url, { token: one.token })).headers["etag"]);

  // Whoever replaces roles has looked at the condition before, and waits for this before it writes.
  const holder = await db.transaction();
  await holder("roles").where({ name_normal: "admin" }).forUpdate().first("id");
  const replaced = server.ask("PATCH", url, { token: one.token, headers: { "if-match": etag }, body: { data: [a] } });
  await until(async () => (await waitingForLocks(db)) === 1);
  let isAdded = false;
  const added = server.ask("POST", url, { token: other.token, body: { data: [b] } });
  void added.then(() => (isAdded = true));
  await until(async () => isAdded || (await waitingForLocks(db)) === 2);
  await holder.rollback();
  t.same([(await replaced).status, (await added).status], [204, 204]);
  t.same((await db("user_roles").where({ user_id: person.id }).pluck("role_id")).sort(), [a.id, b.id].sort());
});

for (const [name, write] of [
  ["a transaction", transact],
  ["a single statement", writeOnce],
] as const) {
  void t.test(`${name} that the database takes back to end a deadlock is run again`, async (t) => {
    const url = await makeDatabaseUrl(t);
    const [db, others] = [openDatabase(url), openDatabase(url)];
    t.teardown(() => Promise.all([db.destroy(), others.destroy()]));
    for (const table of ["a", "b"]) {
      await db.schema.createTable(table, (columns) => columns.integer("held"));
      await db(table).insert({ held: 0 });
    }
    // Between the two it waits for a key, which the test has.
    const setBoth =
      "do $$ begin update a set held = 1; perform pg_advisory_xact_lock_shared(1); update b set held = 1; end $$";
    const key = await others.transaction();
    await key.raw("select pg_advisory_xact_lock(1)");
    const trx = await others.transaction();
    // It is not they who find out.
    await trx.raw("set local deadlock_timeout = '1min'");
    await trx("b").update({ held: 2 });
    const crossed = (async () => {
      await until(async () => (await waitingForLocks(others)) === 1);
      const wanted = trx("a")
        .update({ held: 2 })
        .then(() => trx.commit());
      await until(async () => (await waitingForLocks(others)) === 2);
      await key.rollback();
      await wanted;
    })();

    let times = 0;
    await write(db, async (within) => {
      times += 1;
      await within.raw(setBoth);
    });
    await crossed;
    t.equal(times, 2);
    t.same(await db("a").pluck("held"), [1]);
    t.same(await db("b").pluck("held"), [1]);
  });
}
