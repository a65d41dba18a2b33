import t from "tap";

import { makeApp, type Answer, type Ask, type TestApp } from "../fixtures/app.ts";
import { listen } from "../fixtures/bare-server.ts";
import { makeAdmin, type Person } from "../fixtures/people.ts";

/** A server with an admin, and a role to change. */
interface Scene {
  readonly server: TestApp;
  readonly admin: Person;
  readonly roleId: string;
  send(method: "POST" | "PATCH" | "DELETE", url: string, body: unknown): Promise<Answer>;
}

async function makeScene(t: Parameters<typeof makeApp>[0]): Promise<Scene> {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const send: Scene["send"] = (method, url, body) => server.ask(method, url, { token: admin.token, body });
  const made = await send("POST", "/v1/roles", { data: { type: "roles", attributes: { name: "guest" } } });
  return { server, admin, roleId: String(made.body.data.id), send };
}

/** All that requests could have written, to compare. */
async function contents({ db }: TestApp): Promise<unknown> {
  const tables = ["users", "roles", "user_roles", "sessions", "outbox"];
  const rows = await Promise.all(tables.map((table) => db(table).select().orderBy(1)));
  return rows.map((table) => table.map(({ last_used_at: _, ...row }) => row as Record<string, unknown>));
}

/** The places that take a document, with the type that each of them is for. */
function places({ admin, roleId }: Scene): (readonly ["POST" | "PATCH" | "DELETE", string, string])[] {
  return [
    ["POST", "/v1/users", "users"],
    ["PATCH", `/v1/users/${admin.id}`, "users"],
    ["POST", "/v1/roles", "roles"],
    ["PATCH", `/v1/roles/${roleId}`, "roles"],
    ["POST", "/v1/sessions", "sessions"],
    ["PATCH", `/v1/users/${admin.id}/relationships/roles`, "roles"],
    ["POST", `/v1/users/${admin.id}/relationships/roles`, "roles"],
    ["DELETE", `/v1/users/${admin.id}/relationships/roles`, "roles"],
  ];
}

const faultsIn = ({ body }: Answer) =>
  body.errors.map(
    ({ status, source = {} }: { status: string; source?: { pointer?: string } }) =>
      `${status} ${source.pointer ?? "-"}`,
  ) as string[];

void t.test("what is no JSON is 400 at every place that takes a document, and writes nothing", async (t) => {
  const scene = await makeScene(t);
  const before = await contents(scene.server);
  for (const [method, url] of places(scene)) {
    for (const text of [
      "{",
      '{"data":{"type":"users"}',
      '{"data":undefined}',
      "{'data':{}}",
      '{"data":{}}}',
      "\u0000",
    ]) {
      const answer = await scene.send(method, url, text);
      t.equal(answer.status, 400, `${method} ${url} ${JSON.stringify(text)}`);
      t.equal(answer.body.errors[0].code, "malformed-body");
    }
  }
  t.same(await contents(scene.server), before);
});

void t.test("JSON that is no document is 400 at every place that takes one", async (t) => {
  const scene = await makeScene(t);
  const before = await contents(scene.server);
  for (const [method, url] of places(scene)) {
    for (const text of ["null", "true", "1", '"data"', "[]", '[{"data":null}]', "{}", '{"Data":{}}', '{"data":7}']) {
      t.equal((await scene.send(method, url, text)).status, 400, `${method} ${url} ${text}`);
    }
  }
  t.same(await contents(scene.server), before);
});

void t.test("a key twice, or __proto__ in any spelling, is 400 with the pointer to it", async (t) => {
  const scene = await makeScene(t);
  const before = await contents(scene.server);
  for (const [method, url, type] of places(scene)) {
    for (const [text, pointer] of [
      [`{"data":{"type":"${type}","type":"${type}"}}`, "/data/type"],
      [`{"data":{},"d\\u0061ta":{"type":"${type}"}}`, "/data"],
      [
        `{"data":{"type":"${type}","attributes":{"email":"a@example.org","email":"b@example.org"}}}`,
        "/data/attributes/email",
      ],
      [`{"data":{"type":"${type}","attributes":{"__proto__":{"isVerified":true}}}}`, "/data/attributes/__proto__"],
      [`{"data":{"type":"${type}","__proto__":{"id":"x"}}}`, "/data/__proto__"],
      [`{"data":[{"type":"${type}","\\u005f_proto__":{}}]}`, "/data/0/__proto__"],
    ] as const) {
      t.same(faultsIn(await scene.send(method, url, text)), [`400 ${pointer}`], `${method} ${url} ${text}`);
    }
  }
  t.equal(({} as Record<string, unknown>)["isVerified"], undefined);
  t.same(await contents(scene.server), before);
});

/** What may not stand where text belongs. */
const NO_TEXT: readonly unknown[] = [[], ["a@example.org"], {}, { email: "a@example.org" }, 0, 5, true, false];
/** What may not stand where text is stored. */
const NO_STORED_TEXT: readonly unknown[] = [...NO_TEXT, "a\u0000b", "\ud800", "x\udfffy"];

