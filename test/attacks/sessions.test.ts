import t from "tap";

import { ensureAdmin } from "../../src/accounts/ensure-admin.ts";
import { makeApp, type Ask, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const ATOMIC = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';
const NEW = "thistle-harbor-7";

interface Scene {
  readonly server: TestApp;
  readonly person: Person;
  readonly admin: Person;
  /** In a mail that went to the person before anything changed. */
  readonly resetToken: string;
}

const change = (id: string, attributes: object) => ({ body: { data: { type: "users", id, attributes } } });

const operate = (operation: object) => ({
  headers: { accept: ATOMIC, "content-type": ATOMIC },
  body: { "atomic:operations": [operation] },
});

const redeem = (server: TestApp, token: string) =>
  server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password: NEW } } });

type Change = (scene: Scene) => Promise<{ readonly status: number }>;

const own =
  (attributes: object): Change =>
  ({ server, person: { id, token, password } }) =>
    server.ask("PATCH", `/v1/users/${id}`, { token, ...change(id, { ...attributes, currentPassword: password }) });

const byAdmin =
  (attributes: object): Change =>
  ({ server, person: { id }, admin }) =>
    server.ask("PATCH", `/v1/users/${id}`, { token: admin.token, ...change(id, attributes) });

/** What is left of the session that asks for the change, of another one, and of a mailed link. */
const CHANGES: Readonly<Record<string, readonly [own: boolean, other: boolean, link: boolean, change: Change]>> = {
  "own password": [true, false, false, own({ password: NEW })],
  "own address": [true, false, false, own({ email: "moved@example.org" })],
  "own address in another letter case": [true, false, false, own({ email: "PERSON@example.org" })],
  "own password and address": [true, false, false, own({ password: NEW, email: "moved@example.org" })],
  "own password, by an operation": [
    true,
    false,
    false,
    ({ server, person: { id, token, password } }) => {
      const data = { type: "users", id, attributes: { password: NEW, currentPassword: password } };
      return server.ask("POST", "/v1/operations", { token, ...operate({ op: "update", data }) });
    },
  ],
  "password, by an admin": [false, false, false, byAdmin({ password: NEW })],
  "address, by an admin": [false, false, false, byAdmin({ email: "moved@example.org" })],
  "the mailed link": [false, false, false, ({ server, resetToken }) => redeem(server, resetToken)],
  "the end of the account": [
    false,
    false,
    false,
    ({ server, person: { id, token } }) => server.ask("DELETE", `/v1/users/${id}`, { token }),
  ],
  "the end of the account, by an operation": [
    false,
    false,
    false,
    ({ server, person: { id, token } }) =>
      server.ask("POST", "/v1/operations", { token, ...operate({ op: "remove", ref: { type: "users", id } }) }),
  ],
  "becoming the operator's admin, unverified": [
    false,
    false,
    false,
    async ({ server, person }) => {
      await ensureAdmin({ db: server.db, clock: Date.now }, person.email);
      return { status: 200 };
    },
  ],
  "a name": [true, true, true, own({ firstName: "Ada" })],
  "the present password again, with nothing to change": [true, true, true, own({})],
  "verification, by an admin": [true, true, true, byAdmin({ isVerified: true })],
  "logging in once more": [
    true,
    true,
    true,
    async ({ server, person }) => {
      await logIn(server, person);
      return { status: 200 };
    },
  ],
  "a refused password": [
    true,
    true,
    true,
    async (scene) => {
      const refused = await own({ password: "short" })(scene);
      return { status: refused.status === 422 ? 200 : refused.status };
    },
  ],
};

for (const [name, [ownStays, otherStays, linkStays, run]] of Object.entries(CHANGES)) {
  void t.test(`${name}: ${left(ownStays, otherStays, linkStays)}`, async (t) => {
    const server = await makeApp(t);
    const person = await makeUser(server, { email: "person@example.org" });
    const other = await logIn(server, person);
    const admin = await makeAdmin(server);
    await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
    const resetToken = tokenIn(await newestMail(server, person.email));

    t.ok([200, 204].includes((await run({ server, person, admin, resetToken })).status));

    const isAlive = async (token: string) => (await server.ask("GET", "/v1/users", { token })).status === 200;
    t.equal(await isAlive(person.token), ownStays, "the session that asked");
    t.equal(await isAlive(other.token), otherStays, "another session");
    t.equal((await redeem(server, resetToken)).status === 200, linkStays, "a link that was mailed before");
  });
}

