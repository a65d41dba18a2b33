import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const document = (attributes: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  body: { data: { type: "users", attributes, ...more } },
});

function change(server: TestApp, person: Person, attributes: Record<string, unknown>, token = person.token, more = {}) {
  return server.ask("PATCH", `/v1/users/${person.id}`, {
    token,
    body: { data: { type: "users", id: person.id, attributes, ...more } },
  });
}

void t.test("anybody registers; the answer is the new user and where it is", async (t) => {
  const server = await makeApp(t);
  const answer = await server.ask(
    "POST",
    "/v1/users",
    document({ email: "  Ada@Example.org ", password: "orbit-walnut" }),
  );
  t.equal(answer.status, 201);
  const { id, attributes } = answer.body.data;
  t.equal(answer.headers["location"], `http://rekey.test/v1/users/${String(id)}`);
  t.equal(attributes.email, "Ada@Example.org", "stored as given, trimmed");
  t.equal(attributes.isVerified, false);
  t.notMatch(answer.text, /orbit-walnut|password|token|hash/);
});

void t.test("an address is taken in every letter case and Unicode form", async (t) => {
  const server = await makeApp(t);
  await makeUser(server, { email: "jose\u0301@example.org" });
  for (const email of ["JOS\u00c9@example.org", "jos\u00e9@EXAMPLE.org", "\uff4aos\u00e9@example.org"]) {
    const answer = await server.ask("POST", "/v1/users", document({ email, password: "orbit-walnut" }));
    t.equal(answer.status, 409, email);
    t.equal(answer.body.errors[0].source.pointer, "/data/attributes/email");
  }
});

void t.test("two registrations of one address at once: one is made, one is told", async (t) => {
  const server = await makeApp(t);
  const answers = await Promise.all(
    ["a@example.org", "A@example.org"].map((email) =>
      server.ask("POST", "/v1/users", document({ email, password: "orbit-walnut" })),
    ),
  );
  t.same(answers.map(({ status }) => status).sort(), [201, 409]);
});

void t.test("passwords are refused with a reason and a pointer", async (t) => {
  const server = await makeApp(t);
  for (const password of [
    "short",
    "password1",
    "a".repeat(257),
    "with\0nul-in-it",
    "lone\ud800surrogate",
    "ada@example.org",
  ]) {
    const answer = await server.ask("POST", "/v1/users", document({ email: "ada@example.org", password }));
    t.equal(answer.status, 422, JSON.stringify(password).slice(0, 40));
    t.equal(answer.body.errors[0].source.pointer, "/data/attributes/password");
    t.equal(answer.body.errors[0].meta.attribute, "password");
  }
  const missing = await server.ask("POST", "/v1/users", document({ email: "ada@example.org" }));
  t.equal(missing.status, 422);
  t.equal(missing.body.errors[0].source.pointer, "/data/attributes");
});

void t.test("a newcomer gives themselves no role and no verification", async (t) => {
  const server = await makeApp(t);
  const role = await server.db("roles").where({ name: "admin" }).first("id");
  const attributes = { email: "eve@example.org", password: "orbit-walnut" };
  const verified = await server.ask("POST", "/v1/users", document({ ...attributes, isVerified: true }));
  t.equal(verified.status, 403);
  t.equal(verified.body.errors[0].source.pointer, "/data/attributes/isVerified");
  const roles = { roles: { data: [{ type: "roles", id: role?.id }] } };
  const admin = await server.ask("POST", "/v1/users", document(attributes, { relationships: roles }));
  t.equal(admin.status, 403);
  t.equal(admin.body.errors[0].source.pointer, "/data/relationships/roles");
  const harmless = await server.ask(
    "POST",
    "/v1/users",
    document({ ...attributes, isVerified: false, lastLoginAt: null }, { relationships: { roles: { data: [] } } }),
  );
  t.equal(harmless.status, 201, "what says what would be the case anyway is no write");
});

