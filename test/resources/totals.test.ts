import t from "tap";

import { seed } from "../../src/cli/seed.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser } from "../fixtures/people.ts";

const TABLES = ["users", "roles", "sessions"] as const;

/** What is kept as the number of rows beside what there is. */
async function counts(server: TestApp) {
  const kept: Record<string, number> = {};
  const real: Record<string, number> = {};
  for (const table of TABLES) {
    const row = await server.db("row_counts").where({ table_name: table }).sum({ n: "row_count" }).first();
    kept[table] = Number(row?.["n"]);
    real[table] = Number((await server.db(table).count({ n: "*" }).first())?.["n"]);
  }
  return { kept, real };
}

async function totalOf(server: TestApp, type: string, token: string): Promise<number> {
  const { body } = await server.ask("GET", `/v1/${type}?page[size]=1`, { token });
  return body.meta.total as number;
}

void t.test("totals follow what is made and deleted, by whatever way", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const person = await makeUser(server);
  await logIn(server, person);
  t.equal(await totalOf(server, "users", admin.token), 2);
  t.equal(await totalOf(server, "sessions", admin.token), 3);

  await seed(server.db, { users: 25 });
  t.equal(await totalOf(server, "users", admin.token), 27, "in bulk");
  t.equal(await totalOf(server, "roles", admin.token), 9);

  t.equal((await server.ask("DELETE", `/v1/users/${person.id}`, { token: admin.token })).status, 204);
  t.equal(await totalOf(server, "users", admin.token), 26);
  t.equal(await totalOf(server, "sessions", admin.token), 1, "by a cascade");
  const { kept, real } = await counts(server);
  t.same(kept, real);
});

void t.test("what is rolled back was never counted", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const role = (name: string) => ({ op: "add", data: { type: "roles", attributes: { name } } });
  const answer = await server.ask("POST", "/v1/operations", {
    token: admin.token,
    headers: { "content-type": 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"' },
    body: { "atomic:operations": [role("first"), role("second"), role("First")] },
  });
  t.equal(answer.status, 409);
  t.equal(await totalOf(server, "roles", admin.token), 1);
  const { kept, real } = await counts(server);
  t.same(kept, real);
});

void t.test("a filter, and what a caller may not see, are not in the total", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const person = await makeUser(server, { firstName: "Grace" });
  await seed(server.db, { users: 30 });
  const filtered = await server.ask("GET", "/v1/users?filter[firstName]=Grace&page[size]=1", { token: admin.token });
  t.equal(filtered.body.meta.total, 4);
  const own = await server.ask("GET", "/v1/users?page[number]=2&page[size]=1", { token: person.token });
  t.same([own.body.data, own.body.meta.total], [[], 1]);
});

void t.test("the total of related resources is that of the links", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  await seed(server.db, { users: 40 });
  const { body } = await server.ask("GET", "/v1/roles?filter[name]=editor", { token: admin.token });
  const id = String(body.data[0].id);
  const links = await server.db("user_roles").where({ role_id: id }).count({ n: "*" }).first();
  for (const path of [`/v1/roles/${id}/users`, `/v1/roles/${id}/relationships/users`]) {
    const related = await server.ask("GET", `${path}?page[size]=2`, { token: admin.token });
    t.equal(related.body.meta.total, Number(links?.["n"]), path);
    t.equal(related.body.meta.page.total, related.body.meta.total);
    t.equal(related.body.data.length, 2);
    const ids = related.body.data.map((resource: { id: string }) => resource.id);
    t.same(ids, [...ids].sort());
  }
});