function left(...stays: readonly boolean[]): string {
  return ["own session", "other session", "link"]
    .map((what, i) => `${what} ${stays[i] === true ? "stays" : "ends"}`)
    .join(", ");
}

/** Runs `then` when the request that follows has been told who makes it, and before it asks the database for anything else. */
function afterAuthentication(server: TestApp, then: () => Promise<unknown>): void {
  server.db.on("query-response", function once(_rows: unknown, { sql }: { sql: string }) {
    if (!sql.includes("token_hash")) return;
    server.db.off("query-response", once);
    const client = server.db.client as { acquireConnection: () => Promise<unknown> };
    client.acquireConnection = async () => {
      // That of its class is there again.
      Reflect.deleteProperty(client, "acquireConnection");
      await then();
      return await client.acquireConnection();
    };
  });
}

type Write = (scene: {
  other: Person;
  id: string;
  roleId: string;
}) => readonly ["POST" | "PATCH" | "DELETE", string, Ask];

const WRITES: Readonly<Record<string, Write>> = {
  "a new user": () => [
    "POST",
    "/v1/users",
    { body: { data: { type: "users", attributes: { email: "new@example.org", password: NEW } } } },
  ],
  "a new role": () => ["POST", "/v1/roles", { body: { data: { type: "roles", attributes: { name: "editor" } } } }],
  "somebody's password": ({ other }) => ["PATCH", `/v1/users/${other.id}`, change(other.id, { password: NEW })],
  "an own name": ({ id }) => ["PATCH", `/v1/users/${id}`, change(id, { firstName: "Mallory" })],
  "the end of a user": ({ other }) => ["DELETE", `/v1/users/${other.id}`, {}],
  "a link": ({ other, roleId }) => [
    "POST",
    `/v1/users/${other.id}/relationships/roles`,
    { body: { data: [{ type: "roles", id: roleId }] } },
  ],
  "a mail to a user": ({ other }) => ["POST", `/v1/users/${other.id}/reset`, {}],
  "an operation": ({ other, roleId }) => {
    const ref = { type: "users", id: other.id, relationship: "roles" };
    return ["POST", "/v1/operations", operate({ op: "add", ref, data: [{ type: "roles", id: roleId }] })];
  },
};

async function contentsOf({ db }: TestApp) {
  const tables = ["users", "roles", "user_roles", "outbox"] as const;
  return await Promise.all(tables.map((table) => db(table).select("*")));
}

for (const [name, write] of Object.entries(WRITES)) {
  void t.test(
    `${name}: not by a session that ended since the request came, nor by an admin of a moment ago`,
    async (t) => {
      const server = await makeApp(t);
      const [admin, other] = [await makeAdmin(server), await makeUser(server)];
      const role = await server.db("roles").where({ name: "admin" }).first("id");
      const roleId = role?.id ?? "";
      const [method, url, ask] = write({ other, id: admin.id, roleId });
      const attempt = () => server.ask(method, url, { ...ask, token: admin.token });

      if (name !== "an own name") {
        const before = await contentsOf(server);
        afterAuthentication(server, async () => server.db("user_roles").where({ user_id: admin.id }).delete());
        const demoted = await attempt();
        t.equal(demoted.status, 403, demoted.text);
        await server.db("user_roles").insert({ user_id: admin.id, role_id: roleId });
        t.same(await contentsOf(server), before);
      }
      const before = await contentsOf(server);
      afterAuthentication(server, async () => server.db("sessions").where({ id: admin.sessionId }).delete());
      const ended = await attempt();
      t.equal(ended.status, 401, ended.text);
      t.same(await contentsOf(server), before);
    },
  );
}
