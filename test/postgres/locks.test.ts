import t from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { transact, writeOnce } from "../../src/db/writer.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeDatabaseUrl } from "../fixtures/database.ts";
import { logIn, makeAdmin, makeUser } from "../fixtures/people.ts";
import { until } from "../fixtures/until.ts";

/** Where many write at once, rows are locked: what others notice of it, and what they do not. */

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
  const statements: string[] = [];
  server.db.on("query", ({ sql }: { sql: string }) => void statements.push(sql));
  const changed = await server.ask("PATCH", `/v1/users/${person.id}`, {
    token: person.token,
    headers: { "if-match": String(headers["etag"]) },
    body: { data: { type: "users", id: person.id, attributes: { firstName: "Ada" } } },
  });
  t.equal(changed.status, 200);
  const locks = statements.filter((sql) => / for (update|no key update|share|key share)/.test(sql));
  t.ok(locks.length > 0);
  t.notOk(
    locks.some((sql) => sql.includes(" for update")),
    locks.join("\n"),
  );
});

void t.test("links that are replaced on a condition are held fast against those who make new ones", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const { token } = admin;
  const url = `/v1/users/${admin.id}/relationships/roles`;
  const { headers, body } = await server.ask("GET", url, { token });
  const statements: string[] = [];
  server.db.on("query", ({ sql }: { sql: string }) => void statements.push(sql));
  const changed = await server.ask("PATCH", url, {
    token,
    headers: { "if-match": String(headers["etag"]) },
    body: { data: body.data as unknown },
  });
  t.equal(changed.status, 204);
  t.ok(
    statements.some((sql) => /from "users" where "id" = .* for update$/.test(sql)),
    statements.join("\n"),
  );
});

for (const [name, write] of [
  ["a transaction", transact],
  ["a single statement", writeOnce],
] as const) {
  void t.test(`${name} that the database takes back to end a deadlock is run again`, async (t) => {
    const url = await makeDatabaseUrl(t);
    const [db, others] = [openDatabase(url), openDatabase(url)];
    t.teardown(() => Promise.all([db.destroy(), others.destroy()]));
    const setBoth = "do $$ begin update a set held = 1; perform pg_sleep(0.5); update b set held = 1; end $$";
    for (const table of ["a", "b"]) {
      await db.schema.createTable(table, (columns) => columns.integer("held"));
      await db(table).insert({ held: 0 });
    }
    const trx = await others.transaction();
    // It is not they who find out.
    await trx.raw("set local deadlock_timeout = '1min'");
    await trx("b").update({ held: 2 });
    const waiting = until(
      async () =>
        (await others("pg_stat_activity").where({ wait_event: "PgSleep" }).whereRaw("datname = current_database()"))
          .length > 0,
    )
      .then(() => trx("a").update({ held: 2 }))
      .then(() => trx.commit());

    let times = 0;
    await write(db, async (within) => {
      times += 1;
      await within.raw(setBoth);
    });
    await waiting;
    t.equal(times, 2);
    t.same(await db("a").pluck("held"), [1]);
    t.same(await db("b").pluck("held"), [1]);
  });
}

void t.test("deletions and a login of one account at once: nobody is told that the server is busy", async (t) => {
  const server = await makeApp(t);
  for (let round = 0; round < 10; round += 1) {
    const person = await makeUser(server);
    const { token } = await logIn(server, person);
    const remove = (own: string) => server.ask("DELETE", `/v1/users/${person.id}`, { token: own });
    const answers = await Promise.all([
      remove(person.token),
      logInWith(server, person.email, person.password),
      remove(token),
    ]);
    const statuses = answers.map(({ status }) => status);
    t.ok(statuses.includes(204), statuses.join());
    t.notOk(
      statuses.some((status) => status >= 500),
      statuses.join(),
    );
  }
});
