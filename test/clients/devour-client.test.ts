import type { ErrorObject } from "devour-client";
import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut } from "./setup/devour-client.ts";

/** What Devour throws: errors by the last name in their pointer, or by their number where there is none. */
type DevourErrors = Readonly<Record<string, ErrorObject>>;

const namesIn = (data: { firstName: string }[]) => data.map(({ firstName }) => firstName);

void t.test("devour-client lives with the server", (t) =>
  liveWith(t, "devour-client", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers }) => {
      const api = connect(url);
      const refused = await failureOf<DevourErrors>(logIn(api, admin.email, "not-the-password"));
      t.equal(refused["0"]?.status, "401");
      const sessionId = await logIn(api, admin.email, admin.password);

      const all = await api.findAll("users", { include: "roles", sort: "lastName" });
      t.same(namesIn(all.data), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.equal(all.meta.total, 6);
      t.same(all.data[0].roles.map(({ name }: { name: string }) => name).sort(), ["author", "editor"]);
      const one = await api.find("roles", roles.editor, { include: "users", fields: { users: "firstName" } });
      t.same(namesIn(one.data.users).sort(), ["Ada", "Ben"]);
      t.notOk("email" in one.data.users[0]);

      const names: string[] = [];
      let page = await api.findAll("users", { sort: "lastName", page: { number: 1, size: 4 } });
      for (;;) {
        names.push(...namesIn(page.data));
        if (page.links.next === null) break;
        page = await api.request(page.links.next);
      }
      t.same(names, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);

      const list = async (filter: object) => namesIn((await api.findAll("users", { sort: "-lastName", filter })).data);
      t.same(await list({ firstName: ["Ada", "Eve"] }), ["Eve", "Ada"]);
      t.same(await list({ firstName: { like: "*e*" } }), ["Eve", "Cleo", "Ben"]);
      t.same(await list({ "roles.name": "editor" }), ["Ben", "Ada"]);

      const role = (await api.create("roles", { name: "reviewer", description: "Reads first." })).data;
      const user = (
        await api.create("users", {
          email: "fay@example.org",
          password: "orbit-walnut-fay",
          firstName: "Fay",
          roles: [{ id: role.id }],
        })
      ).data;
      t.same(await rolesOf(user.id), ["reviewer"]);
      t.same(namesIn((await api.one("roles", role.id).all("users").get()).data), ["Fay"]);

      // Devour sends back everything that it knows of the user, and what the server alone writes with it.
      const known = (await api.find("users", user.id, { include: "roles" })).data;
      const updated = (await api.update("users", { ...known, lastName: "Fox" })).data;
      t.equal(updated.lastName, "Fox");
      t.same(await rolesOf(user.id), ["reviewer"]);

      const links = () => api.one("users", user.id).relationships("roles");
      await links().post([{ id: roles.editor }, { id: roles.author }]);
      t.same(await rolesOf(user.id), ["author", "editor", "reviewer"]);
      await links().destroy([
        { type: "roles", id: roles.editor },
        { type: "roles", id: role.id },
      ]);
      t.same(await rolesOf(user.id), ["author"]);
      const untyped = await failureOf<DevourErrors>(links().destroy([{ id: roles.author }]));
      t.equal(untyped["0"]?.status, "400");
      await links().patch([{ id: role.id }]);
      t.same(await rolesOf(user.id), ["reviewer"]);
      t.match((await links().get()).data, [{ type: "roles", id: role.id }]);
      await links().patch([]);
      t.same(await rolesOf(user.id), []);
      await api.update("users", { id: user.id, roles: [{ id: roles.author }] });
      t.same(await rolesOf(user.id), ["author"]);

      const invalid = await failureOf<DevourErrors>(api.create("users", { email: "no address", password: "short" }));
      t.same(
        Object.entries(invalid).map(([name, { status }]) => [name, status]),
        [
          ["email", "422"],
          ["password", "422"],
        ],
      );
      const missing = await failureOf<DevourErrors>(api.find("users", roles.author));
      t.equal(missing["0"]?.status, "404");

      await api.destroy("users", user.id);
      await api.destroy("roles", role.id);
      t.equal(await countUsers(), 6);
      t.equal((await failureOf<DevourErrors>(api.find("users", user.id)))["0"]?.status, "404");

      t.equal((await api.one("users", people.Ada.id).all("sessions").get()).data.length, 1);
      await logOut(api, sessionId);
      t.equal((await failureOf<DevourErrors>(api.findAll("users")))["0"]?.status, "401");
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const api = connect(url);
      const gia = { email: "gia@example.org", password: "orbit-walnut-gia" };
      const { id } = (await api.create("users", { ...gia, firstName: "Gia" })).data;
      await logIn(api, gia.email, gia.password);

      const [whole, ...others] = (await api.findAll("users", { include: "roles,sessions" })).data;
      t.equal(whole.id, id);
      t.same(others, []);
      const updated = (await api.update("users", { ...whole, lastName: "Gray" })).data;
      t.equal(updated.lastName, "Gray", "a whole resource may be sent back");
      await api.update("users", { id, password: "thistle-harbor-7", currentPassword: gia.password });
      const forbidden = await failureOf<DevourErrors>(api.create("roles", { name: "boss" }));
      t.equal(Object.values(forbidden)[0]?.status, "403");
      const unseen = await failureOf<DevourErrors>(api.find("users", people.Ada.id));
      t.equal(unseen["0"]?.status, "404");
      await api.destroy("users", id);
      t.equal((await failureOf<DevourErrors>(api.find("users", id)))["0"]?.status, "401");
    },
  }),
);
