import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser } from "../fixtures/people.ts";

const attempt = (email: unknown, password: unknown) => ({
  body: { data: { type: "sessions", attributes: { email, password } } },
});

void t.test("logging in makes a session and shows its token once", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const opened = await server.ask("POST", "/v1/sessions", {
    ...attempt(person.email, person.password),
    headers: { "user-agent": "Test/1.0" },
  });
  t.equal(opened.status, 201);
  const { id, attributes, relationships } = opened.body.data;
  t.equal(opened.headers["location"], `http://rekey.test/v1/sessions/${String(id)}`);
  t.match(attributes.token, /^[\w-]{43}$/);
  t.equal(attributes.userAgent, "Test/1.0");
  t.same(relationships.user.data, { type: "users", id: person.id });

  const read = await server.ask("GET", `/v1/sessions/${String(id)}`, { token: attributes.token as string });
  t.equal(read.status, 200);
  t.notOk("token" in read.body.data.attributes);
  t.notMatch(JSON.stringify(await server.db("sessions").select()), attributes.token);
});

void t.test("a session may be answered with its user", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const opened = await server.ask("POST", "/v1/sessions?include=user", attempt(person.email, person.password));
  t.equal(opened.body.included[0].id, person.id);
});

void t.test("an unknown address and a wrong password get the same answer", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const [wrong, unknown] = await Promise.all([
    server.ask("POST", "/v1/sessions", attempt(person.email, "not-the-password")),
    server.ask("POST", "/v1/sessions", attempt("nobody@example.org", "not-the-password")),
  ]);
  t.equal(wrong.status, 401);
  t.equal(unknown.status, 401);
  const [first, second] = [wrong, unknown].map(({ body }) => body.errors[0]);
  t.same({ ...first, id: "" }, { ...second, id: "" });
});

void t.test("what is no text is no credential: 422 with a pointer each", async (t) => {
  const server = await makeApp(t);
  for (const value of [null, 7, true, ["a@example.org"], { a: 1 }]) {
    const answer = await server.ask("POST", "/v1/sessions", attempt(value, value));
    t.equal(answer.status, 422, JSON.stringify(value));
    t.same(
      answer.body.errors.map(({ source }: { source: unknown }) => source),
      [{ pointer: "/data/attributes/email" }, { pointer: "/data/attributes/password" }],
    );
  }
  const missing = await server.ask("POST", "/v1/sessions", { body: { data: { type: "sessions", attributes: {} } } });
  t.same(
    missing.body.errors.map(({ source }: { source: unknown }) => source),
    [{ pointer: "/data/attributes" }, { pointer: "/data/attributes" }],
  );
});

void t.test("a megabyte of password is no more work than a few bytes, and no fault of ours", async (t) => {
  const server = await makeApp(t);
  const huge = await server.ask("POST", "/v1/sessions", attempt("who@example.org", "x".repeat(1_000_000)));
  t.equal(huge.status, 413);
  const large = await server.ask("POST", "/v1/sessions", attempt("who@example.org", "x".repeat(200_000)));
  t.equal(large.status, 401);
});

void t.test("clients may not choose a session's id; id null and a lid are as good as none", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const attributes = { email: person.email, password: person.password };
  const own = await server.ask("POST", "/v1/sessions", {
    body: { data: { type: "sessions", id: "0195e0a0-0000-7000-8000-000000000000", attributes } },
  });
  t.equal(own.status, 403);
  t.equal(own.body.errors[0].source.pointer, "/data/id");
  const none = await server.ask("POST", "/v1/sessions", {
    body: { data: { type: "sessions", id: null, lid: "a", attributes } },
  });
  t.equal(none.status, 201);
});

void t.test("a user reads and deletes their own sessions, and no others", async (t) => {
  const server = await makeApp(t);
  const [one, other] = [await makeUser(server), await makeUser(server)];
  const list = await server.ask("GET", "/v1/sessions", { token: one.token });
  t.same(
    list.body.data.map(({ id }: { id: string }) => id),
    [one.sessionId],
  );
  const foreign = await server.ask("GET", `/v1/sessions/${other.sessionId}`, { token: one.token });
  const missing = await server.ask("GET", "/v1/sessions/0195e0a0-0000-7000-8000-000000000000", { token: one.token });
  t.equal(foreign.status, 404);
  t.same({ ...foreign.body.errors[0], id: "" }, { ...missing.body.errors[0], id: "" });
  t.equal((await server.ask("DELETE", `/v1/sessions/${other.sessionId}`, { token: one.token })).status, 404);

  const second = await logIn(server, one);
  t.equal((await server.ask("DELETE", `/v1/sessions/${one.sessionId}`, { token: second.token })).status, 204);
  t.equal((await server.ask("GET", "/v1/sessions", { token: one.token })).status, 401);
  t.equal((await server.ask("GET", "/v1/sessions", { token: second.token })).status, 200);
});