void t.test("a user sees themselves alone, in every way of looking", async (t) => {
  const server = await makeApp(t);
  const [one, other] = [await makeUser(server), await makeUser(server)];
  const role = await server.ask("POST", "/v1/roles", {
    token: (await makeAdmin(server)).token,
    body: {
      data: {
        type: "roles",
        attributes: { name: "editor" },
        relationships: { users: { data: [one, other].map(({ id }) => ({ type: "users", id })) } },
      },
    },
  });
  const roleId = String(role.body.data.id);
  const read = async (path: string) => (await server.ask("GET", path, { token: one.token })).body;

  t.same(
    (await read("/v1/users")).data.map(({ id }: { id: string }) => id),
    [one.id],
  );
  t.equal((await read(`/v1/users?filter[email]=${other.email}`)).meta.total, 0);
  t.equal((await read(`/v1/users?filter[id]=${other.id}`)).meta.total, 0);
  t.equal((await server.ask("GET", `/v1/users/${other.id}`, { token: one.token })).status, 404);
  t.equal((await server.ask("GET", `/v1/users/${other.id}/roles`, { token: one.token })).status, 404);
  t.equal((await server.ask("GET", `/v1/users/${other.id}/relationships/roles`, { token: one.token })).status, 404);
  t.same(
    (await read(`/v1/roles/${roleId}/users`)).data.map(({ id }: { id: string }) => id),
    [one.id],
  );
  t.same((await read(`/v1/roles/${roleId}/relationships/users`)).data, [{ type: "users", id: one.id }]);
  t.notMatch(JSON.stringify(await read("/v1/users?include=roles.users.sessions")), other.id);
  t.equal((await read(`/v1/roles?filter[users]=${other.id}`)).meta.total, 0);
});

void t.test("another user is not found, whether there is one or not, whatever is tried", async (t) => {
  const server = await makeApp(t);
  const [one, other] = [await makeUser(server), await makeUser(server)];
  const nobody = { ...other, id: "0195e0a0-0000-7000-8000-000000000000" };
  for (const method of ["PATCH", "DELETE"] as const) {
    const answers = await Promise.all(
      [other, nobody].map(({ id }) =>
        server.ask(method, `/v1/users/${id}`, {
          token: one.token,
          ...(method === "PATCH"
            ? { body: { data: { type: "users", id, attributes: { firstName: "Mallory" } } } }
            : {}),
        }),
      ),
    );
    t.same(
      answers.map(({ status }) => status),
      [404, 404],
    );
    t.same({ ...answers[0]?.body.errors[0], id: "" }, { ...answers[1]?.body.errors[0], id: "" });
  }
});

void t.test("a user changes their own profile; an echo of the whole resource is no fault", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const read = await server.ask("GET", `/v1/users/${person.id}?include=roles`, { token: person.token });
  const echoed = await server.ask("PATCH", `/v1/users/${person.id}`, {
    token: person.token,
    body: {
      data: {
        ...read.body.data,
        attributes: {
          ...read.body.data.attributes,
          firstName: "Grace",
          avatarUrl: "https://example.org/a.png",
          password: null,
        },
      },
    },
  });
  t.equal(echoed.status, 200);
  t.equal(echoed.body.data.attributes.firstName, "Grace");
  t.equal(echoed.body.data.attributes.avatarUrl, "https://example.org/a.png");
  const changed = await change(server, person, { createdAt: "2020-01-01T00:00:00Z" });
  t.equal(changed.status, 403);
  t.equal(changed.body.errors[0].source.pointer, "/data/attributes/createdAt");
});

void t.test("several faults are reported at once, each with its pointer", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const answer = await change(server, person, {
    firstName: 7,
    lastName: ["x"],
    avatarUrl: "javascript:alert(1)",
    password: "short",
    nickname: "x",
    constructor: 1,
  });
  t.equal(answer.status, 422);
  t.same(
    answer.body.errors.map(({ source }: { source: { pointer: string } }) => source.pointer),
    ["firstName", "lastName", "avatarUrl", "password", "nickname", "constructor"].map(
      (name) => `/data/attributes/${name}`,
    ),
  );
});

void t.test("what is wrong with a new user's address and password comes at once", async (t) => {
  const server = await makeApp(t);
  const answer = await server.ask("POST", "/v1/users", document({ email: "no address", password: "short" }));
  t.equal(answer.status, 422);
  t.match(answer.body.errors, [
    { meta: { attribute: "email" } },
    { meta: { attribute: "password", message: "must have at least 8 characters" } },
  ]);
});