void t.test("arrays, objects, numbers and booleans where text belongs are 422 with the pointer", async (t) => {
  const scene = await makeScene(t);
  const { admin, roleId, send } = scene;
  const before = await contents(scene.server);
  const user = { email: "new@example.org", password: "orbit-walnut-new" };
  const wrong = async (
    method: "POST" | "PATCH",
    url: string,
    data: Record<string, unknown>,
    name: string,
    value: unknown,
  ) => {
    const attributes = { ...(data["attributes"] as object), [name]: value };
    const answer = await send(method, url, { data: { ...data, attributes } });
    t.same(faultsIn(answer), [`422 /data/attributes/${name}`], `${method} ${url} ${name}: ${JSON.stringify(value)}`);
    t.match(answer.body.errors[0].meta, { attribute: name, message: String });
  };
  for (const name of ["email", "password", "firstName", "lastName", "avatarUrl"]) {
    for (const value of NO_STORED_TEXT) {
      await wrong("POST", "/v1/users", { type: "users", attributes: user }, name, value);
    }
  }
  for (const name of ["firstName", "lastName", "avatarUrl"]) {
    for (const value of NO_STORED_TEXT) {
      await wrong("PATCH", `/v1/users/${admin.id}`, { type: "users", id: admin.id }, name, value);
    }
  }
  for (const name of ["name", "description"]) {
    for (const value of NO_STORED_TEXT) {
      await wrong("POST", "/v1/roles", { type: "roles", attributes: { name: "new" } }, name, value);
      await wrong("PATCH", `/v1/roles/${roleId}`, { type: "roles", id: roleId }, name, value);
    }
  }
  for (const name of ["email", "password"]) {
    for (const value of [...NO_TEXT, null]) {
      await wrong("POST", "/v1/sessions", { type: "sessions", attributes: user }, name, value);
    }
  }
  for (const value of [0, 1, "true", "", null, [], {}]) {
    await wrong("PATCH", `/v1/users/${admin.id}`, { type: "users", id: admin.id }, "isVerified", value);
  }
  t.same(await contents(scene.server), before);
});

void t.test("text that no account can have logs nobody in: the answer of every wrong password", async (t) => {
  const { server, admin } = await makeScene(t);
  const logIn = async (email: string, password: string) => {
    const body = { data: { type: "sessions", attributes: { email, password } } };
    const { status, body: document } = await server.ask("POST", "/v1/sessions", { body });
    return { status, error: { ...document.errors[0], id: "" } };
  };
  const usual = await logIn(admin.email, "wrong");
  t.equal(usual.status, 401);
  for (const [email, password] of [
    ["\u0000", "x"],
    ["\ud800@example.org", "x"],
    [`${admin.email}\u0000`, admin.password],
    [admin.email, `${admin.password}\u0000`],
    [admin.email, `${admin.password}\u0000x`],
    [admin.email, `${admin.password}\ud800`],
    [admin.email, ""],
    ["", admin.password],
    ["x".repeat(100_000), "x"],
    [admin.email, "x".repeat(100_000)],
  ] as const) {
    t.same(await logIn(email, password), usual, JSON.stringify([email, password]).slice(0, 80));
  }
});

void t.test("unknown attributes and relationships are 422, whatever JavaScript makes of their names", async (t) => {
  const scene = await makeScene(t);
  const { admin, roleId, send } = scene;
  const before = await contents(scene.server);
  const documents = [
    ["POST", "/v1/users", { type: "users", attributes: { email: "n@example.org", password: "orbit-walnut-n" } }],
    ["PATCH", `/v1/users/${admin.id}`, { type: "users", id: admin.id }],
    ["POST", "/v1/roles", { type: "roles", attributes: { name: "new" } }],
    ["PATCH", `/v1/roles/${roleId}`, { type: "roles", id: roleId }],
    ["POST", "/v1/sessions", { type: "sessions", attributes: { email: admin.email, password: admin.password } }],
  ] as const;
  const names = [
    "nope",
    "constructor",
    "prototype",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "id",
    "type",
    "",
    "a/b~c",
  ];
  const columns = ["is_verified", "email_normal", "reset_password", "created_at", "password_hash", "user_id"];
  for (const [method, url, data] of documents) {
    for (const name of [...names, ...columns]) {
      const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
      const attributes = { ...("attributes" in data ? data.attributes : {}), [name]: "x" };
      const attribute = await send(method, url, { data: { ...data, attributes } });
      t.same(faultsIn(attribute), [`422 /data/attributes/${token}`], `${method} ${url} ${name}`);
      t.equal(attribute.body.errors[0].code, "unknown-attribute");
      const relationships = { [name]: { data: null } };
      const relationship = await send(method, url, { data: { ...data, relationships } });
      t.same(faultsIn(relationship), [`422 /data/relationships/${token}`], `${method} ${url} ${name}`);
      t.equal(relationship.body.errors[0].code, "unknown-relationship");
    }
  }
  t.same(await contents(scene.server), before);
});

