import t from "tap";

import { makeApp, type Answer, type Ask, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser, type Person } from "../fixtures/people.ts";

const ATOMIC = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';
const UUID = "0195e0a0-0000-7000-8000-000000000001";

type Method = "POST" | "PATCH" | "DELETE";
type Names = Readonly<Record<string, unknown>>;

/** Values with which every name is tried: at least one is another one than what is there, and of the right type. */
const VALUES = [true, 1, "2001-01-01T00:00:00.000Z", UUID, { x: 1 }];

/** By names of JavaScript objects, beside those of columns and of members. */
const ANY_NAMES = ["__proto__", "constructor", "prototype", "toString", "id", "type", "lid", "links", "meta", "caller"];

/** What a user may write of themselves; all other names must change nothing. */
const WRITABLE = new Set(["email", "firstName", "lastName", "avatarUrl", "password", "currentPassword"]);

interface Scene {
  readonly server: TestApp;
  readonly person: Person;
  readonly other: Person;
  readonly roleId: string;
}

async function makeScene(t: Parameters<typeof makeApp>[0]): Promise<Scene> {
  const server = await makeApp(t);
  const [person, other] = [await makeUser(server), await makeUser(server)];
  await makeAdmin(server);
  const role = await server.db("roles").where({ name: "admin" }).first("id");
  return { server, person, other, roleId: role?.id ?? "" };
}

/** Every name that a user of the API might try: members of the type, and columns of the table. */
async function namesOf({ server }: Scene, type: "users" | "sessions" | "roles"): Promise<string[]> {
  const columns = Object.keys(await server.db(type).columnInfo());
  const { body } = await server.ask("GET", "/openapi.json");
  const members = Object.keys(body.components.schemas).flatMap((name) =>
    Object.keys(body.components.schemas[name].properties?.attributes?.properties ?? {}),
  );
  if (columns.length < 5 || members.length < 5) throw new Error("The names are not where they were.");
  return [...new Set([...columns, ...members, ...ANY_NAMES])];
}

/** All that is in the database, but for what a request writes by the way. */
async function contentsOf({ db }: TestApp) {
  const tables = ["users", "roles", "user_roles", "sessions", "outbox", "retired_ids"] as const;
  const rows = await Promise.all(tables.map(async (table) => (await db(table).select("*")) as unknown as Names[]));
  return rows.map((found) => found.map(({ last_used_at: _, last_login_at: __, ...row }) => row));
}

const json = (text: object) => JSON.stringify(text).replaceAll('"PROTO"', '"__proto__"');
const named = (name: string, value: unknown) => ({ [name === "__proto__" ? "PROTO" : name]: value });

const operate = (operation: object): Ask => ({
  headers: { accept: ATOMIC, "content-type": ATOMIC },
  body: json({ "atomic:operations": [operation] }),
});

/** Writes attributes and relationships of oneself, by every way that there is. */
const WAYS_TO_UPDATE: Readonly<Record<string, (id: string, data: object) => readonly [Method, string, Ask]>> = {
  PATCH: (id, data) => ["PATCH", `/v1/users/${id}`, { body: json({ data }) }],
  "operation update": (_id, data) => ["POST", "/v1/operations", operate({ op: "update", data })],
  "operation update by ref": (id, data) => [
    "POST",
    "/v1/operations",
    operate({ op: "update", ref: { type: "users", id }, data }),
  ],
  "operation update by href": (id, data) => [
    "POST",
    "/v1/operations",
    operate({ op: "update", href: `/v1/users/${id}`, data }),
  ],
};

for (const [way, request] of Object.entries(WAYS_TO_UPDATE)) {
  void t.test(`${way}: no attribute or column of a user is written that is not theirs to write`, async (t) => {
    const scene = await makeScene(t);
    const { server, person } = scene;
    const before = await contentsOf(server);
    for (const name of await namesOf(scene, "users")) {
      if (WRITABLE.has(name)) continue;
      const members = named(name, VALUES[1]);
      const strays = { ...members, type: "users", id: person.id, meta: members, attributes: {} };
      for (const data of [
        strays,
        ...VALUES.map((value) => ({ type: "users", id: person.id, attributes: named(name, value) })),
      ]) {
        const [method, url, ask] = request(person.id, data);
        await server.ask(method, url, { ...ask, token: person.token });
      }
    }
    t.same(await contentsOf(server), before);
  });
}

/** Makes somebody, by every way that there is. */
const WAYS_TO_ADD: Readonly<Record<string, (data: object) => readonly [Method, string, Ask]>> = {
  POST: (data) => ["POST", "/v1/users", { body: json({ data }) }],
  "operation add": (data) => ["POST", "/v1/operations", operate({ op: "add", data })],
  "operation add by href": (data) => ["POST", "/v1/operations", operate({ op: "add", href: "/v1/users", data })],
};