void t.test("an own password changes with the current one; other sessions end, links die, a mail tells", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const elsewhere = await logIn(server, person);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const link = tokenIn(await newestMail(server, person.email));

  const bare = await change(server, person, { password: "another-walnut" });
  t.equal(bare.status, 422);
  t.equal(bare.body.errors[0].source.pointer, "/data/attributes");
  const wrong = await change(server, person, { password: "another-walnut", currentPassword: "wrong-wrong" });
  t.equal(wrong.status, 422);
  t.equal(wrong.body.errors[0].source.pointer, "/data/attributes/currentPassword");
  const right = await change(server, person, { password: "another-walnut", currentPassword: person.password });
  t.equal(right.status, 200);

  t.equal((await server.ask("GET", "/v1/users", { token: person.token })).status, 200, "this session goes on");
  t.equal((await server.ask("GET", "/v1/users", { token: elsewhere.token })).status, 401);
  const redeemed = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token: link, password: "third-walnut-x" } },
  });
  t.equal(redeemed.status, 404);
  t.match((await newestMail(server, person.email))?.subject, /changed/i);
});

void t.test("an own address changes with the password; the old one is told, verification is lost", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server, { email: "old@example.org" });
  await server.db("users").where({ id: person.id }).update({ is_verified: true });
  const bare = await change(server, person, { email: "new@example.org" });
  t.equal(bare.status, 422);
  const taken = await makeUser(server);
  const conflict = await change(server, person, { email: taken.email, currentPassword: person.password });
  t.equal(conflict.status, 409);
  t.equal(conflict.body.errors[0].source.pointer, "/data/attributes/email");
  const changed = await change(server, person, { email: "new@example.org", currentPassword: person.password });
  t.equal(changed.status, 200);
  t.equal(changed.body.data.attributes.isVerified, false);
  t.ok(await newestMail(server, "old@example.org"));
  t.equal(await newestMail(server, "new@example.org"), undefined);
});

void t.test("an admin does everything: lists, verifies, gives roles, sets passwords, deletes", async (t) => {
  const server = await makeApp(t);
  const [admin, user] = [await makeAdmin(server), await makeUser(server)];
  t.equal((await server.ask("GET", "/v1/users", { token: admin.token })).body.meta.total, 2);
  const role = await server.ask("POST", "/v1/roles", {
    token: admin.token,
    body: { data: { type: "roles", attributes: { name: "editor" } } },
  });
  const roles = { relationships: { roles: { data: [{ type: "roles", id: role.body.data.id }] } } };
  const changed = await change(server, user, { isVerified: true, password: "given-by-admin" }, admin.token, roles);
  t.equal(changed.status, 200);
  t.equal(changed.body.data.attributes.isVerified, true);
  const shown = await server.ask("GET", `/v1/users/${user.id}/relationships/roles`, { token: admin.token });
  t.same(shown.body.data, [{ type: "roles", id: role.body.data.id }]);
  t.ok(await logIn(server, { email: user.email, password: "given-by-admin" }));
  t.equal((await server.ask("DELETE", `/v1/users/${user.id}`, { token: admin.token })).status, 204);
  t.equal((await server.ask("GET", `/v1/users/${user.id}`, { token: admin.token })).status, 404);
});

void t.test("an admin makes users without a password: a mail lets them set one", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const made = await server.ask("POST", "/v1/users", { ...document({ email: "new@example.org" }), token: admin.token });
  t.equal(made.status, 201);
  const token = tokenIn(await newestMail(server, "new@example.org"));
  const set = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "first-walnut-1" } },
  });
  t.equal(set.status, 200);
});

void t.test("a client may bring an id of its own, if it is a UUID and free", async (t) => {
  const server = await makeApp(t);
  const id = "0195e0a0-aaaa-4000-8000-000000000001";
  const make = (email: string, own: unknown) =>
    server.ask("POST", "/v1/users", document({ email, password: "orbit-walnut" }, { id: own }));
  const made = await make("a@example.org", id);
  t.equal(made.status, 201);
  t.equal(made.body.data.id, id);
  const taken = await make("b@example.org", id);
  t.equal(taken.status, 409);
  t.equal(taken.body.errors[0].source.pointer, "/data/id");
  t.equal((await make("b@example.org", "seven")).status, 422);
  t.equal((await make("b@example.org", 7)).status, 400);
  t.equal((await make("b@example.org", null)).status, 201);
});

