import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser, type Person } from "../fixtures/people.ts";

const ATOMIC = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';

const perform = (server: TestApp, { token }: Person, operations: readonly object[]) =>
  server.ask("POST", "/v1/operations", {
    token,
    headers: { accept: ATOMIC, "content-type": ATOMIC },
    body: { "atomic:operations": operations },
  });

const update = (id: string, attributes: object) => ({ op: "update", data: { type: "users", id, attributes } });

void t.test("nobody makes the server hash while a transaction is open", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const { id, email } = person;
  const change = { password: "orbit-thistle-1", currentPassword: "orbit-thistle-0" };
  const answer = await perform(server, person, [
    { op: "remove", ref: { type: "users", id } },
    { op: "add", data: { type: "users", id, attributes: { email, password: "orbit-thistle-0" } } },
    ...Array.from({ length: 9 }, () => update(id, change)),
  ]);
  t.equal(answer.status, 403, answer.text);
  t.equal(answer.body.errors[0].source.pointer, "/atomic:operations/2");
  t.equal((await server.ask("GET", `/v1/users/${id}`, { token: person.token })).status, 200, "nothing took place");
});

void t.test("a second change of a user in one request is refused, not lost", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const { id, email } = await makeUser(server);
  const answer = await perform(server, admin, [update(id, { email: "other@example.org" }), update(id, { email })]);
  t.equal(answer.status, 403, answer.text);
  t.equal(answer.body.errors[0].source.pointer, "/atomic:operations/1");
  t.equal((await server.ask("GET", `/v1/users/${id}`, { token: admin.token })).body.data.attributes.email, email);
});

void t.test("one change each, beside changes of links, goes through", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const [one, other] = [await makeUser(server), await makeUser(server)];
  const answer = await perform(server, admin, [
    { op: "add", data: { type: "roles", lid: "r", attributes: { name: "editor" } } },
    { op: "add", ref: { type: "users", id: one.id, relationship: "roles" }, data: [{ type: "roles", lid: "r" }] },
    update(one.id, { firstName: "One" }),
    update(other.id, { firstName: "Other" }),
    { op: "add", data: { type: "users", lid: "u", attributes: { email: "new@example.org" } } },
    { op: "add", ref: { type: "users", lid: "u", relationship: "roles" }, data: [{ type: "roles", lid: "r" }] },
  ]);
  t.equal(answer.status, 200, answer.text);
  const { body } = await server.ask("GET", "/v1/users?filter[roles.name]=editor", { token: admin.token });
  t.equal(body.meta.total, 2);
});
