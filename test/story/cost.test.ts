import t from "tap";

import { seed } from "../../src/cli/seed.ts";
import { makeApp, type Ask, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";
import { statementsOf } from "../fixtures/statements.ts";

/** How many statements the database is asked for one request. */
async function queriesOf(server: TestApp, method: "GET" | "POST" | "PATCH" | "DELETE", url: string, ask: Ask) {
  const { result, statements } = await statementsOf(server.db, () => server.ask(method, url, ask));
  return { queries: statements.length, status: result.status, body: result.body };
}

void t.test("a reset request costs one query, whoever is asked for", async (t) => {
  const server = await makeApp(t);
  await makeUser(server, { email: "known@example.org" });
  for (const email of ["known@example.org", "nobody@example.org"]) {
    const { queries, status } = await queriesOf(server, "POST", "/v1/auth/reset-password", {
      body: { data: { email } },
    });
    t.same({ queries, status }, { queries: 1, status: 200 });
  }
});

void t.test("a token that is no good costs one query and no hashing", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const token = tokenIn(await newestMail(server, person.email));
  for (const bad of ["x", token.slice(1), token.toUpperCase(), "A".repeat(43)]) {
    const body = { data: { token: bad, password: "walnut-orbit-9" } };
    const { queries, status } = await queriesOf(server, "PATCH", "/v1/auth/reset-password", { body });
    t.same({ queries, status }, { queries: 1, status: 404 });
  }
});

void t.test(
  "a refused login costs two queries and one transaction of two writes, whether or not there is such a user",
  async (t) => {
    const server = await makeApp(t);
    const person = await makeUser(server);
    for (const email of [person.email, "nobody@example.org"]) {
      const body = { data: { type: "sessions", attributes: { email, password: "wrong-wrong" } } };
      const { queries, status } = await queriesOf(server, "POST", "/v1/sessions", { body });
      t.same({ queries, status }, { queries: 2 + 4, status: 401 });
    }
  },
);

void t.test("a read by id costs two: the session and the resource", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const { queries, status } = await queriesOf(server, "GET", `/v1/users/${person.id}`, { token: person.token });
  t.same({ queries, status }, { queries: 2, status: 200 });
});

void t.test("a page costs three, and one more for each path of include, however many rows there are", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 120 });
  const expected = {
    "/v1/users?page[size]=1": 3,
    "/v1/users?page[size]=100": 3,
    "/v1/users?page[size]=1&include=roles": 4,
    "/v1/users?page[size]=100&include=roles": 4,
    "/v1/users?page[size]=100&include=roles,sessions": 5,
    "/v1/users?page[size]=100&include=roles.users.sessions,sessions.user": 7,
  };
  for (const [url, cost] of Object.entries(expected)) {
    const { queries, status } = await queriesOf(server, "GET", url, { token });
    t.same({ queries, status }, { queries: cost, status: 200 }, url);
  }
});

/** What begins and ends a transaction, or a part of one. Databases differ in these. */
const OF_TRANSACTIONS = /^(?:begin|commit|savepoint|release)/i;

void t.test(
  "what writes cost: the session, what is to be changed, and one statement, where one is enough",
  async (t) => {
    const server = await makeApp(t);
    const { token } = await makeAdmin(server);
    const person = await makeUser(server);
    const cost = async (method: "POST" | "PATCH" | "DELETE", url: string, ask: Ask) => {
      const { result: answer, statements } = await statementsOf(server.db, () =>
        server.ask(method, url, { token, ...ask }),
      );
      t.ok(answer.status < 300, answer.text);
      const transactions = statements.filter((sql) => /^begin/i.test(sql)).length;
      return { statements: statements.filter((sql) => !OF_TRANSACTIONS.test(sql)).length, transactions, answer };
    };
    const alone = (statements: number) => ({ statements, transactions: 0 });
    const together = (statements: number) => ({ statements, transactions: 1 });

    const role = (attributes: object, id?: string) => ({ body: { data: { type: "roles", id, attributes } } });
    const { answer, ...created } = await cost("POST", "/v1/roles", role({ name: "editor" }));
    t.match(created, alone(2));
    const { id } = answer.body.data as { id: string };
    const url = `/v1/roles/${id}`;
    t.match(await cost("PATCH", url, role({ description: "May edit." }, id)), alone(3));
    t.match(await cost("PATCH", url, role({ description: "May edit." }, id)), alone(2), "nothing to change");
    const name = { data: { type: "users", id: person.id, attributes: { firstName: "Ada" } } };
    t.match(await cost("PATCH", `/v1/users/${person.id}`, { body: name }), alone(3));
    const link = { body: { data: [{ type: "roles", id }] } };
    t.match(await cost("POST", `/v1/users/${person.id}/relationships/roles`, link), together(5));
    t.match(await cost("DELETE", url, {}), alone(3));

    const ATOMIC = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';
    const add = (_: unknown, index: number) => ({
      op: "add",
      data: { type: "roles", attributes: { name: String(index) } },
    });
    const ten = { headers: { accept: ATOMIC, "content-type": ATOMIC } };
    const operations = { ...ten, body: { "atomic:operations": Array.from({ length: 10 }, add) } };
    t.match(await cost("POST", "/v1/operations", operations), { statements: 4 }, "ten creations");

    const { email, password } = person;
    const logIn = { token: undefined, body: { data: { type: "sessions", attributes: { email, password } } } };
    t.match(await cost("POST", "/v1/sessions", logIn), together(8));
    const reset = "/v1/auth/reset-password";
    await server.ask("POST", reset, { body: { data: { email } } });
    const mailed = tokenIn(await newestMail(server, email));
    const redemption = { token: undefined, body: { data: { token: mailed, password: "thistle-harbor-7" } } };
    t.match(await cost("PATCH", reset, redemption), together(7));
  },
);
