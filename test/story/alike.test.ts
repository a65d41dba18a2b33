import t, { type Test } from "tap";

import { makeApp, type Answer, type Ask, type TestApp } from "../fixtures/app.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { commitsDuring } from "../fixtures/commits.ts";
import { makeSharedDatabaseUrl } from "../fixtures/database.ts";
import { makeUser } from "../fixtures/people.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import { newId } from "../../src/db/id.ts";

/**
 * Nobody learns who has an account: not by what is answered, and not by the work behind it. Here the statements that the database is
 * asked, in their order, and the answers to the byte; `npm run bench:telling` measures the times.
 */

interface Observed {
  readonly answer: Answer;
  /** What the request asked the database, transactions' own statements among it. */
  readonly statements: readonly string[];
  /** What the background worker asked of it for the request. */
  readonly background: readonly string[];
}

const RESET = "/v1/auth/reset-password";
const nobody = () => `${newId()}@example.org`;

async function observe(
  server: TestApp,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  url: string,
  ask: Ask,
): Promise<Observed> {
  // The first look of a worker clears up as well.
  await server.worker.drain();
  let seen: string[] = [];
  const note = ({ sql }: { sql: string }) => seen.push(sql.replace(/trx\d+/g, "trx"));
  server.db.on("query", note);
  const answer = await server.ask(method, url, ask);
  const statements = seen;
  seen = [];
  await server.worker.drain();
  server.db.off("query", note);
  return { answer, statements, background: seen };
}

/** The answer with what was asked for in place of itself; the request's id differs always. */
function shapeOf({ status, headers, text }: Answer, asked: string) {
  const id = String(headers["x-request-id"]);
  const {
    date: _date,
    "x-request-id": _id,
    "ratelimit-remaining": _left,
    "ratelimit-reset": _reset,
    ...others
  } = headers;
  const same = (value: string) => {
    const withoutId = value.replaceAll(id, "ID");
    return asked === "" ? withoutId : withoutId.replaceAll(asked, "ASKED");
  };
  return {
    status,
    names: Object.keys(headers),
    headers: JSON.parse(same(JSON.stringify(others))) as object,
    text: same(text),
  };
}

function compare(t: Test, first: Observed, second: Observed, asked: readonly [string, string]): void {
  t.same(first.statements, second.statements, "the request asks the same of the database");
  t.same(first.background, second.background, "so does the worker");
  t.same(shapeOf(first.answer, asked[0]), shapeOf(second.answer, asked[1]), "the answers are the same");
}

void t.test("a reset request, for an account and for nobody", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  const server = await makeApp(t, { POSTMARK_SERVER_TOKEN: "a-server-token", POSTMARK_API_URL: postmark.url });
  const known = await insertUser(server.db, { email: nobody(), firstName: "Ada" });
  const unknown = nobody();
  const request = (email: string) => observe(server, "POST", RESET, { body: { data: { email } } });
  await request(nobody());
  const [first, second] = [await request(known.email), await request(unknown)];
  t.equal(first.answer.status, 200);
  t.equal(postmark.requests.length, 1, "one of them is mailed");
  t.ok(first.background.some((sql) => /update .*users/.test(sql)));
  compare(t, first, second, [known.email, unknown]);
});

void t.test("a reset request too many, for an account and for nobody", async (t) => {
  const server = await makeApp(t, { RESET_LIMIT_PER_ACCOUNT: "1/60" });
  const known = await insertUser(server.db, { email: nobody() });
  const unknown = nobody();
  const request = (email: string) => observe(server, "POST", RESET, { body: { data: { email } } });
  for (const email of [known.email, unknown]) await request(email);
  compare(t, await request(known.email), await request(unknown), [known.email, unknown]);
  t.equal(server.mailbox?.list().length, 1);
});

void t.test("as often the disk is waited for, for an account and for nobody, a taken and a free address", async (t) => {
  const url = await makeSharedDatabaseUrl(t);
  const server = await makeApp(t, { REGISTRATION: "confirm", DATABASE_URL: url });
  const known = await insertUser(server.db, { email: nobody() });
  const commitsOf = (path: string, body: object) =>
    commitsDuring(server.db, url, async () => {
      t.ok((await server.ask("POST", path, { body })).status < 300);
      await server.worker.drain();
    });
  const reset = (email: string) => commitsOf(RESET, { data: { email } });
  const register = (email: string) => commitsOf("/v1/users", { data: { type: "users", attributes: { email } } });
  for (const ask of [reset, register]) {
    await ask(nobody());
    const commits = await ask(known.email);
    t.ok(commits >= 5, String(commits));
    t.equal(await ask(nobody()), commits);
  }
});

