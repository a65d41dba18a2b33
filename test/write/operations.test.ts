import t from "tap";

import { makeApp, type Json, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser } from "../fixtures/people.ts";

const EXT = "https://jsonapi.org/ext/atomic";
const MEDIA_TYPE = `application/vnd.api+json;ext="${EXT}"`;

function operate(server: TestApp, token: string | undefined, operations: Json, headers: Record<string, string> = {}) {
  return server.ask("POST", "/v1/operations", {
    token,
    body: { "atomic:operations": operations },
    headers: { "content-type": MEDIA_TYPE, accept: MEDIA_TYPE, ...headers },
  });
}

const add = (type: string, attributes: Json, more: Json = {}) => ({ op: "add", data: { type, attributes, ...more } });

void t.test("adds, relates by lid, updates and removes in one go", async (t) => {
  const server = await makeApp(t);
  const { token, id: adminId } = await makeAdmin(server);
  const user = await makeUser(server);
  const answer = await operate(server, token, [
    add("roles", { name: "editor" }, { lid: "r" }),
    add("roles", { name: "author" }, { lid: "gone" }),
    { op: "add", ref: { type: "users", id: user.id, relationship: "roles" }, data: [{ type: "roles", lid: "r" }] },
    {
      op: "update",
      ref: { type: "roles", lid: "r" },
      data: { type: "roles", lid: "r", attributes: { description: "Edits." } },
    },
    { op: "update", data: { type: "users", id: user.id, attributes: { firstName: "Ada" } } },
    add(
      "users",
      { email: "new@example.org", password: "walnut-orbit-5" },
      {
        lid: "n",
        relationships: {
          roles: {
            data: [
              { type: "roles", lid: "r" },
              { type: "roles", lid: "gone" },
            ],
          },
        },
      },
    ),
    { op: "remove", ref: { type: "users", lid: "n", relationship: "roles" }, data: [{ type: "roles", lid: "gone" }] },
    { op: "remove", ref: { type: "roles", lid: "gone" } },
    {
      op: "update",
      href: `/v1/users/${adminId}`,
      data: { type: "users", id: adminId, attributes: { lastName: "Boss" } },
    },
  ]);
  t.equal(answer.status, 200, answer.text);
  t.equal(answer.headers["content-type"], MEDIA_TYPE);
  const results = answer.body["atomic:results"] as Json[];
  t.equal(results.length, 9);
  const roleId = results[0].data.id as string;
  t.same(results[2], {});
  t.equal(results[3].data.attributes.description, "Edits.");
  t.equal(results[4].data.attributes.firstName, "Ada");
  t.same(results[7], {});
  const linkage = async (id: string) =>
    (await server.ask("GET", `/v1/users/${id}/relationships/roles`, { token })).body.data;
  t.same(await linkage(user.id), [{ type: "roles", id: roleId }]);
  t.same(await linkage(results[5].data.id as string), [{ type: "roles", id: roleId }]);
  t.ok(await logIn(server, { email: "new@example.org", password: "walnut-orbit-5" }));
});

void t.test("one fails, none takes place; the fault points into the operation", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const answer = await operate(server, token, [add("roles", { name: "editor" }), add("roles", { name: "EDITOR" })]);
  t.equal(answer.status, 409);
  t.same(answer.body.errors[0].source, { pointer: "/atomic:operations/1/data/attributes/name" });
  t.equal((await server.ask("GET", "/v1/roles", { token })).body.meta.total, 1);
});

void t.test("many alike: results in their order, and of one that is taken it is said which", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const names = Array.from({ length: 23 }, (_, index) => `role ${String(index)}`);
  // One in between has other columns.
  const adds = names.map((name, index) => add("roles", { name, ...(index === 9 ? { description: "Ninth." } : {}) }));
  const taken = await operate(server, token, adds.with(14, add("roles", { name: "ROLE 12" })));
  t.equal(taken.status, 409);
  t.same(taken.body.errors[0].source, { pointer: "/atomic:operations/14/data/attributes/name" });
  t.equal((await server.ask("GET", "/v1/roles", { token })).body.meta.total, 1);

  const done = await operate(server, token, adds);
  const results = done.body["atomic:results"] as Json[];
  t.same(
    results.map(({ data }) => data.attributes.name as string),
    names,
  );
  t.equal(results[9].data.attributes.description, "Ninth.");
  const [{ data: first }] = results;
  t.same((await server.ask("GET", `/v1/roles/${String(first.id)}`, { token })).body.data, first);
});

void t.test("what names a type or a relationship is text, and what is none is not quoted", async (t) => {
  const server = await makeApp(t);
  const { token, id } = await makeAdmin(server);
  const wrong = { password: "orbit-walnut-99" };
  const answer = await operate(server, token, [
    { op: "remove", ref: { type: wrong, id } },
    { op: "add", data: { type: wrong } },
    { op: "add", ref: { type: "users", id, relationship: wrong }, data: [] },
    { op: "add", href: `/v1/users/${id}/relationships`, data: [] },
  ]);
  t.equal(answer.status, 400);
  t.same(
    answer.body.errors.map((error: Json) => [error.code, error.source.pointer]),
    ["/0/ref/type", "/1/data/type", "/2/ref/relationship", "/3/href"].map((place) => [
      "invalid-document",
      `/atomic:operations${place}`,
    ]),
  );
  t.notMatch(answer.text, wrong.password);
});