void t.test("an admin reads and deletes everybody's sessions", async (t) => {
  const server = await makeApp(t);
  const [admin, user] = [await makeAdmin(server), await makeUser(server)];
  const list = await server.ask("GET", "/v1/sessions", { token: admin.token });
  t.equal(list.body.meta.total, 2);
  t.equal((await server.ask("DELETE", `/v1/sessions/${user.sessionId}`, { token: admin.token })).status, 204);
  t.equal((await server.ask("GET", "/v1/users", { token: user.token })).status, 401);
});

void t.test("a session is never changed: 405 with Allow, and 403 for its user", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const path = `/v1/sessions/${person.sessionId}`;
  const patch = await server.ask("PATCH", path, {
    token: person.token,
    body: { data: { type: "sessions", id: person.sessionId } },
  });
  t.equal(patch.status, 405);
  t.match(String(patch.headers["allow"]), /GET/);
  for (const method of ["PATCH", "POST", "DELETE"] as const) {
    const answer = await server.ask(method, `${path}/relationships/user`, {
      token: person.token,
      body: { data: method === "PATCH" ? { type: "users", id: person.id } : [] },
    });
    t.equal(answer.status, 403, method);
  }
});

void t.test("no session where one is needed: 401 with WWW-Authenticate", async (t) => {
  const server = await makeApp(t);
  for (const path of ["/v1/users", "/v1/roles", "/v1/sessions", "/v1/users/0195e0a0-0000-7000-8000-000000000000"]) {
    const none = await server.ask("GET", path);
    t.equal(none.status, 401, path);
    t.equal(none.headers["www-authenticate"], "Bearer");
    const bad = await server.ask("GET", path, { token: "not-a-token" });
    t.equal(bad.status, 401);
    t.match(String(bad.headers["www-authenticate"]), "invalid_token");
  }
});

void t.test("sessions end: with time, and a stale token does not keep anybody from logging in", async (t) => {
  let now = Date.now();
  const server = await makeApp(t, { SESSION_TTL: "60" }, { clock: () => now });
  const person = await makeUser(server);
  now += 61_000;
  t.equal((await server.ask("GET", "/v1/users", { token: person.token })).status, 401);
  const again = await server.ask("POST", "/v1/sessions", {
    ...attempt(person.email, person.password),
    token: person.token,
  });
  t.equal(again.status, 201);
});

void t.test("failed logins are limited per client; good ones are not", async (t) => {
  const server = await makeApp(t, { LOGIN_LIMIT_PER_IP: "3/60" });
  const person = await makeUser(server);
  for (let index = 0; index < 5; index += 1) await logIn(server, person);
  const parallel = await Promise.all(
    Array.from({ length: 10 }, () => server.ask("POST", "/v1/sessions", attempt(person.email, "wrong-wrong"))),
  );
  t.equal(parallel.filter(({ status }) => status === 401).length, 3, "guesses in parallel do not slip past");
  t.equal(parallel.filter(({ status }) => status === 429).length, 7);
  const blocked = await server.ask("POST", "/v1/sessions", attempt(person.email, person.password));
  t.equal(blocked.status, 429);
  t.ok(Number(blocked.headers["retry-after"]) > 0);
});

void t.test(
  "who logs in again with a session goes on with the new one alone; a session of somebody else stays",
  async (t) => {
    const server = await makeApp(t);
    const [ada, bob] = [await makeUser(server), await makeUser(server)];
    const logInWith = (token: string) =>
      server.ask("POST", "/v1/sessions", {
        token,
        body: { data: { type: "sessions", attributes: { email: ada.email, password: ada.password } } },
      });
    const statusOf = async (token: string) => (await server.ask("GET", "/v1/sessions", { token })).status;

    const again = await logInWith(ada.token);
    t.equal(again.status, 201);
    t.equal(await statusOf(ada.token), 401, "replaced");
    t.equal(await statusOf(String(again.body.data.attributes.token)), 200);
    t.equal((await logInWith(bob.token)).status, 201);
    t.equal(await statusOf(bob.token), 200);
    t.equal((await logInWith("stale")).status, 201);
  },
);

void t.test("a session that is not used ends, if the operator wants it so", async (t) => {
  let now = Date.now();
  const server = await makeApp(t, { SESSION_IDLE_TTL: "900" }, { clock: () => now });
  const { id, token } = await makeUser(server);
  const read = async () => (await server.ask("GET", `/v1/users/${id}`, { token })).status;
  for (let time = 0; time < 4; time += 1) {
    now += 800_000;
    t.equal(await read(), 200, "used in time");
  }
  now += 900_000;
  t.equal(await read(), 401);
});
