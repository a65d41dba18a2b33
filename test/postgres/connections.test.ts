import type { Knex } from "knex";
import t, { type Test } from "tap";

import { isBusy } from "../../src/db/driver-errors.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeDatabaseUrl } from "../fixtures/database.ts";
import { makeUser, newestMail } from "../fixtures/people.ts";
import { directly } from "../fixtures/postgres/server.ts";
import { eventually } from "../fixtures/until.ts";

/** What becomes of requests and mails while connections to PostgreSQL break, wait for long, or do not come about. */

/** A server, and somebody else at its database. */
async function makeScene(
  t: Test,
  parameters = "",
  operatorsDatabase?: string,
): Promise<{ server: TestApp; operator: Knex }> {
  const url = directly(await makeDatabaseUrl(t));
  const operator = openDatabase(operatorsDatabase === undefined ? url : new URL(operatorsDatabase, url).href);
  t.teardown(() => operator.destroy());
  return { server: await makeApp(t, { DATABASE_URL: url + parameters }), operator };
}

const rename = (server: TestApp, { id, token }: { id: string; token: string }, firstName: string) =>
  server.ask("PATCH", `/v1/users/${id}`, { token, body: { data: { type: "users", id, attributes: { firstName } } } });

void t.test(
  "a connection that dies in the middle of a write: 503, nothing is written, and the next try is",
  async (t) => {
    const { server, operator } = await makeScene(t);
    const person = await makeUser(server, { firstName: "Ada" });
    const lock = await operator.transaction();
    await lock("users").where({ id: person.id }).forUpdate().first();
    const writing = rename(server, person, "Eve");
    await eventually(async () => {
      const { rows } = await operator.raw<{ rows: { pid: number }[] }>(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows[0];
    });
    const answer = await writing;
    await lock.rollback();
    t.equal(answer.status, 503, answer.text);
    t.equal(answer.headers["retry-after"], "1");
    t.match(await operator("users").where({ id: person.id }).first(), { first_name: "Ada" });
    t.equal((await rename(server, person, "Eve")).status, 200);
  },
);

void t.test("who waits too long for somebody else's lock is told to come back", async (t) => {
  const { server, operator } = await makeScene(t, "?options=-c%20lock_timeout%3D100ms");
  const person = await makeUser(server);
  const lock = await operator.transaction();
  await lock("users").where({ id: person.id }).forUpdate().first();
  const answer = await rename(server, person, "Eve");
  await lock.rollback();
  t.equal(answer.status, 503, answer.text);
  t.equal(answer.headers["retry-after"], "1");
  t.equal((await rename(server, person, "Eve")).status, 200);
});

void t.test("the server's statements have an end, and the operator's own settings come first", async (t) => {
  const { server, operator } = await makeScene(t, "?options=-c%20statement_timeout%3D5s&application_name=ours");
  const settingsOf = async (db: Knex) => {
    const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name"];
    const { rows } = await db.raw<{ rows: { setting: string }[] }>(
      `select current_setting(name) as setting from unnest(?::text[]) as names (name)`,
      [names],
    );
    return rows.map(({ setting }) => setting);
  };
  t.same(await settingsOf((await makeApp(t)).db), ["30s", "10s", "1min", "rekey"]);
  t.same(
    await settingsOf(operator),
    ["0", "10s", "1min", "rekey"],
    "the command line's do not: it may move millions of rows",
  );
  t.same(await settingsOf(server.db), ["5s", "10s", "1min", "ours"]);
  const cut: unknown = await server.db.raw("select pg_sleep(60)").catch((error: unknown) => error);
  t.ok(isBusy(cut), String(cut));
});

void t.test("an outage: 503 meanwhile, not ready, and afterwards what was accepted before is mailed", async (t) => {
  const { server, operator } = await makeScene(t, "", "postgres");
  const person = await makeUser(server);
  const forget = () => server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const statusOf = async (path: string) => (await server.ask("GET", path)).status;
  t.equal((await forget()).status, 200);
  t.equal(await statusOf("/readyz"), 200);

  const { rows } = await server.db.raw<{ rows: { name: string }[] }>("select current_database() as name");
  const name = rows[0]?.name ?? "";
  await operator.raw("alter database ?? allow_connections false", [name]);
  await operator.raw("select pg_terminate_backend(pid) from pg_stat_activity where datname = ?", [name]);
  await eventually(async () => ((await statusOf("/readyz")) === 503 ? true : undefined));
  t.equal(await statusOf("/healthz"), 200);
  const refused = await forget();
  t.equal(refused.status, 503, refused.text);
  t.equal(refused.headers["retry-after"], "1");
  t.equal((await server.ask("GET", "/v1/users", { token: person.token })).status, 503);
  await server.worker.drain();
  t.same(server.mailbox?.list(), []);

  await operator.raw("alter database ?? allow_connections true", [name]);
  await eventually(async () => ((await statusOf("/readyz")) === 200 ? true : undefined));
  t.equal((await server.ask("GET", "/v1/users", { token: person.token })).status, 200);
  const mail = await eventually(async () => await newestMail(server, person.email));
  t.match(mail, { tag: "reset" });
  t.equal(server.mailbox?.list().length, 1, "once");
});

void t.test("a migration under a running server: what was planned before it is planned anew", async (t) => {
  const { server, operator } = await makeScene(t);
  const { db } = server;
  const read = (database: Knex) => database("roles").where({ name: "admin" }).first();
  // On each of the pool's connections.
  await Promise.all(Array.from({ length: 8 }, () => read(db)));
  await operator.raw("alter table roles add column colour text");
  t.same(await Promise.all(Array.from({ length: 8 }, async () => (await read(db))?.name)), Array(8).fill("admin"));

  await operator.raw("alter table roles drop column colour");
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () => db.transaction((trx) => read(trx)).then(Boolean, isBusy)),
  );
  t.same(outcomes, Array(8).fill(true), "within a transaction there may be a 503");
  t.equal((await db.transaction((trx) => read(trx)))?.name, "admin");
});

void t.test("statements that clients make as long as they like are not kept by the database", async (t) => {
  const { server } = await makeScene(t);
  const { token } = await makeUser(server);
  const lengths = async () => {
    const { rows } = await server.db.raw<{ rows: { length: number }[] }>(
      "select length(statement) as length from pg_prepared_statements where from_sql = false",
    );
    return rows.map(({ length }) => length);
  };
  const filters = ["name", "description"].flatMap((name) =>
    ["like", "ilike", "eq", "ne"].map((operator) => `filter[roles.users.roles.${name}][${operator}]=a`),
  );
  const read = (most: number) => server.ask("GET", `/v1/users?${filters.slice(0, most).join("&")}`, { token });
  t.equal((await read(1)).status, 200);
  const before = await lengths();
  t.ok(before.length > 0 && Math.max(...before) > 1000, "what has an ordinary length is");
  t.equal((await read(filters.length)).status, 200);
  t.same(await lengths(), before);
});