void t.test("faults that can be seen beforehand are reported for all operations at once", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const unknown = "0195e0a0-0000-7000-8000-000000000000";
  const answer = await operate(server, token, [
    add("roles", { name: 7 }),
    { op: "change", ref: { type: "roles" } },
    { op: "update", ref: { type: "nopes", id: unknown }, data: {} },
    { op: "remove", ref: { type: "roles", lid: "never" } },
    { op: "remove", ref: { type: "roles" } },
    { op: "add", ref: { type: "users", id: unknown, relationship: "nope" }, data: [] },
    { op: "update", href: "https://elsewhere.example.org/v1/roles/1", data: {} },
    { op: "add", data: { type: "roles", attributes: { name: "x" } }, ref: { type: "roles" }, href: "/v1/roles" },
    { op: "remove", ref: { type: "roles", id: unknown } },
    "nonsense",
  ]);
  t.equal(answer.status, 400);
  t.same(
    answer.body.errors.map((error: Json) => error.source.pointer),
    [
      "/0/data/attributes/name",
      "/1/op",
      "/2/ref/type",
      "/3/ref/lid",
      "/4/ref",
      "/5/ref/relationship",
      "/6/href",
      "/7/href",
      "/8",
      "/9",
    ].map((place) => `/atomic:operations${place}`),
  );
});

void t.test("rights are those of the endpoints: nothing more can be done by operations", async (t) => {
  const server = await makeApp(t);
  const [user, other] = [await makeUser(server), await makeUser(server)];
  const admin = await server.db("roles").where({ name: "admin" }).first("id");
  const attempts: [Json, number][] = [
    [
      {
        op: "add",
        ref: { type: "users", id: user.id, relationship: "roles" },
        data: [{ type: "roles", id: admin?.id }],
      },
      403,
    ],
    [{ op: "update", data: { type: "users", id: user.id, attributes: { isVerified: true } } }, 403],
    [{ op: "update", data: { type: "users", id: other.id, attributes: { firstName: "x" } } }, 404],
    [{ op: "remove", ref: { type: "users", id: other.id } }, 404],
    [{ op: "remove", ref: { type: "sessions", id: other.sessionId } }, 404],
    [add("roles", { name: "mine" }), 403],
    [{ op: "update", data: { type: "users", id: user.id, attributes: { password: "walnut-orbit-6" } } }, 422],
    [add("sessions", { email: user.email, password: user.password }), 403],
    [
      {
        op: "update",
        ref: { type: "sessions", id: user.sessionId, relationship: "user" },
        data: { type: "users", id: user.id },
      },
      403,
    ],
  ];
  for (const [operation, status] of attempts) {
    const answer = await operate(server, user.token, [operation]);
    t.equal(answer.status, status, JSON.stringify(operation));
    t.match(answer.body.errors[0].source.pointer, /^\/atomic:operations\/0/);
  }
  const newcomer = add("users", { email: "new@example.org", password: "walnut-orbit-7" });
  t.equal((await operate(server, undefined, [newcomer])).status, 401, "a hundred registrations are not one request");
  t.equal((await operate(server, undefined, [{ op: "remove", ref: { type: "users", id: user.id } }])).status, 401);
  t.equal((await operate(server, user.token, [{ op: "remove", ref: { type: "users", id: user.id } }])).status, 204);
});

void t.test("the last admin stays, whatever the order of operations", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const answer = await operate(server, admin.token, [
    add("roles", { name: "editor" }),
    { op: "remove", ref: { type: "users", id: admin.id } },
  ]);
  t.equal(answer.status, 409);
  t.equal((await server.ask("GET", "/v1/roles", { token: admin.token })).body.meta.total, 1);
});

void t.test("the extension must be named, the document must have its shape, and there is a limit", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const plain = await operate(server, token, [add("roles", { name: "x" })], {
    "content-type": "application/vnd.api+json",
  });
  t.equal(plain.status, 415);
  const elsewhere = await server.ask("GET", "/v1/users", { token, headers: { accept: MEDIA_TYPE } });
  t.equal(elsewhere.status, 406, "other endpoints know no extension");
  for (const [body, pointer] of [
    [{}, ""],
    [{ "atomic:operations": {} }, "/atomic:operations"],
    [{ "atomic:operations": [] }, "/atomic:operations"],
    [{ "atomic:operations": Array.from({ length: 101 }, () => ({})) }, "/atomic:operations"],
    [[], ""],
  ] as const) {
    const answer = await server.ask("POST", "/v1/operations", { token, body, headers: { "content-type": MEDIA_TYPE } });
    t.equal(answer.status, 400);
    t.equal(answer.body.errors[0].source.pointer, pointer);
  }
  t.equal((await server.ask("GET", "/v1/operations", { token })).status, 405);
});