void t.test("a registration to confirm, of a taken address and of a free one", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  const environment = { POSTMARK_SERVER_TOKEN: "a-server-token", POSTMARK_API_URL: postmark.url };
  const server = await makeApp(t, { REGISTRATION: "confirm", ...environment });
  const taken = await insertUser(server.db, { email: nobody(), password: "walnut-orbit-9" });
  const free = nobody();
  const request = (email: string) =>
    observe(server, "POST", "/v1/users", {
      body: { data: { type: "users", attributes: { email, firstName: "Ada" } } },
    });
  await request(nobody());
  const [first, second] = [await request(taken.email), await request(free)];
  t.equal(first.answer.status, 202);
  t.equal(postmark.requests.length, 3, "both are mailed");
  compare(t, first, second, [taken.email, free]);
});

void t.test("a refused login: wrong password, no password, an older hash, nobody", async (t) => {
  const server = await makeApp(t, { SCRYPT_P: "2" });
  const password = "walnut-orbit-9";
  const emails = [
    (await makeUser(server, { email: nobody(), password })).email,
    (await insertUser(server.db, { email: nobody() })).email,
    // Made by the fixture's hasher, which asks for less work.
    (await insertUser(server.db, { email: nobody(), password })).email,
  ];
  const unknown = nobody();
  const request = (email: string) =>
    observe(server, "POST", "/v1/sessions", {
      body: { data: { type: "sessions", attributes: { email, password: "wrong-orbit-9" } } },
    });
  const second = await request(unknown);
  t.equal(second.answer.status, 401);
  for (const email of emails) compare(t, await request(email), second, [email, unknown]);
});

void t.test("what belongs to somebody else, and what does not exist", async (t) => {
  const server = await makeApp(t);
  const [me, other] = [await makeUser(server), await makeUser(server)];
  const [noUser, noSession] = [newId(), newId()];
  const user = (id: string) => ({ data: { type: "users", id, attributes: { firstName: "Eve" } } });
  const requests: ["GET" | "POST" | "PATCH" | "DELETE", (id: string) => string, ((id: string) => unknown)?][] = [
    ["GET", (id) => `/v1/users/${id}`],
    ["GET", (id) => `/v1/users/${id}?include=roles,sessions`],
    ["GET", (id) => `/v1/users/${id}/sessions`],
    ["GET", (id) => `/v1/users/${id}/roles?filter[name]=admin`],
    ["GET", (id) => `/v1/users/${id}/relationships/roles`],
    ["GET", (id) => `/v1/users?filter[id]=${id}`],
    ["PATCH", (id) => `/v1/users/${id}`, user],
    ["PATCH", (id) => `/v1/users/${id}/relationships/roles`, () => ({ data: [] })],
    ["POST", (id) => `/v1/users/${id}/relationships/roles`, () => ({ data: [] })],
    ["DELETE", (id) => `/v1/users/${id}/relationships/roles`, () => ({ data: [] })],
    ["DELETE", (id) => `/v1/users/${id}`],
  ];
  const both = async (
    method: (typeof requests)[number][0],
    url: (id: string) => string,
    body: ((id: string) => unknown) | undefined,
    ids: [string, string],
  ) => {
    const first = await observe(server, method, url(ids[0]), { token: me.token, body: body?.(ids[0]) });
    const second = await observe(server, method, url(ids[1]), { token: me.token, body: body?.(ids[1]) });
    compare(t, first, second, ids);
    return first.answer.status;
  };
  for (const [method, url, body] of requests) {
    const status = await both(method, url, body, [other.id, noUser]);
    t.equal(status, url("").includes("filter[id]") ? 200 : 404, `${method} ${url("ID")}`);
  }
  for (const method of ["GET", "DELETE"] as const) {
    t.equal(await both(method, (id) => `/v1/sessions/${id}`, undefined, [other.sessionId, noSession]), 404);
    t.equal(await both("GET", (id) => `/v1/sessions/${id}/user`, undefined, [other.sessionId, noSession]), 404);
  }
});

void t.test("a token of the wrong form, and one that nobody has", async (t) => {
  const server = await makeApp(t);
  const password = "walnut-orbit-9";
  const request = (token: string) => observe(server, "PATCH", RESET, { body: { data: { token, password } } });
  const unknown = await request("A".repeat(43));
  t.equal(unknown.answer.status, 404);
  for (const token of ["x", "=".repeat(43), "B".repeat(5000), ""]) compare(t, await request(token), unknown, ["", ""]);
});
