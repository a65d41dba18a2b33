import t from "tap";
import type { Knex } from "knex";

import { Hasher } from "../../src/accounts/hasher.ts";
import { findCaller } from "../../src/accounts/find-caller.ts";
import { endSessions, prepareLogIn, purgeExpiredSessions } from "../../src/accounts/sessions.ts";
import { ANYBODY, CLIENT, findUser, hasher, insertUser, TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const PASSWORD = "correct horse";
const wrong = { status: 401, code: "wrong-credentials" };

function depsOf(db: Knex, clock: TestClock, sessionTtl = 3600) {
  return { db, clock: clock.read, hasher, sessionTtl };
}

async function logIn(deps: ReturnType<typeof depsOf>, email: string, password = PASSWORD) {
  const commit = await prepareLogIn(deps, { email, password, caller: ANYBODY });
  return await deps.db.transaction(async (trx) => await commit(trx));
}

t.test("a login opens a session whose token tells the caller", async (t) => {
  const db = await makeDatabase(t);
  const clock = new TestClock();
  const user = await insertUser(db, { email: "Ada@x.example", password: PASSWORD });
  const { sessionId, token, caller } = await logIn(depsOf(db, clock), " aDA@x.example");

  t.match(token, /^[\w-]{43}$/);
  t.same(caller, { userId: user.id, sessionId, isAdmin: false, tokenSent: true, client: CLIENT });
  t.same(await findCaller(depsOf(db, clock), `Bearer ${token}`, CLIENT), caller);
  t.same(await findCaller(depsOf(db, clock), `bearer  ${token}`, CLIENT), caller, "the scheme in any case");
  t.equal((await findUser(db, user.id)).last_login_at, new Date(clock.now).toISOString());
  const row = await db("sessions").where({ id: sessionId }).first();
  t.not(JSON.stringify(row).includes(token), "the token is not stored");
});

t.test("an admin is known as one", async (t) => {
  const db = await makeDatabase(t);
  const deps = depsOf(db, new TestClock());
  await insertUser(db, { email: "ada@x.example", password: PASSWORD, isAdmin: true });
  const { token, caller } = await logIn(deps, "ada@x.example");
  t.equal(caller.isAdmin, true);
  t.equal((await findCaller(deps, `Bearer ${token}`, CLIENT)).isAdmin, true);
});

t.test("unknown address, wrong password, no password, no address: one answer after the same queries", async (t) => {
  const db = await makeDatabase(t);
  const deps = depsOf(db, new TestClock());
  await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  await insertUser(db, { email: "new@x.example" });
  let queries: string[] = [];
  db.on("query", (query: { sql: string }) => queries.push(query.sql));
  const seen = new Set<string>();
  for (const [email, password] of [
    ["nobody@x.example", PASSWORD],
    ["ada@x.example", "wrong horse"],
    ["ada@x.example", `${PASSWORD}\0`],
    ["ada@x.example", ""],
    ["new@x.example", ""],
    ["new@x.example", PASSWORD],
    ["no address", PASSWORD],
    ["", ""],
    ["a".repeat(100_000), "b".repeat(100_000)],
  ] as const) {
    queries = [];
    await t.rejects(logIn(deps, email, password), wrong);
    seen.add(queries.join(";"));
  }
  t.equal(seen.size, 1);
});

t.test("a hash of an older cost is renewed by a login, and sessions go on", async (t) => {
  const db = await makeDatabase(t);
  const deps = depsOf(db, new TestClock());
  const user = await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  const before = await logIn(deps, "ada@x.example");
  const stronger = new Hasher({ logN: 5, p: 1 });
  const commit = await prepareLogIn(
    { ...deps, hasher: stronger },
    { email: "ada@x.example", password: PASSWORD, caller: ANYBODY },
  );
  await db.transaction(async (trx) => await commit(trx));

  const { password } = await findUser(db, user.id);
  t.not(password, user.password);
  t.same(await stronger.verify(password, PASSWORD), { matches: true, outdated: false });
  t.equal((await findCaller(deps, `Bearer ${before.token}`, CLIENT)).userId, user.id);
});

t.test("a login whose credentials change before the commit fails", async (t) => {
  const db = await makeDatabase(t);
  const deps = depsOf(db, new TestClock());
  const user = await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  const commit = await prepareLogIn(deps, { email: "ada@x.example", password: PASSWORD, caller: ANYBODY });
  await db("users").where({ id: user.id }).increment("credential_epoch", 1);
  await t.rejects(
    db.transaction(async (trx) => await commit(trx)),
    wrong,
  );
  t.same(await db("sessions").select(), []);
});

t.test("a session ends by time, by a change of credentials, with its user, and by endSessions", async (t) => {
  const db = await makeDatabase(t);
  const clock = new TestClock();
  const deps = depsOf(db, clock, 3600);
  const user = await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  const isAlive = async (token: string) => (await findCaller(deps, `Bearer ${token}`, CLIENT)).userId !== null;

  const first = await logIn(deps, "ada@x.example");
  clock.advance(3599);
  t.equal(await isAlive(first.token), true);
  clock.advance(1);
  t.equal(await isAlive(first.token), false, "expired");
  t.equal(await purgeExpiredSessions(db, clock.now), 1);

  const second = await logIn(deps, "ada@x.example");
  await db("users").where({ id: user.id }).increment("credential_epoch", 1);
  t.equal(await isAlive(second.token), false, "other epoch");

  const [third, fourth] = [await logIn(deps, "ada@x.example"), await logIn(deps, "ada@x.example")];
  await endSessions(db, user.id, fourth.sessionId);
  t.equal(await isAlive(third.token), false, "ended");
  t.equal(await isAlive(fourth.token), true, "kept");
  await db("users").where({ id: user.id }).delete();
  t.equal(await isAlive(fourth.token), false, "user gone");
});

t.test("what cannot be a token is nobody, without a query", async (t) => {
  const db = await makeDatabase(t);
  const deps = depsOf(db, new TestClock());
  let queries = 0;
  db.on("query", () => (queries += 1));
  for (const header of [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Basic YTpi",
    `Bearer ${"A".repeat(42)}`,
    `Bearer ${"A".repeat(44)}`,
    `Bearer ${"A".repeat(43)} x`,
    "A".repeat(43),
    `Bearer ${"é".repeat(43)}`,
    `Bearer ${"A".repeat(100_000)}`,
  ]) {
    const caller = await findCaller(deps, header, CLIENT);
    t.same([caller.userId, caller.tokenSent], [null, true], header.slice(0, 60));
  }
  t.equal((await findCaller(deps, undefined, CLIENT)).tokenSent, false);
  t.equal(queries, 0);
  t.same((await findCaller(deps, `Bearer ${"A".repeat(43)}`, CLIENT)).userId, null);
  t.equal(queries, 1);
});

t.test("the time of the last use is written at most once a minute", async (t) => {
  const db = await makeDatabase(t);
  const clock = new TestClock();
  const deps = depsOf(db, clock);
  await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  const { token } = await logIn(deps, "ada@x.example");
  const updates: string[] = [];
  db.on("query", (query: { sql: string }) => {
    if (query.sql.startsWith("update")) updates.push(query.sql);
  });
  for (const seconds of [0, 30, 29, 1, 5, 60]) {
    clock.advance(seconds);
    await findCaller(deps, `Bearer ${token}`, CLIENT);
  }
  t.equal(updates.length, 2);
  t.equal((await db("sessions").first())?.last_used_at, new Date(clock.now).toISOString());
});

t.test("a user has a hundred sessions at most, the oldest go", async (t) => {
  const db = await makeDatabase(t);
  const clock = new TestClock();
  const deps = depsOf(db, clock);
  await insertUser(db, { email: "ada@x.example", password: PASSWORD });
  const tokens: string[] = [];
  for (let i = 0; i < 103; i += 1) {
    clock.advance(1);
    tokens.push((await logIn(deps, "ada@x.example")).token);
  }
  t.equal((await db("sessions").select("id")).length, 100);
  t.equal((await findCaller(deps, `Bearer ${tokens[2] ?? ""}`, CLIENT)).userId, null);
  t.not((await findCaller(deps, `Bearer ${tokens[3] ?? ""}`, CLIENT)).userId, null);
});
