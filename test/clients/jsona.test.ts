import type { Model } from "jsona";
import t from "tap";

import { liveWith } from "../fixtures/clients.ts";
import { Client, jsona, type Answer } from "./setup/jsona.ts";

const modelsIn = ({ data }: Answer) => data as Model[];
const modelIn = ({ data }: Answer) => data as Model & { id: string };
const namesIn = (models: unknown) => (models as Model[]).map(({ firstName }) => firstName);
const pointersIn = ({ document }: Answer) => document.errors?.map(({ status, source }) => [status, source?.pointer]);

void t.test("jsona lives with the server", (t) =>
  liveWith(t, "jsona", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers }) => {
      const client = new Client(url);
      t.equal((await client.logIn(admin.email, "not-the-password")).status, 401);
      const session = modelIn(await client.logIn(admin.email, admin.password));
      const { token } = client;

      const all = await client.send("GET", "users?include=roles,roles.users&sort=lastName");
      t.same(namesIn(modelsIn(all)), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      const [ada] = modelsIn(all);
      const adasRoles = ada?.["roles"] as Model[];
      t.same(adasRoles.map(({ name }) => name).sort(), ["author", "editor"]);
      const editor = adasRoles.find(({ name }) => name === "editor");
      t.same(namesIn(editor?.["users"]).sort(), ["Ada", "Ben"], "there and back");

      const written = jsona.serialize({ stuff: modelsIn(all), includeNames: ["roles", "roles.users"] });
      t.match(written.data, [{ type: "users", id: people.Ada.id, relationships: { roles: { data: [{}, {}] } } }]);
      t.same(jsona.deserialize(written), withoutExtras(modelsIn(all)), "what is written reads as what was read");
      const attributes = (data: unknown) => (data as { attributes: object }[]).map((resource) => resource.attributes);
      t.same(attributes(written.data), attributes(all.document.data), "attributes are those of the server");

      const names: unknown[] = [];
      for (let next: string | null | undefined = "users?sort=lastName&page[size]=4"; typeof next === "string";) {
        const page: Answer = await client.send("GET", next);
        names.push(...namesIn(modelsIn(page)));
        next = page.document.links?.["next"];
      }
      t.same(names, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      const filtered = await client.send("GET", "users?sort=-lastName&filter[firstName][like]=*e*");
      t.same(namesIn(modelsIn(filtered)), ["Eve", "Cleo", "Ben"]);

      const role = modelIn(await client.send("POST", "roles", { type: "roles", name: "reviewer" }));
      const made = await client.send("POST", "users", {
        type: "users",
        email: "fay@example.org",
        password: "orbit-walnut-fay",
        firstName: "Fay",
        roles: [role],
        relationshipNames: ["roles"],
      });
      t.equal(made.status, 201);
      const { id } = modelIn(made);
      t.same(await rolesOf(id), ["reviewer"]);

      const user = modelIn(await client.send("GET", `users/${id}?include=roles`));
      const updated = await client.send("PATCH", `users/${id}`, { ...user, lastName: "Fox" });
      t.equal(updated.status, 200, "a whole resource may be sent back");
      t.equal(modelIn(updated)["lastName"], "Fox");
      t.same(await rolesOf(id), ["reviewer"]);
      const moved = { type: "users", id, roles: [{ type: "roles", id: roles.author }], relationshipNames: ["roles"] };
      await client.send("PATCH", `users/${id}`, moved);
      t.same(await rolesOf(id), ["author"]);

      const links = `users/${id}/relationships/roles`;
      await client.send("POST", links, [{ type: "roles", id: role.id }]);
      t.same(await rolesOf(id), ["author", "reviewer"]);
      await client.send("DELETE", links, [{ type: "roles", id: roles.author }]);
      t.same(await rolesOf(id), ["reviewer"]);
      await client.send("PATCH", links, []);
      t.same(await rolesOf(id), []);

      const invalid = await client.send("POST", "users", { type: "users", email: "no address", firstName: 7 });
      t.same(pointersIn(invalid), [
        ["422", "/data/attributes/email"],
        ["422", "/data/attributes/firstName"],
      ]);
      t.equal((await client.send("GET", `users/${roles.author}`)).status, 404);

      t.equal((await client.send("DELETE", `users/${id}`)).status, 204);
      t.equal((await client.send("DELETE", `roles/${role.id}`)).status, 204);
      t.equal(await countUsers(), 6);

      t.match(modelsIn(await client.send("GET", `users/${people.Ada.id}/sessions`)), [{ id: people.Ada.sessionId }]);
      t.equal((await client.send("DELETE", `sessions/${session.id}`)).status, 204);
      t.equal(client.token, token);
      t.equal((await client.send("GET", "users")).status, 401);
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const client = new Client(url);
      const gia = { email: "gia@example.org", password: "orbit-walnut-gia" };
      const { id } = modelIn(await client.send("POST", "users", { type: "users", ...gia, firstName: "Gia" }));
      await client.logIn(gia.email, gia.password);

      const found = modelsIn(await client.send("GET", "users?include=roles,sessions,sessions.user"));
      t.same(namesIn(found), ["Gia"]);
      const updated = await client.send("PATCH", `users/${id}`, { type: "users", id, ...found[0], lastName: "Gray" });
      t.equal(modelIn(updated)["lastName"], "Gray", "a whole resource may be sent back");
      const changed = { type: "users", id, password: "thistle-harbor-7", currentPassword: gia.password };
      t.equal((await client.send("PATCH", `users/${id}`, changed)).status, 200);
      t.equal((await client.send("POST", "roles", { type: "roles", name: "boss" })).status, 403);
      t.equal((await client.send("GET", `users/${people.Ada.id}`)).status, 404);
      await client.send("DELETE", `users/${id}`);
      t.equal((await client.send("GET", `users/${id}`)).status, 401);
    },
  }),
);

/** Models as they would be without the links that the server sends and no client sends back. */
function withoutExtras(models: readonly Model[]): unknown {
  const known = new Map<Model, object>();
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== "object" || value === null) return value;
    const model = value as Model;
    const made = known.get(model) ?? {};
    if (known.has(model)) return made;
    known.set(model, made);
    for (const [name, member] of Object.entries(model)) {
      if (name !== "links") Object.assign(made, { [name]: copy(member) });
    }
    return made;
  };
  return models.map(copy);
}