for (const [way, request] of Object.entries(WAYS_TO_ADD)) {
  void t.test(`${way}: a newcomer is what newcomers are, whatever is sent along`, async (t) => {
    const scene = await makeScene(t);
    const { server, person, roleId } = scene;
    const before = await contentsOf(server);
    const plain = { email: "new@example.org", password: "walnut-orbit-9" };
    const roles = { roles: { data: [{ type: "roles", id: roleId }] } };
    const sessions = { sessions: { data: [{ type: "sessions", id: person.sessionId }] } };
    const attempts: object[] = [
      { type: "users", attributes: plain, relationships: roles },
      { type: "users", attributes: plain, relationships: sessions },
      { type: "users", attributes: { ...plain, roles: [roleId] } },
      { type: "users", attributes: { ...plain, roles: { data: [{ type: "roles", id: roleId }] } } },
      { type: "users", id: person.id, attributes: plain },
    ];
    for (const name of await namesOf(scene, "users")) {
      if (WRITABLE.has(name)) continue;
      for (const value of VALUES) {
        attempts.push({ type: "users", attributes: { ...plain, ...named(name, value) } });
      }
    }
    const made: Answer[] = [];
    for (const data of attempts) {
      const [method, url, ask] = request(data);
      const answer = await server.ask(method, url, { ...ask, token: person.token });
      if (answer.status < 300) made.push(answer);
    }
    t.same(made, [], "each is refused");
    t.same(await contentsOf(server), before);
  });
}

void t.test("relationships: nobody gives themselves a role, or takes a session or a role from others", async (t) => {
  const { server, person, other, roleId } = await makeScene(t);
  const before = await contentsOf(server);
  const links: readonly (readonly [string, string, string, string, string])[] = [
    ["users", person.id, "roles", "roles", roleId],
    ["users", person.id, "sessions", "sessions", other.sessionId],
    ["users", person.id, "sessions", "sessions", person.sessionId],
    ["users", other.id, "roles", "roles", roleId],
    ["roles", roleId, "users", "users", person.id],
    ["roles", roleId, "users", "users", other.id],
    ["sessions", person.sessionId, "user", "users", other.id],
    ["sessions", other.sessionId, "user", "users", person.id],
  ];
  for (const [type, id, relationship, target, to] of links) {
    for (const linked of [{ type: target, id: to }, [{ type: target, id: to }], [], null]) {
      const data = linked;
      for (const method of ["POST", "PATCH", "DELETE"] as const) {
        const url = `/v1/${type}/${id}/relationships/${relationship}`;
        const { status } = await server.ask(method, url, { token: person.token, body: { data } });
        t.ok(status >= 400, `${method} ${url}: ${String(status)}`);
      }
      for (const op of ["add", "update", "remove"]) {
        const ref = { type, id, relationship };
        const { status } = await server.ask("POST", "/v1/operations", {
          ...operate({ op, ref, data }),
          token: person.token,
        });
        t.ok(status >= 400, `${op} ${type} ${relationship}: ${String(status)}`);
      }
      const body = { data: { type, id, relationships: { [relationship]: { data: linked } } } };
      await server.ask("PATCH", `/v1/${type}/${id}`, { token: person.token, body });
    }
  }
  t.same(await contentsOf(server), before);
});

void t.test("sessions: a login is the client's own, whatever is sent along, and is never changed", async (t) => {
  const scene = await makeScene(t);
  const { server, person, other } = scene;
  const { email, password } = person;
  const before = await contentsOf(server);
  const made: string[] = [];
  const attempts: object[] = [{ id: UUID }, { relationships: { user: { data: { type: "users", id: other.id } } } }];
  for (const name of await namesOf(scene, "sessions")) {
    if (name === "email" || name === "password") continue;
    for (const value of VALUES) attempts.push({ attributes: named(name, value) });
  }
  for (const attempt of attempts) {
    const attributes = { email, password, ...("attributes" in attempt ? (attempt.attributes as object) : {}) };
    const body = json({ data: { type: "sessions", ...attempt, attributes } });
    const answer = await server.ask("POST", "/v1/sessions", { body });
    if (answer.status === 201) made.push(body);
  }
  t.same(made, []);
  const data = { type: "sessions", id: person.sessionId, attributes: { expiresAt: "2999-01-01T00:00:00.000Z" } };
  t.equal(
    (await server.ask("PATCH", `/v1/sessions/${person.sessionId}`, { token: person.token, body: { data } })).status,
    405,
  );
  const changed = await server.ask("POST", "/v1/operations", {
    ...operate({ op: "update", data }),
    token: person.token,
  });
  t.ok(changed.status >= 400);
  t.same(await contentsOf(server), before);
});

void t.test("roles: nobody but an admin makes, changes or ends one, by whatever way", async (t) => {
  const { server, person, roleId } = await makeScene(t);
  const editorId = "0195e0a0-0000-7000-8000-00000000000e";
  const admin = await makeAdmin(server);
  const users = { users: { data: [{ type: "users", id: person.id }] } };
  const editor = { type: "roles", id: editorId, attributes: { name: "editor" }, relationships: users };
  t.equal((await server.ask("POST", "/v1/roles", { token: admin.token, body: { data: editor } })).status, 201);
  const before = await contentsOf(server);
  for (const id of [roleId, editorId]) {
    const data = { type: "roles", id, attributes: { name: "mine" }, relationships: users };
    for (const [method, url, ask] of [
      ["POST", "/v1/roles", { body: { data: { ...data, id: UUID } } }],
      ["PATCH", `/v1/roles/${id}`, { body: { data } }],
      ["DELETE", `/v1/roles/${id}`, {}],
      ["POST", "/v1/operations", operate({ op: "add", data: { ...data, id: UUID } })],
      ["POST", "/v1/operations", operate({ op: "update", data })],
      ["POST", "/v1/operations", operate({ op: "remove", ref: { type: "roles", id } })],
    ] as readonly (readonly [Method, string, Ask])[]) {
      const { status } = await server.ask(method, url, { ...ask, token: person.token });
      t.ok(status === 403 || status === 404, `${method} ${url}: ${String(status)}`);
    }
  }
  t.same(await contentsOf(server), before);
});
