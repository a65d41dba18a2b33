import t, { type Test } from "tap";

import { NotMeTokens } from "../../src/accounts/not-me-token.ts";
import type { AppParts } from "../../src/app.ts";
import { makeApp, MEDIA_TYPE, type Answer, type Ask, type TestApp } from "../fixtures/app.ts";
import { Description } from "../fixtures/description.ts";
import { makeAdmin, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const ATOMIC = `${MEDIA_TYPE};ext="https://jsonapi.org/ext/atomic"`;
const NOTHING = "00000000-0000-7000-8000-000000000000";
const RESET = "/v1/auth/reset-password";
const NOT_ME = "/v1/auth/not-me";
const SIGNING_KEY = "a-key-that-signs-nothing-but-links-of-tests";

type Method = Parameters<TestApp["ask"]>[0];

interface World extends TestApp {
  readonly description: Description;
  readonly admin: Person;
  readonly user: Person;
  /** Of a role that only the admin knows. */
  readonly role: string;
  /** Of something that happened to the user. */
  readonly event: string;
}

/** Everything that was seen, by operation and status. */
const seen = new Set<string>();

/** A server with somebody in it, whose every exchange is held against its own description. */
async function makeWorld(t: Test, environment: Record<string, string> = {}, parts: AppParts = {}): Promise<World> {
  const server = await makeApp(t, { SIGNING_KEY, ...environment }, parts);
  const description = await Description.of(server);
  const ask = async (method: Method, url: string, options: Ask = {}): Promise<Answer> => {
    const headers = { ...(url.startsWith("/v1/operations") ? { "content-type": ATOMIC } : {}), ...options.headers };
    const answer = await server.ask(method, url, { ...options, headers });
    const contentType = headers["content-type"] ?? (url.startsWith("/v1/auth/") ? "application/json" : MEDIA_TYPE);
    const faults = description.faultsIn({ method, url, body: options.body, contentType }, answer);
    if (faults.length > 0) t.fail(`${method} ${url} ${String(answer.status)}`, { faults, text: answer.text });
    for (const told of description.seen) seen.add(told);
    return answer;
  };
  const described = { ...server, ask };
  const admin = await makeAdmin(described);
  const user = await makeUser(described, { firstName: "Ada" });
  const role = await described.ask("POST", "/v1/roles", {
    token: admin.token,
    body: { data: { type: "roles", attributes: { name: "editor" } } },
  });
  const event = await server.db("security_events").where({ user_id: user.id }).first("id");
  return { ...described, description, admin, user, role: role.body.data.id as string, event: event?.id ?? "" };
}

/** A token that only the database can tell to be of no use. */
const signedForNobody = () =>
  new NotMeTokens(SIGNING_KEY).sign({ purpose: "reset", userId: NOTHING, epoch: 0 }, Date.now());

let count = 0;
const newUser = () => ({
  data: { type: "users", attributes: { email: `new${String(++count)}@example.org`, password: "walnut-orbit-9" } },
});
const newRole = () => ({ data: { type: "roles", attributes: { name: `role${String(++count)}` } } });

interface Request {
  readonly method: Method;
  readonly url: string;
  readonly body?: unknown;
}

/** One request for each operation that is described, as an admin who may do it would send it. */
function requests({ description, user, role, event }: World): [told: string, request: Request][] {
  const ids: Record<string, string> = { users: user.id, roles: role, sessions: user.sessionId, securityEvents: event };
  const linkage: Record<string, unknown> = {
    roles: [{ type: "roles", id: role }],
    users: [{ type: "users", id: user.id }],
    sessions: [{ type: "sessions", id: user.sessionId }],
    user: { type: "users", id: user.id },
    actor: { type: "users", id: user.id },
  };
  const bodies: Record<string, () => unknown> = {
    "POST /v1/users": newUser,
    "POST /v1/roles": newRole,
    "POST /v1/sessions": () => ({
      data: { type: "sessions", attributes: { email: user.email, password: user.password } },
    }),
    "PATCH /v1/users/{id}": () => ({
      data: { type: "users", id: user.id, attributes: { lastName: `L${String(++count)}` } },
    }),
    "PATCH /v1/roles/{id}": () => ({
      data: { type: "roles", id: role, attributes: { description: String(++count) } },
    }),
    "POST /v1/operations": () => ({
      "atomic:operations": [
        { op: "add", data: newUser().data },
        { op: "update", data: { type: "users", id: user.id, attributes: { lastName: `L${String(++count)}` } } },
      ],
    }),
    [`POST ${RESET}`]: () => ({ data: { email: user.email } }),
    [`POST ${NOT_ME}`]: () => ({ data: { token: signedForNobody() } }),
    [`PATCH ${RESET}`]: () => ({ data: { token: "none", password: "walnut-orbit-9" } }),
  };
  const operations = new Set(description.told.map((told) => told.split(" ").slice(0, 2).join(" ")));
  return [...operations].map((told) => {
    const [method = "", path = ""] = told.split(" ");
    const type = path.split("/")[2] ?? "";
    const url = path.replace("{id}", ids[type] ?? "");
    const [, relationship] = /\/relationships\/(\w+)$/.exec(path) ?? [];
    const isChange = relationship !== undefined && method !== "GET";
    const body = isChange ? { data: linkage[relationship] } : bodies[told]?.();
    return [told, { method: method as Method, url, ...(body === undefined ? {} : { body }) }];
  });
}

const codes = (answer: Answer) => (answer.body?.errors ?? []).map(({ code }: { code: string }) => code) as string[];

void t.test(
  "every operation is answered as described: served, known, and refused for what is wrong with any",
  async (t) => {
    const world = await makeWorld(t);
    const { token } = world.admin;
    const isJsonApi = (url: string) => /^\/v1\/(?!auth)/.test(url);
    const hasId = (told: string) => told.includes("{id}");

    for (const [told, { method, url, body }] of requests(world)) {
      if (told.startsWith("DELETE /v1/") && !told.includes("relationships")) continue;
      const well: Ask = { token, body };
      await world.ask(method, url, well);
      if (method === "GET") await world.ask("HEAD", url, well);
      if (method === "GET" && isJsonApi(url)) await world.ask("GET", url, { token, headers: { "if-none-match": "*" } });
      if (isJsonApi(url)) {
        t.match(codes(await world.ask(method, `${url}?unknown=1`, well)), ["invalid-parameter"], told);
        t.match(codes(await world.ask(method, `${url}?include=%zz`, well)), ["malformed-url"], told);
      }
      if (url.startsWith("/v1")) {
        const image = { ...well, headers: { accept: "image/png" } };
        t.match(codes(await world.ask(method, url, image)), ["not-acceptable"], told);
      }
      if (isJsonApi(url) && method !== "GET") await world.ask(method, url, { ...well, token: undefined });
      if (method === "GET" && isJsonApi(url)) t.equal((await world.ask("GET", url)).status, 401, told);
      if (hasId(told)) {
        const other = (id: string) => url.replace(/[\da-f-]{36}/, id);
        await world.ask(method, other(NOTHING), well);
        t.match(codes(await world.ask(method, other("x".repeat(300)), well)), ["uri-too-long"], told);
      }
      if (method !== "GET") {
        const isPlain = !isJsonApi(url);
        const type = isPlain ? "application/json" : url.endsWith("operations") ? ATOMIC : MEDIA_TYPE;
        const send = async (text: string, contentType: string) =>
          codes(await world.ask(method, url, { token, body: text, headers: { "content-type": contentType } }));
        t.match(await send("{", type), ["malformed-body"], told);
        t.match(await send("{}", "text/plain"), ["unsupported-media-type"], told);
        t.match(await send(`"${"x".repeat(300_000)}"`, type), ["payload-too-large"], told);
        if (hasId(told)) await world.ask(method, url, { ...well, headers: { "if-match": '"other.tag"' } });
      }
    }
  },
);

void t.test("deletions", async (t) => {
  const world = await makeWorld(t);
  const { admin, user, role } = world;
  const { token } = admin;
  const adminRole = (await world.ask("GET", "/v1/roles?filter[name]=admin", { token })).body.data[0].id as string;
  t.equal((await world.ask("DELETE", `/v1/users/${admin.id}`, { token })).status, 409);
  t.equal((await world.ask("DELETE", `/v1/roles/${adminRole}`, { token })).status, 409);
  for (const url of [`/v1/sessions/${user.sessionId}`, `/v1/roles/${role}`, `/v1/users/${user.id}`]) {
    t.equal((await world.ask("DELETE", url)).status, 401, url);
    t.equal((await world.ask("DELETE", `${url}?x=1`, { token })).status, 400, url);
    t.equal((await world.ask("DELETE", url, { token, headers: { accept: "image/png" } })).status, 406, url);
    t.equal((await world.ask("DELETE", url, { token, headers: { "if-match": '"a.b"' } })).status, 412, url);
    t.equal((await world.ask("DELETE", url.replace(/[^/]+$/, "x".repeat(300)), { token })).status, 414, url);
    const text = { token, body: "x", headers: { "content-type": "text/plain" } };
    t.equal((await world.ask("DELETE", url, text)).status, 415, url);
    t.equal((await world.ask("DELETE", url, { token, body: `"${"x".repeat(300_000)}"` })).status, 413, url);
    if (url.includes("roles")) {
      await world.db("user_roles").insert({ user_id: user.id, role_id: role });
      // The session is over by now.
      const { token: own } = await logInAgain(world, user);
      t.equal((await world.ask("DELETE", url, { token: own })).status, 403, url);
    }
    t.equal((await world.ask("DELETE", url, { token })).status, 204, url);
    t.equal((await world.ask("DELETE", url, { token })).status, 404, url);
  }
});

async function logInAgain(world: World, { email, password }: Person): Promise<{ token: string }> {
  const body = { data: { type: "sessions", attributes: { email, password } } };
  const answer = await world.ask("POST", "/v1/sessions", { body });
  return { token: answer.body.data.attributes.token as string };
}

void t.test("documents that are refused for what is in them", async (t) => {
  const world = await makeWorld(t);
  const { admin, user, role } = world;
  await world.db("user_roles").insert({ user_id: user.id, role_id: role });
  const as = (person: Person | null) => (person === null ? {} : { token: person.token });
  const resource = (type: string, attributes: object, more: object = {}) => ({ data: { type, attributes, ...more } });
  const email = "free@example.org";
  const password = "walnut-orbit-9";
  const unknownRole = { roles: { data: [{ type: "roles", id: NOTHING }] } };
  const own = `/v1/users/${user.id}`;
  const change = (attributes: object) => resource("users", attributes, { id: user.id });
  const cases: [number, Method, string, Person | null, unknown][] = [
    [400, "POST", "/v1/users", null, {}],
    [400, "POST", "/v1/users", null, resource("users", { email, password: 1, nmae: "x" }, { id: 5, lid: 1 })],
    [400, "POST", "/v1/users", null, resource("users", { email, isVerified: true, nmae: "x", password: 1 })],
    [403, "POST", "/v1/users", null, resource("users", { email, password, isVerified: true })],
    [404, "POST", "/v1/users", admin, resource("users", { email, password }, { relationships: unknownRole })],
    [409, "POST", "/v1/users", null, resource("users", { email: user.email, password })],
    [422, "POST", "/v1/users", null, resource("users", { email: "none", password: "short" })],
    [422, "POST", "/v1/users", null, resource("users", { email, password }, { relationships: { x: { data: null } } })],
    [403, "POST", "/v1/roles", user, resource("roles", { name: "x" })],
    [
      404,
      "POST",
      "/v1/roles",
      admin,
      resource("roles", { name: "x" }, { relationships: { users: { data: [{ type: "users", id: NOTHING }] } } }),
    ],
    [409, "POST", "/v1/roles", admin, resource("roles", { name: "Editor" })],
    [422, "POST", "/v1/roles", admin, resource("roles", { nmae: "x" })],
    [401, "POST", "/v1/sessions", null, resource("sessions", { email, password })],
    [403, "POST", "/v1/sessions", null, resource("sessions", { email, password }, { id: NOTHING })],
    [409, "POST", "/v1/sessions", null, resource("users", { email, password })],
    [422, "POST", "/v1/sessions", null, resource("sessions", { email })],
    [403, "PATCH", own, user, change({ isVerified: true })],
    [404, "PATCH", own, admin, resource("users", {}, { id: user.id, relationships: unknownRole })],
    [409, "PATCH", own, user, resource("users", {}, { id: admin.id })],
    [422, "PATCH", own, user, change({ firstName: 5 })],
    [422, "PATCH", own, user, change({ password, currentPassword: "wrong" })],
    [403, "PATCH", `/v1/roles/${role}`, user, resource("roles", {}, { id: role })],
    [409, "PATCH", `/v1/roles/${role}`, admin, resource("roles", { name: "admin" }, { id: role })],
    [422, "PATCH", `/v1/roles/${role}`, admin, resource("roles", { name: "" }, { id: role })],
    [400, "POST", `${own}/relationships/roles`, admin, { data: {} }],
    [403, "POST", `${own}/relationships/roles`, user, { data: [] }],
    [403, "PATCH", `${own}/relationships/roles`, user, { data: [] }],
    [403, "DELETE", `${own}/relationships/roles`, user, { data: [] }],
    [403, "POST", `/v1/roles/${role}/relationships/users`, user, { data: [] }],
    [403, "PATCH", `/v1/roles/${role}/relationships/users`, user, { data: [] }],
    [403, "DELETE", `/v1/roles/${role}/relationships/users`, user, { data: [] }],
    [409, "POST", `${own}/relationships/roles`, admin, { data: [{ type: "users", id: NOTHING }] }],
    [409, "PATCH", `${own}/relationships/roles`, admin, { data: [{ type: "users", id: NOTHING }] }],
    [409, "DELETE", `${own}/relationships/roles`, admin, { data: [{ type: "users", id: NOTHING }] }],
    [409, "POST", `/v1/roles/${role}/relationships/users`, admin, { data: [{ type: "roles", id: NOTHING }] }],
    [409, "PATCH", `/v1/roles/${role}/relationships/users`, admin, { data: [{ type: "roles", id: NOTHING }] }],
    [409, "DELETE", `/v1/roles/${role}/relationships/users`, admin, { data: [{ type: "roles", id: NOTHING }] }],
    [400, "PATCH", `${own}/relationships/roles`, admin, { data: Array(1000).fill({ type: "users" }) }],
    [422, "POST", RESET, null, { data: { email: "none" } }],
    [422, "PATCH", RESET, null, { data: { token: 1 } }],
    [403, "POST", `${own}/reset`, user, {}],
    [422, "POST", NOT_ME, null, { data: { token: 1 } }],
    ...(
      [
        [400, [{ op: "take" }, { op: "add", data: { type: "users" } }, { op: "add", data: { type: "rolls" } }]],
        [403, [{ op: "add", data: { type: "sessions" } }]],
        [404, [{ op: "remove", ref: { type: "roles", lid: "none" } }]],
        [404, [{ op: "remove", ref: { type: "roles", id: NOTHING } }]],
        [409, [{ op: "add", data: { type: "roles", attributes: { name: "editor" } } }]],
        [422, [{ op: "add", data: { type: "roles", attributes: {} } }]],
      ] as const
    ).map(
      ([status, operations]) =>
        [status, "POST", "/v1/operations", admin, { "atomic:operations": operations }] as [
          number,
          Method,
          string,
          Person,
          unknown,
        ],
    ),
  ];
  for (const [status, method, url, person, body] of cases) {
    const answer = await world.ask(method, url, { ...as(person), body });
    t.equal(answer.status, status, `${method} ${url} ${JSON.stringify(body).slice(0, 120)}`);
  }
});

void t.test("whatever one can ask of a collection is described, and its answers are", async (t) => {
  const world = await makeWorld(t);
  const { token } = world.admin;
  await world.db("user_roles").insert({ user_id: world.user.id, role_id: world.role });
  for (const query of [
    "include=roles,sessions,roles.users&fields[users]=email,roles&fields[roles]=name&fields[sessions]=user",
    "fields[users]=",
    "sort=-createdAt,email,id",
    "filter[email][ilike]=PERSON*&filter[firstName][null]=false&filter[isVerified]=false&filter[createdAt][gte]=2026-01-01",
    "filter[roles.name]=admin&filter[roles][null]=false&filter[id][ne]=1",
    "page[number]=2&page[size]=1",
    "page[offset]=1&page[limit]=1",
    "page[after]=&page[size]=1",
    "page[before]=&page[size]=1&include=roles",
  ]) {
    for (const path of ["/v1/users", `/v1/roles/${world.role}/users`]) {
      t.equal((await world.ask("GET", `${path}?${query}`, { token })).status, 200, query);
    }
  }
  for (const url of [
    `/v1/users/${world.user.id}?include=roles,sessions.user`,
    `/v1/users/${world.user.id}/relationships/roles?include=roles.users&page[after]=&sort=name`,
    `/v1/sessions/${world.user.sessionId}/user?include=roles&fields[users]=email`,
    `/v1/sessions/${world.user.sessionId}/relationships/user?include=user.roles`,
    "/v1/sessions?sort=user.email,-createdAt&include=user&filter[user]=x&filter[ipAddress][like]=*",
    "/v1/roles?filter[users.email]=ada@example.org&filter[description][null]=true",
  ]) {
    t.equal((await world.ask("GET", url, { token })).status, 200, url);
  }
  for (const query of ["page[after]=&page[size]=1000", "page[after]=x", "sort=none,-none", "filter[email][about]=x"]) {
    t.equal((await world.ask("GET", `/v1/users?${query}`, { token })).status, 400, query);
  }
  t.equal((await world.ask("GET", "/v1/sessions?sort=user.email&page[after]=", { token })).status, 400);
  const operations = [{ op: "add", ref: { type: "users", id: world.user.id, relationship: "roles" }, data: [] }];
  const nothing = await world.ask("POST", "/v1/operations", { token, body: { "atomic:operations": operations } });
  t.equal(nothing.status, 204);
});

void t.test("a registration that is only accepted, a token that sets a password, and one that stops it", async (t) => {
  const world = await makeApp(t, { REGISTRATION: "confirm" });
  const description = await Description.of(world);
  const body = { data: { type: "users", attributes: { email: "ada@example.org" } } };
  const accepted = await world.ask("POST", "/v1/users", { body });
  t.equal(accepted.status, 202);
  const exchange = { method: "POST", url: "/v1/users", body, contentType: MEDIA_TYPE };
  t.same(description.faultsIn(exchange, accepted), []);

  const token = tokenIn(await newestMail(world, "ada@example.org"));
  const redemption = { data: { token, password: "walnut-orbit-9" } };
  const answer = await world.ask("PATCH", RESET, { body: redemption });
  t.equal(answer.status, 200);
  const plain = { url: RESET, contentType: "application/json" };
  t.same(description.faultsIn({ ...plain, method: "PATCH", body: redemption }, answer), []);

  const notMe = { data: { token: tokenIn(await newestMail(world, "ada@example.org"), "not-me") } };
  const stopped = await world.ask("POST", NOT_ME, { body: notMe });
  t.equal(stopped.status, 200);
  t.same(description.faultsIn({ ...plain, url: NOT_ME, method: "POST", body: notMe }, stopped), []);
  for (const told of description.seen) seen.add(told);

  const open = await makeWorld(t);
  t.notOk(open.description.told.includes("POST /v1/users 202"), "told only where it can be");
});

void t.test("metrics are refused as described to who has not their token", async (t) => {
  const world = await makeWorld(t, { METRICS_TOKEN: "a-token-for-metrics-7Yk2" });
  t.equal((await world.ask("GET", "/metrics", { token: world.admin.token })).status, 401);
});

void t.test("every operation is refused as described when there are too many", async (t) => {
  const world = await makeWorld(t, { GLOBAL_LIMIT_PER_IP: "20/60" });
  const isLimited = ([, { url }]: [string, Request]) => url.startsWith("/v1");
  for (let tries = 0; tries < 20; tries += 1) await world.ask("GET", "/v1/users", { from: "192.0.2.9" });
  for (const [told, { method, url, body }] of requests(world).filter(isLimited)) {
    const answer = await world.ask(method, url, { body, from: "192.0.2.9" });
    t.equal(answer.status, 429, told);
  }
});

void t.test("every operation is refused as described while the database is gone", async (t) => {
  const world = await makeWorld(t);
  const all = requests(world);
  await world.db.destroy();
  for (const [told, { method, url, body }] of all) {
    const answer = await world.ask(method, url, { token: world.admin.token, body });
    if (url === "/readyz") t.equal(answer.status, 503, told);
    else if (url.startsWith("/v1")) t.match(codes(answer), ["internal-error"], told);
  }
});

void t.test("what needs a hash is refused as described while too many wait for one", async (t) => {
  // One at a time, each half a second of a processor, and nobody may wait.
  const world = await makeWorld(t, { SCRYPT_LOG_N: "14", SCRYPT_P: "8" }, { threads: 1, maxWaitingHashes: 0 });
  const { user, admin } = world;
  const change = { type: "users", id: user.id, attributes: { password: "walnut-orbit-8" } };
  await world.ask("POST", RESET, { body: { data: { email: admin.email } } });
  const token = tokenIn(await newestMail(world, admin.email));
  const hashing: [Method, string, unknown][] = [
    ["POST", "/v1/users", newUser()],
    ["PATCH", RESET, { data: { token, password: "walnut-orbit-7" } }],
    ["POST", "/v1/sessions", { data: { type: "sessions", attributes: { email: user.email, password: "x" } } }],
    ["PATCH", `/v1/users/${user.id}`, { data: change }],
    ["POST", "/v1/operations", { "atomic:operations": [{ op: "update", data: change }] }],
  ];
  const busy = world.ask("POST", "/v1/users", { body: newUser() });
  const answers = await Promise.all(
    hashing.map(([method, url, body]) => world.ask(method, url, { token: admin.token, body })),
  );
  for (const [index, { status }] of answers.entries()) t.equal(status, 503, String(hashing[index]?.[1]));
  t.equal((await busy).status, 201);
});

void t.test("nothing is described that no answer has", async (t) => {
  const { description } = await makeWorld(t);
  /** What no test can bring about at will. */
  const NEVER = new Set([
    // Nothing refers to sessions, but to what the layer knows something might.
    "DELETE /v1/sessions/{id} 409",
    // Somebody is deleted in the moment in which they log in.
    "POST /v1/sessions 404",
  ]);
  t.same(
    description.told.filter((told) => !seen.has(told) && !NEVER.has(told)),
    [],
  );
});
