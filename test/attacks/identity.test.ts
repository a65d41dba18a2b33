import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeUser, newestMail } from "../fixtures/people.ts";

const ATOMIC = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';

const thief = (id: string) => ({
  type: "users",
  id,
  attributes: { email: "thief@example.org", password: "thief-walnut-1" },
});

const idsOf = (server: TestApp) => server.db("users").orderBy("id").pluck("id");

void t.test("a stolen session does not become its user anew by [remove self, add self] in one request", async (t) => {
  const server = await makeApp(t);
  const { id, token } = await makeUser(server);
  const answer = await server.ask("POST", "/v1/operations", {
    token,
    headers: { accept: ATOMIC, "content-type": ATOMIC },
    body: {
      "atomic:operations": [
        { op: "remove", ref: { type: "users", id } },
        { op: "add", data: thief(id) },
      ],
    },
  });
  t.equal(answer.status, 409, answer.text);
  t.equal(answer.body.errors[0].source.pointer, "/atomic:operations/1/data/id");
  t.equal((await server.ask("GET", `/v1/users/${id}`, { token })).status, 200, "nothing took place");
});

void t.test("the id of a deleted user is taken for ever, with the answer for one that is there", async (t) => {
  const server = await makeApp(t);
  const [gone, present] = [await makeUser(server), await makeUser(server)];
  t.equal((await server.ask("DELETE", `/v1/users/${gone.id}`, { token: gone.token })).status, 204);
  const answers = await Promise.all(
    [gone, present].map(({ id }) => server.ask("POST", "/v1/users", { body: { data: thief(id) } })),
  );
  const bodies = answers.map(({ status, body }) => ({ status, ...body.errors[0], id: "" }));
  t.match(bodies[0], { status: "409", source: { pointer: "/data/id" } });
  t.same(bodies[0], bodies[1]);
  t.same(await idsOf(server), [present.id]);
});

void t.test("nor is it given by REGISTRATION=confirm, which says nothing of it", async (t) => {
  const server = await makeApp(t, { REGISTRATION: "confirm" });
  const gone = "0195e0a0-0000-7000-8000-000000000001";
  await server.db("retired_ids").insert({ id: gone });
  const answer = await server.ask("POST", "/v1/users", {
    body: { data: { type: "users", id: gone, attributes: { email: "thief@example.org" } } },
  });
  t.equal(answer.status, 202);
  t.match(await newestMail(server, "thief@example.org"), { tag: "welcome" });
  const ids = await idsOf(server);
  t.equal(ids.length, 1);
  t.not(ids[0], gone);
});

void t.test("a deletion and the taking of its id at once, many times: the id never comes back", async (t) => {
  const server = await makeApp(t);
  for (let round = 0; round < 10; round += 1) {
    const { id, token } = await makeUser(server);
    const [removed, , again] = await Promise.all([
      server.ask("DELETE", `/v1/users/${id}`, { token }),
      server.ask("POST", "/v1/users", { body: { data: thief(id) } }),
      server.ask("DELETE", `/v1/users/${id}`, { token }),
      server.ask("POST", "/v1/users", { body: { data: thief(id) } }),
    ]);
    t.same([removed.status, again.status].sort()[0], 204, "one of them deletes it");
    t.same(await idsOf(server), []);
  }
});