void t.test("there is always an admin", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const role = await server.db("roles").where({ name: "admin" }).first("id");
  const roleId = role?.id ?? "";
  const attempts = [
    server.ask("DELETE", `/v1/users/${admin.id}`, { token: admin.token }),
    server.ask("PATCH", `/v1/users/${admin.id}/relationships/roles`, { token: admin.token, body: { data: [] } }),
    server.ask("DELETE", `/v1/users/${admin.id}/relationships/roles`, {
      token: admin.token,
      body: { data: [{ type: "roles", id: roleId }] },
    }),
    server.ask("PATCH", `/v1/roles/${roleId}/relationships/users`, { token: admin.token, body: { data: [] } }),
    change(server, admin, {}, admin.token, { relationships: { roles: { data: [] } } }),
    server.ask("DELETE", `/v1/roles/${roleId}`, { token: admin.token }),
    server.ask("PATCH", `/v1/roles/${roleId}`, {
      token: admin.token,
      body: { data: { type: "roles", id: roleId, attributes: { name: "boss" } } },
    }),
  ];
  for (const [index, answer] of (await Promise.all(attempts)).entries()) t.equal(answer.status, 409, String(index));
  const second = await makeAdmin(server);
  t.equal((await server.ask("DELETE", `/v1/users/${admin.id}`, { token: second.token })).status, 204);
});

void t.test("registration by confirmation tells nobody whether an address is taken", async (t) => {
  const server = await makeApp(t, { REGISTRATION: "confirm" });
  await server.db("users").insert({
    id: "0195e0a0-0000-7000-8000-000000000000",
    email: "taken@example.org",
    email_normal: "taken@example.org",
    is_verified: true,
    credential_epoch: 0,
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
  });
  const [free, taken] = await Promise.all(
    ["free@example.org", "taken@example.org"].map((email) => server.ask("POST", "/v1/users", document({ email }))),
  );
  t.equal(free?.status, 202);
  t.equal(taken?.status, 202);
  t.equal(free?.text, taken?.text);
  t.ok(free?.body.meta);
  const token = tokenIn(await newestMail(server, "free@example.org"));
  t.notMatch((await newestMail(server, "taken@example.org"))?.text, /token=/);
  const set = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "first-walnut-1" } },
  });
  t.equal(set.status, 200);
  t.ok(await logIn(server, { email: "free@example.org", password: "first-walnut-1" }));
  const withPassword = await server.ask(
    "POST",
    "/v1/users",
    document({ email: "x@example.org", password: "orbit-walnut" }),
  );
  t.equal(withPassword.status, 422);
});

void t.test("where only admins make users, others are refused", async (t) => {
  const server = await makeApp(t, { REGISTRATION: "admin" });
  const answer = await server.ask("POST", "/v1/users", document({ email: "x@example.org", password: "orbit-walnut" }));
  t.equal(answer.status, 401);
});

void t.test("ADMIN_EMAIL makes a verified admin, who gets a mail to set a password", async (t) => {
  const server = await makeApp(t, { ADMIN_EMAIL: "boss@example.org" });
  const token = tokenIn(await newestMail(server, "boss@example.org"));
  await server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password: "boss-walnut-1" } } });
  const { token: bearer } = await logIn(server, { email: "boss@example.org", password: "boss-walnut-1" });
  t.equal((await server.ask("GET", "/v1/roles", { token: bearer })).body.meta.total, 1);
});

void t.test("the name of the service is refused as a password, whichever way it comes", async (t) => {
  const server = await makeApp(t, {
    APP_NAME: "Ace Ledger",
    NODE_ENV: "test",
    PUBLIC_URL: "http://accounts.northwind.example",
  });
  const register = (password: string) =>
    server.ask("POST", "/v1/users", {
      body: { data: { type: "users", attributes: { email: "ada@example.org", password } } },
    });
  const refused = await register("AceLedger-1");
  t.equal(refused.status, 422);
  t.match(refused.body.errors[0], {
    source: { pointer: "/data/attributes/password" },
    meta: { message: /name of this/ },
  });
  t.equal((await register("walnut-orbit-9")).status, 201);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "ada@example.org" } } });
  const token = tokenIn(await newestMail(server, "ada@example.org"));
  const redeem = (password: string) =>
    server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password } } });
  t.equal((await redeem("Northwind2026")).status, 422);
  t.equal((await redeem("thistle-harbor-7")).status, 200);
});