const NO_UUIDS = ["1", "me", "null", "constructor", "00000000-0000-0000-0000-000000000000", "' or 1=1 --", "\u0000"];

void t.test("an id in the URL that is no UUID is the same 404 as one that nothing has", async (t) => {
  const { server, admin, roleId, send } = await makeScene(t);
  const nothing = "0197a000-0000-7000-8000-000000000000";
  const answers = new Set<string>();
  for (const id of [nothing, ...NO_UUIDS, roleId.toUpperCase(), `{${roleId}}`, `${roleId}\n`]) {
    const url = `/v1/roles/${encodeURIComponent(id)}`;
    const identifier = { data: { type: "roles", id, attributes: { name: "new" } } };
    const requests: ["GET" | "POST" | "PATCH" | "DELETE", string, Ask][] = [
      ["GET", url, {}],
      ["PATCH", url, { body: identifier }],
      ["DELETE", url, {}],
      ["GET", `${url}/users`, {}],
      ["GET", `${url}/relationships/users`, {}],
      ["PATCH", `${url}/relationships/users`, { body: { data: [] } }],
      ["POST", `${url}/relationships/users`, { body: { data: [] } }],
      ["DELETE", `${url}/relationships/users`, { body: { data: [] } }],
    ];
    for (const [method, path, ask] of requests) {
      const answer = await server.ask(method, path, { ...ask, token: admin.token });
      t.equal(answer.status, 404, `${method} ${path}`);
      answers.add(JSON.stringify({ ...answer.body, errors: [{ ...answer.body.errors[0], id: "" }] }));
    }
  }
  t.equal(answers.size, 1, [...answers].join("\n"));
  t.equal((await send("PATCH", `/v1/roles/${roleId}`, { data: { type: "roles", id: roleId } })).status, 200);
});

void t.test("an id in a document that is no UUID: 422 for a new resource, 404 for a reference", async (t) => {
  const scene = await makeScene(t);
  const { admin, send } = scene;
  const before = await contents(scene.server);
  for (const id of [...NO_UUIDS, "", "\ud800", "x".repeat(10_000)]) {
    const made = await send("POST", "/v1/roles", { data: { type: "roles", id, attributes: { name: "new" } } });
    t.same(faultsIn(made), ["422 /data/id"], JSON.stringify(id).slice(0, 40));
    const data = [{ type: "roles", id }];
    const linked = await send("POST", `/v1/users/${admin.id}/relationships/roles`, { data });
    t.same(faultsIn(linked), ["404 /data/0"], JSON.stringify(id).slice(0, 40));
    const created = await send("POST", "/v1/users", {
      data: {
        type: "users",
        attributes: { email: "n@example.org", password: "orbit-walnut-n" },
        relationships: { roles: { data } },
      },
    });
    t.same(faultsIn(created), ["404 /data/relationships/roles/data/0"], JSON.stringify(id).slice(0, 40));
  }
  t.same(await contents(scene.server), before);
});

void t.test("a body of 300 KiB is 413 at every place that takes one, and its sender gets to read that", async (t) => {
  const scene = await makeScene(t);
  const before = await contents(scene.server);
  const { url } = await listen(scene.server.app);
  for (const [method, path, type] of places(scene)) {
    const answer = await fetch(url + path, {
      method,
      headers: { "content-type": "application/vnd.api+json", authorization: `Bearer ${scene.admin.token}` },
      body: JSON.stringify({ data: { type, attributes: { firstName: "x".repeat(300 * 1024) } } }),
    });
    t.equal(answer.status, 413, `${method} ${path}`);
    t.equal(answer.headers.get("content-type"), "application/vnd.api+json");
    t.match(await answer.json(), { errors: [{ status: "413", code: "payload-too-large" }] });
  }
  t.same(await contents(scene.server), before);
});

void t.test("what fits into a body is judged at once: long text, many members, deep nesting", async (t) => {
  const scene = await makeScene(t);
  const { admin, send } = scene;
  const attributes = (members: Record<string, unknown>) => ({
    data: { type: "users", id: admin.id, attributes: members },
  });
  const url = `/v1/users/${admin.id}`;
  const long = "x".repeat(250_000);
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m${String(index)}`, 1]));
  const deep = `{"data":{"type":"users","id":"${admin.id}","attributes":{"firstName":${"[".repeat(100)}${"]".repeat(100)}}}}`;
  for (const [body, fault] of [
    [attributes({ firstName: long }), "422 /data/attributes/firstName"],
    [attributes({ avatarUrl: `https://example.org/${long}` }), "422 /data/attributes/avatarUrl"],
    [attributes({ email: `${long}@example.org`, currentPassword: admin.password }), "422 /data/attributes/email"],
    [attributes({ [long]: "x" }), `422 /data/attributes/${long}`],
    [attributes(many), "400 /data/attributes"],
    [deep, "400 -"],
  ] as const) {
    const start = performance.now();
    const answer = await send("PATCH", url, body);
    t.ok(performance.now() - start < 2000, `${fault.slice(0, 60)} was judged fast`);
    t.same(faultsIn(answer), [fault], fault.slice(0, 60));
  }
});
