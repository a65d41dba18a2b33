import t from "tap";

import { ensureAdmin } from "../../src/accounts/ensure-admin.ts";
import { tidy } from "../../src/housekeeping.ts";
import { makeApp, type Json, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

const EVENTS = "/v1/securityEvents?sort=createdAt&page[size]=100";

/** What the trail says, the oldest first: kind, outcome, detail. */
async function trail(server: TestApp, token: string, more = ""): Promise<string[]> {
  const { body } = await server.ask("GET", EVENTS + more, { token });
  return body.data.map(({ attributes: { kind, outcome, detail } }: Json) =>
    [kind, outcome, detail].filter((part) => part !== null && part !== "done").join(" "),
  );
}

void t.test("a user's own trail tells what happened to the account, in order", async (t) => {
  let now = Date.now();
  const server = await makeApp(t, {}, { clock: () => (now += 1) });
  const person = await makeUser(server);
  const user = `/v1/users/${person.id}`;
  const update = (token: string, attributes: object) =>
    server.ask("PATCH", user, { token, body: { data: { type: "users", id: person.id, attributes } } });
  await server.ask("POST", "/v1/sessions", {
    body: { data: { type: "sessions", attributes: { email: person.email, password: "wrong-wrong" } } },
    from: "203.0.113.9",
    headers: { "user-agent": "Guesser/1.0" },
  });
  await update(person.token, { password: "copper-lantern-4", currentPassword: "wrong-wrong" });
  await update(person.token, { password: "copper-lantern-4", currentPassword: person.password });
  await update(person.token, { email: "moved@example.org", currentPassword: "copper-lantern-4" });
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "moved@example.org" } } });
  const token = tokenIn(await newestMail(server, "moved@example.org"));
  await server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password: "thistle-harbor-7" } } });
  const first = await logIn(server, { email: "moved@example.org", password: "thistle-harbor-7" });
  const second = await logIn(server, { email: "moved@example.org", password: "thistle-harbor-7" });
  await server.ask("DELETE", `/v1/sessions/${first.sessionId}`, { token: second.token });

  t.same(await trail(server, second.token), [
    "user.created",
    "session.created",
    "session.created refused wrong-password",
    "password.checked refused wrong-password",
    "password.changed",
    "email.changed",
    "reset.requested",
    "password.reset",
    "session.created",
    "session.created",
    "session.ended",
  ]);
  const { body } = await server.ask("GET", `${EVENTS}&filter[outcome]=refused&include=user,actor`, {
    token: second.token,
  });
  t.match(body.data[0].attributes, { ipAddress: "203.0.113.9", userAgent: "Guesser/1.0", accountId: person.id });
  t.same(body.data[0].relationships.user.data, { type: "users", id: person.id });
  t.equal(body.data[0].relationships.actor.data, null, "who guesses is nobody");
});

void t.test("users see what is about themselves alone, admins everything, nobody else anything", async (t) => {
  const server = await makeApp(t);
  const [ada, bob, admin] = [await makeUser(server), await makeUser(server), await makeAdmin(server)];
  const all = (await server.ask("GET", EVENTS, { token: admin.token })).body.data as Json[];
  const about = (id: string) => all.filter(({ attributes }) => attributes.accountId === id).map(({ id }) => id);
  const seen = (await server.ask("GET", EVENTS, { token: ada.token })).body.data as Json[];
  t.same(seen.map(({ id }) => id).sort(), about(ada.id).sort());
  t.ok(about(bob.id).length > 0);
  for (const id of about(bob.id) as string[]) {
    t.equal((await server.ask("GET", `/v1/securityEvents/${id}`, { token: ada.token })).status, 404);
  }
  t.same((await server.ask("GET", `${EVENTS}&filter[user]=${bob.id}`, { token: ada.token })).body.data, []);
  t.equal((await server.ask("GET", EVENTS)).status, 401);
});

void t.test("nobody writes, changes or deletes it", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const { body } = await server.ask("GET", EVENTS, { token: admin.token });
  const id = String(body.data[0].id);
  const document = { data: { type: "securityEvents", id, attributes: { kind: "user.deleted" } } };
  const { token } = admin;
  t.equal((await server.ask("POST", "/v1/securityEvents", { token, body: document })).status, 405);
  t.equal((await server.ask("PATCH", `/v1/securityEvents/${id}`, { token, body: document })).status, 405);
  t.equal((await server.ask("DELETE", `/v1/securityEvents/${id}`, { token })).status, 405);
  const actor = `/v1/securityEvents/${id}/relationships/actor`;
  t.equal((await server.ask("PATCH", actor, { token, body: { data: null } })).status, 403);
  t.same((await server.ask("GET", EVENTS, { token })).body.data, body.data);
});

