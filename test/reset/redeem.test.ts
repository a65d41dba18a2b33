import t from "tap";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import type { Knex } from "knex";

import { prepareLogIn } from "../../src/accounts/sessions.ts";
import { prepareUserUpdate } from "../../src/accounts/update-user.ts";
import type { UserRow } from "../../src/db/tables.ts";
import { ANYBODY, callerOf, findUser, hasher, insertUser, KeepingMailer, TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { mailResets, makeResetServer, PATH } from "../fixtures/reset.ts";

const PASSWORD = "correct horse";
const NEW_PASSWORD = "battery staple";

interface Scene {
  db: Knex;
  clock: TestClock;
  app: FastifyInstance;
  mailer: KeepingMailer;
  ada: UserRow;
  /** Asks for a mail and reads the token in it. */
  ask(): Promise<string>;
  redeem(token: unknown, password?: unknown): Promise<LightMyRequestResponse>;
}

async function makeScene(t: Parameters<typeof makeDatabase>[0]): Promise<Scene> {
  const [db, clock, mailer] = [await makeDatabase(t), new TestClock(), new KeepingMailer()];
  const app = makeResetServer(t, db, clock);
  const ada = await insertUser(db, {
    email: "Ada@x.example",
    password: PASSWORD,
    firstName: "Ada",
    lastName: "Lovelace",
  });
  const ask = async () => {
    await app.inject({ method: "POST", url: PATH, payload: { data: { email: ada.email } } });
    await mailResets(db, clock, mailer);
    return mailer.token;
  };
  const redeem = async (token: unknown, password: unknown = NEW_PASSWORD) =>
    await app.inject({ method: "PATCH", url: PATH, payload: { data: { token, password } } });
  return { db, clock, app, mailer, ada, ask, redeem };
}

t.test("a token sets the password, once", async (t) => {
  const { db, clock, ada, ask, redeem } = await makeScene(t);
  const deps = { db, clock: clock.read, hasher, sessionTtl: 3600 };
  await db.transaction(await prepareLogIn(deps, { email: ada.email, password: PASSWORD, caller: ANYBODY }));
  const token = await ask();

  const answer = await redeem(token);
  t.equal(answer.statusCode, 200);
  t.equal(answer.body, JSON.stringify({ id: ada.id, email: "Ada@x.example", name: "Ada Lovelace" }));
  t.equal(answer.headers["cache-control"], "no-store");

  const after = await findUser(db, ada.id);
  t.equal((await hasher.verify(after.password, NEW_PASSWORD)).matches, true);
  t.match(after, { is_verified: 1, reset_password: null, reset_password_expires_at: null, credential_epoch: 1 });
  t.same(await db("sessions").select(), [], "all sessions end");
  t.match(await db("outbox").select("kind"), [{ kind: "notice.password-changed" }]);
  t.equal((await redeem(token)).statusCode, 404, "used");
});

t.test("a person without a name has none", async (t) => {
  const { db, ask, redeem } = await makeScene(t);
  await db("users").update({ first_name: " ", last_name: null });
  t.equal((await redeem(await ask())).json<{ name: string | null }>().name, null);
});

t.test("every token that lets nobody in has one answer", async (t) => {
  const { db, clock, ask, redeem } = await makeScene(t);
  const replaced = await ask();
  const token = await ask();
  const answers: string[] = [];
  const last = token.slice(-1);
  const sameBits = String.fromCharCode(last.charCodeAt(0) + 1);
  for (const bad of [
    "",
    "x",
    replaced,
    token.slice(0, -1),
    `${token}=`,
    ` ${token}`,
    `${token}\0`,
    token.toLowerCase(),
    token.slice(0, -1) + sameBits,
    Buffer.from(token, "base64url").toString("hex"),
    Buffer.from(token, "base64url").toString("base64"),
    "\ud800",
    "A".repeat(200_000),
    "' or 1=1 --",
  ]) {
    const answer = await redeem(bad);
    t.equal(answer.statusCode, 404, JSON.stringify(bad.slice(0, 50)));
    answers.push(answer.body);
  }
  clock.advance(3600);
  answers.push((await redeem(token)).body);
  await db("users").delete();
  answers.push((await redeem(token)).body);
  t.equal(new Set(answers).size, 1);
  t.equal((JSON.parse(answers[0] ?? "") as { error: string }).error, "User not found");
});

t.test("a token is good to the last second", async (t) => {
  const { clock, ask, redeem } = await makeScene(t);
  const token = await ask();
  clock.advance(3599);
  t.equal((await redeem(token)).statusCode, 200);
});

t.test("a refused password leaves the token usable", async (t) => {
  const { ask, redeem } = await makeScene(t);
  const token = await ask();
  for (const password of [
    "",
    "short",
    "password1",
    "ada@X.example",
    "x".repeat(257),
    `${NEW_PASSWORD}\0`,
    "x".repeat(200_000),
  ]) {
    const answer = await redeem(token, password);
    t.equal(answer.statusCode, 422, JSON.stringify(password.slice(0, 20)));
    t.match(answer.json(), { errors: [{ code: "invalid-attribute", source: { pointer: "/data/password" } }] });
  }
  t.equal((await redeem(token)).statusCode, 200);
});

t.test("an unknown token is 404 whatever the password, without hashing", async (t) => {
  const { redeem } = await makeScene(t);
  t.equal((await redeem("A".repeat(43), "short")).statusCode, 404);
});

t.test("missing and ill-typed members are told all at once", async (t) => {
  const { app, redeem } = await makeScene(t);
  const missing = await app.inject({ method: "PATCH", url: PATH, payload: { data: {} } });
  t.equal(missing.statusCode, 422);
  t.match(missing.json(), { errors: [{ source: { pointer: "/data" } }, { source: { pointer: "/data" } }] });
  for (const value of [null, 7, true, ["x"], { a: 1 }]) {
    const answer = await redeem(value, value);
    t.equal(answer.statusCode, 422);
    t.match(answer.json(), {
      errors: [{ source: { pointer: "/data/token" } }, { source: { pointer: "/data/password" } }],
    });
  }
});

t.test("of twenty at once with one token exactly one wins", async (t) => {
  const { db, ada, ask, redeem } = await makeScene(t);
  const token = await ask();
  const passwords = Array.from({ length: 20 }, (_, index) => `battery staple ${String(index)}`);
  const answers = await Promise.all(passwords.map((password) => redeem(token, password)));
  t.same(answers.map((answer) => answer.statusCode).sort(), [200, ...Array.from({ length: 19 }, () => 404)]);
  const winner = passwords[answers.findIndex((answer) => answer.statusCode === 200)] ?? "";
  t.equal((await hasher.verify((await findUser(db, ada.id)).password, winner)).matches, true);
  t.equal((await db("outbox").select("id")).length, 1);
});

t.test("a token dies with a change of the address or the password", async (t) => {
  for (const change of [{ email: "ada@new.example" }, { password: "another password" }]) {
    const { db, clock, ada, ask, redeem } = await makeScene(t);
    const token = await ask();
    const deps = { db, clock: clock.read, hasher, passwordRules: { minLength: 8 } };
    const changes = { ...change, currentPassword: PASSWORD };
    const commit = await prepareUserUpdate(deps, { user: ada, changes, caller: callerOf(ada.id) });
    await db.transaction(commit);
    t.equal((await redeem(token)).statusCode, 404);
  }
});

t.test("a failure in the middle leaves everything as it was", async (t) => {
  const { db, ada, ask, redeem } = await makeScene(t);
  const token = await ask();
  await db.schema.renameTable("outbox", "elsewhere");
  t.equal((await redeem(token)).statusCode, 500);
  t.equal((await findUser(db, ada.id)).password, ada.password);
  await db.schema.renameTable("elsewhere", "outbox");
  t.equal((await redeem(token)).statusCode, 200);
});

t.test("failures are counted, successes run through", async (t) => {
  const [db, clock] = [await makeDatabase(t), new TestClock()];
  const failed: string[] = [];
  const app = makeResetServer(t, db, clock, {
    limitFailures: {
      attempt: async (request, run) => {
        try {
          return await run();
        } catch (error) {
          failed.push(request.ip);
          throw error;
        }
      },
    },
  });
  await app.inject({ method: "PATCH", url: PATH, payload: { data: { token: "x", password: NEW_PASSWORD } } });
  await app.inject({ method: "PATCH", url: PATH, payload: { data: { token: 7, password: NEW_PASSWORD } } });
  t.same(failed, ["127.0.0.1"], "a malformed body is no attempt");
});
