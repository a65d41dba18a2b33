import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser } from "../fixtures/people.ts";
import { makeFolder } from "../fixtures/process.ts";
import { statementsOf } from "../fixtures/statements.ts";

/** A server on a file, somebody who is logged in there, and the same database as another process sees it. */
async function makeScene(t: Test, clock = Date.now) {
  const url = `sqlite:${join(makeFolder(t), "rekey.sqlite")}`;
  const server = await makeApp(t, { DATABASE_URL: url }, { clock });
  const other = openDatabase(url);
  t.teardown(() => other.destroy());
  return { server, other };
}

/** An answer, and how many statements it costs. */
async function get(server: TestApp, url: string, token: string) {
  const { result, statements } = await statementsOf(server.db, () => server.ask("GET", url, { token }));
  return { status: result.status, queries: statements.length, body: result.body };
}

async function read(server: TestApp, id: string, token: string) {
  const { status, queries } = await get(server, `/v1/users/${id}`, token);
  return { status, queries };
}

void t.test("a session is asked for once, as long as nothing is committed", async (t) => {
  const { server, other } = await makeScene(t);
  const { id, token } = await makeUser(server);
  t.same(await read(server, id, token), { status: 200, queries: 2 });
  t.same(await read(server, id, token), { status: 200, queries: 1 });
  await other("roles").insert({ id: "r", name: "r", name_normal: "r", created_at: "", updated_at: "" });
  t.same(await read(server, id, token), { status: 200, queries: 2 }, "whatever it was");
});

void t.test("a session that another process ends is over with its commit", async (t) => {
  const { server, other } = await makeScene(t);
  const { id, token } = await makeUser(server);
  await read(server, id, token);
  await other.transaction(async (trx) => {
    await trx("sessions").where({ user_id: id }).delete();
    t.equal((await read(server, id, token)).status, 200, "not before");
  });
  t.equal((await read(server, id, token)).status, 401);
});

void t.test("so is one whose user's credentials change, and what an admin could do", async (t) => {
  const { server, other } = await makeScene(t);
  const person = await makeUser(server);
  const admin = await makeAdmin(server);
  await read(server, person.id, person.token);
  t.equal((await read(server, person.id, admin.token)).status, 200);
  await other("users").where({ id: person.id }).increment("credential_epoch", 1);
  await other("user_roles").where({ user_id: admin.id }).delete();
  t.equal((await read(server, person.id, person.token)).status, 401);
  t.equal((await read(server, person.id, admin.token)).status, 404);
});

void t.test("what lies beside a symbolic link to the database is not taken for the database's own", async (t) => {
  const folder = makeFolder(t);
  const link = join(folder, "rekey.sqlite");
  mkdirSync(join(folder, "moved"));
  symlinkSync(join(folder, "moved", "rekey.sqlite"), link);
  writeFileSync(`${link}-shm`, Buffer.alloc(32_768, 1));
  const server = await makeApp(t, { DATABASE_URL: `sqlite:${link}` });
  const { id, token } = await makeUser(server);
  await read(server, id, token);
  t.same(await read(server, id, token), { status: 200, queries: 1 }, "it is kept here too");
  await server.db("sessions").delete();
  t.equal((await read(server, id, token)).status, 401);
});

void t.test("a hundred sessions that end among reads: none is good once its end was answered", async (t) => {
  const { server } = await makeScene(t);
  const person = await makeUser(server);
  const outcomes = [];
  for (let round = 0; round < 20; round += 1) {
    const sessions = await Promise.all(Array.from({ length: 5 }, () => logIn(server, person)));
    outcomes.push(
      ...(await Promise.all(
        sessions.map(async ({ sessionId, token }) => {
          await read(server, person.id, token);
          const ended = server.ask("DELETE", `/v1/sessions/${sessionId}`, { token });
          await read(server, person.id, token);
          return [(await ended).status, (await read(server, person.id, token)).status];
        }),
      )),
    );
  }
  t.same(
    outcomes,
    Array.from({ length: 100 }, () => [204, 401]),
  );
});

void t.test("time ends sessions that are kept", async (t) => {
  let now = Date.now();
  const url = `sqlite:${join(makeFolder(t), "rekey.sqlite")}`;
  const environment = { DATABASE_URL: url, SESSION_TTL: "3600", SESSION_IDLE_TTL: "300" };
  const server = await makeApp(t, environment, { clock: () => now });
  const { id, token } = await makeUser(server);
  await read(server, id, token);
  now += 299_000;
  t.equal((await read(server, id, token)).status, 200);
  now += 301_000;
  t.equal((await read(server, id, token)).status, 401, "not used for too long");
});

void t.test("a total is counted once, as long as nothing is committed, and is that of its own filter", async (t) => {
  const { server, other } = await makeScene(t);
  const { token } = await makeAdmin(server);
  const add = (name: string) =>
    other("roles").insert({ id: name, name, name_normal: name, created_at: "", updated_at: "" });
  for (const name of ["x1", "x2", "y1", "y2"]) await add(name);
  const total = async (filter: string) => {
    const { queries, body } = await get(server, `/v1/roles?page[size]=1&filter[name][like]=${filter}`, token);
    return { total: body.meta.total, queries };
  };
  const first = [await total("x*"), await total("y*")];
  t.same(first, [
    { total: 2, queries: 3 },
    { total: 2, queries: 2 },
  ]);
  t.same(
    [await total("x*"), await total("y*")],
    [
      { total: 2, queries: 1 },
      { total: 2, queries: 1 },
    ],
  );
  await add("y3");
  t.same(
    [await total("x*"), await total("y*")],
    [
      { total: 2, queries: 3 },
      { total: 3, queries: 2 },
    ],
  );
});

void t.test("whoever only reads may do so while nothing can be written", async (t) => {
  let now = Date.now();
  const { server, other } = await makeScene(t, () => now);
  const { id, token } = await makeUser(server);
  await server.db.raw("PRAGMA busy_timeout = 20");
  now += 120_000;
  const lock = await other.transaction();
  t.equal((await read(server, id, token)).status, 200, "another process writes");
  await lock.rollback();
  await server.db.raw("PRAGMA query_only = ON");
  t.equal((await read(server, id, token)).status, 200, "nothing may be written");
  await server.db.raw("PRAGMA query_only = OFF");
  t.equal((await read(server, id, token)).status, 200);
  t.same(await other("sessions").pluck("last_used_at"), [new Date(now).toISOString()], "noted when it can be");
});