void t.test("what an admin does to somebody names the admin", async (t) => {
  const server = await makeApp(t);
  const [admin, ada] = [await makeAdmin(server), await makeUser(server)];
  const { token } = admin;
  const role = await server.ask("POST", "/v1/roles", {
    token,
    body: { data: { type: "roles", attributes: { name: "editor" } } },
  });
  const link = [{ type: "roles", id: role.body.data.id as string }];
  const roles = `/v1/users/${ada.id}/relationships/roles`;
  const holders = `/v1/roles/${String(role.body.data.id)}/relationships/users`;
  await server.ask("POST", roles, { token, body: { data: link } });
  await server.ask("POST", roles, { token, body: { data: link } });
  await server.ask("PATCH", holders, { token, body: { data: [] } });
  await server.ask("PATCH", `/v1/users/${ada.id}`, {
    token,
    body: { data: { type: "users", id: ada.id, attributes: { password: "copper-lantern-4" } } },
  });
  await server.ask("DELETE", `/v1/users/${ada.id}`, { token });
  t.same((await trail(server, token, `&filter[actor]=${admin.id}&filter[accountId]=${ada.id}`)).sort(), [
    "password.changed",
    "role.granted editor",
    "role.revoked editor",
    "user.deleted",
  ]);
});

void t.test("the trail outlives the account, without its person", async (t) => {
  const server = await makeApp(t);
  const [admin, ada] = [
    await makeAdmin(server),
    await makeUser(server, { email: "ada@example.org", firstName: "Ada" }),
  ];
  await server.ask("DELETE", `/v1/users/${ada.id}`, { token: ada.token });
  const { body, text } = await server.ask("GET", `${EVENTS}&filter[accountId]=${ada.id}`, { token: admin.token });
  t.same(
    body.data.map(({ attributes }: Json) => attributes.kind as string),
    ["user.created", "session.created", "user.deleted"],
  );
  t.notMatch(text, /ada@example\.org|Ada/);
  t.same(
    new Set((await server.db("security_events").where({ account_id: ada.id })).map((row) => row.user_id)),
    new Set([null]),
  );
});

void t.test("what was rolled back did not happen", async (t) => {
  const server = await makeApp(t);
  const [admin, ada] = [await makeAdmin(server), await makeUser(server)];
  const answer = await server.ask("POST", "/v1/operations", {
    token: admin.token,
    headers: { "content-type": 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"' },
    body: {
      "atomic:operations": [
        { op: "remove", ref: { type: "users", id: ada.id } },
        { op: "remove", ref: { type: "users", id: admin.id } },
      ],
    },
  });
  t.equal(answer.status, 409, "the last admin stays");
  t.same(await trail(server, admin.token, "&filter[kind]=user.deleted"), []);
});

void t.test(
  "a request for a reset is one event, however often its mail is tried; for unknown addresses too",
  async (t) => {
    const server = await makeApp(t, { RESET_LIMIT_PER_ACCOUNT: "1/3600" });
    const admin = await makeAdmin(server);
    const ada = await makeUser(server);
    for (const email of [ada.email, ada.email, "nobody@example.org"]) {
      await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });
    }
    await server.worker.drain();
    t.same((await trail(server, admin.token, "&filter[kind]=reset.requested")).sort(), [
      "reset.requested",
      "reset.requested refused limited",
      "reset.requested refused unknown-address",
    ]);
  },
);

void t.test("a flood of guesses does not bury the rest", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server);
  for (let time = 0; time < 120; time += 1) {
    await server.ask("POST", "/v1/sessions", {
      body: { data: { type: "sessions", attributes: { email: ada.email, password: "wrong-wrong" } } },
    });
  }
  const refused = await trail(server, ada.token, "&filter[outcome]=refused");
  t.equal(refused.length, 52, "the first fifty, then each fiftieth");
});

void t.test("an admin by configuration whose address was taken in advance", async (t) => {
  const server = await makeApp(t);
  const [admin, taker] = [await makeAdmin(server), await makeUser(server, { email: "boss@example.org" })];
  await ensureAdmin({ db: server.db, clock: Date.now }, "boss@example.org");
  t.same((await trail(server, admin.token, `&filter[accountId]=${taker.id}`)).slice(2).sort(), [
    "password.voided made an admin without having been verified",
    "role.granted admin",
  ]);
});

void t.test("events are forgotten when their time is over, those about nobody after a week", async (t) => {
  let now = Date.now();
  const server = await makeApp(t, {}, { clock: () => now });
  const ada = await makeUser(server);
  await server.ask("POST", "/v1/sessions", {
    body: { data: { type: "sessions", attributes: { email: "nobody@example.org", password: "wrong-wrong" } } },
  });
  const parts = { db: server.db, clock: () => now, observe: t.fail, quotaSeconds: 3600, auditSeconds: 30 * 86_400 };
  const left = async () => {
    await tidy(parts);
    return (await server.db("security_events").select("account_id")).map(({ account_id }) => account_id);
  };
  t.same((await left()).sort(), [ada.id, ada.id, null].sort());
  now += 8 * 86_400_000;
  t.same(await left(), [ada.id, ada.id]);
  now += 30 * 86_400_000;
  t.same(await left(), []);
  t.same(await server.db("login_failures").select(), []);
});
