import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";

const document = (attributes: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  data: { type: "roles", attributes, ...more },
});

void t.test("an admin makes, reads, changes and deletes roles", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const made = await server.ask("POST", "/v1/roles", {
    token,
    body: document({ name: " Editor ", description: "Edits." }),
  });
  t.equal(made.status, 201);
  const id = String(made.body.data.id);
  t.equal(made.body.data.attributes.name, "Editor");
  const changed = await server.ask("PATCH", `/v1/roles/${id}`, {
    token,
    body: document({ description: null }, { id }),
  });
  t.equal(changed.body.data.attributes.description, null);
  t.ok(changed.body.data.attributes.updatedAt >= made.body.data.attributes.updatedAt);
  t.equal((await server.ask("DELETE", `/v1/roles/${id}`, { token })).status, 204);
  t.equal((await server.ask("GET", `/v1/roles/${id}`, { token })).status, 404);
});

void t.test("a name is taken in every letter case", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  for (const name of ["admin", "editor"]) await server.ask("POST", "/v1/roles", { token, body: document({ name }) });
  const taken = await server.ask("POST", "/v1/roles", { token, body: document({ name: "EDITOR" }) });
  t.equal(taken.status, 409);
  t.equal(taken.body.errors[0].source.pointer, "/data/attributes/name");
});

void t.test(
  "the longest names and descriptions are kept, and what is longer in its normal form is refused",
  async (t) => {
    const server = await makeApp(t);
    const { token } = await makeAdmin(server);
    const make = (attributes: Record<string, unknown>) =>
      server.ask("POST", "/v1/roles", { token, body: document(attributes) });
    const widest = { name: "\u{1F600}".repeat(100), description: "\u{1F600}".repeat(1000) };
    const made = await make(widest);
    t.equal(made.status, 201, made.text);
    t.match(made.body.data.attributes, widest);
    // One letter that is eighteen in NFKC.
    const longer = await make({ name: "\uFDFA".repeat(100) });
    t.equal(longer.status, 422, longer.text);
    t.equal(longer.body.errors[0].source.pointer, "/data/attributes/name");
  },
);

void t.test("a user reads the roles they have, and changes none", async (t) => {
  const server = await makeApp(t);
  const [admin, user] = [await makeAdmin(server), await makeUser(server)];
  const make = async (name: string, userId?: string) => {
    const answer = await server.ask("POST", "/v1/roles", {
      token: admin.token,
      body: document(
        { name },
        userId === undefined ? {} : { relationships: { users: { data: [{ type: "users", id: userId }] } } },
      ),
    });
    return String(answer.body.data.id);
  };
  const [own, foreign] = [await make("own", user.id), await make("foreign")];
  const list = await server.ask("GET", "/v1/roles", { token: user.token });
  t.same(
    list.body.data.map(({ id }: { id: string }) => id),
    [own],
  );
  t.equal((await server.ask("GET", `/v1/roles/${foreign}`, { token: user.token })).status, 404);

  const body = document({ name: "mine" }, { id: own });
  t.equal((await server.ask("PATCH", `/v1/roles/${own}`, { token: user.token, body })).status, 403);
  t.equal((await server.ask("DELETE", `/v1/roles/${own}`, { token: user.token })).status, 403);
  t.equal((await server.ask("POST", "/v1/roles", { token: user.token, body: document({ name: "x" }) })).status, 403);
  t.equal((await server.ask("POST", "/v1/roles", { body: document({ name: "x" }) })).status, 401);
  const self = { data: [{ type: "users", id: user.id }] };
  t.equal(
    (await server.ask("POST", `/v1/roles/${own}/relationships/users`, { token: user.token, body: self })).status,
    403,
  );
  t.equal(
    (await server.ask("POST", `/v1/roles/${foreign}/relationships/users`, { token: user.token, body: self })).status,
    404,
  );
  const roles = { data: [{ type: "roles", id: own }] };
  t.equal(
    (await server.ask("PATCH", `/v1/users/${user.id}/relationships/roles`, { token: user.token, body: roles })).status,
    403,
  );
});

void t.test("roles are given and taken from either side", async (t) => {
  const server = await makeApp(t);
  const [admin, user] = [await makeAdmin(server), await makeUser(server)];
  const { token } = admin;
  const made = await server.ask("POST", "/v1/roles", { token, body: document({ name: "editor" }) });
  const id = String(made.body.data.id);
  const users = { data: [{ type: "users", id: user.id }] };
  t.equal((await server.ask("POST", `/v1/roles/${id}/relationships/users`, { token, body: users })).status, 204);
  t.equal(
    (await server.ask("POST", `/v1/roles/${id}/relationships/users`, { token, body: users })).status,
    204,
    "again",
  );
  const roles = `/v1/users/${user.id}/relationships/roles`;
  t.same((await server.ask("GET", roles, { token })).body.data, [{ type: "roles", id }]);
  t.equal((await server.ask("DELETE", roles, { token, body: { data: [{ type: "roles", id }] } })).status, 204);
  t.equal((await server.ask("DELETE", roles, { token, body: { data: [{ type: "roles", id }] } })).status, 204, "again");
  t.same((await server.ask("GET", roles, { token })).body.data, []);
});
