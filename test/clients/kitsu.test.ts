import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut } from "./setup/kitsu.ts";

/** What Kitsu throws: Axios' error, with the error objects of the document. */
interface KitsuError extends Error {
  readonly errors: readonly { readonly status: string; readonly source?: { readonly pointer?: string } }[];
}

const namesIn = (data: { firstName: string }[]) => data.map(({ firstName }) => firstName);

void t.test("kitsu lives with the server", (t) =>
  liveWith(t, "kitsu", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers }) => {
      const api = connect(url);
      const refused = await failureOf<KitsuError>(logIn(api, admin.email, "not-the-password"));
      t.equal(refused.errors[0]?.status, "401");
      const sessionId = await logIn(api, admin.email, admin.password);

      const all = await api.fetch("users", { params: { include: "roles", sort: "lastName" } });
      t.same(namesIn(all.data), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.equal(all.meta.total, 6);
      t.same(all.data[0].roles.data.map(({ name }: { name: string }) => name).sort(), ["author", "editor"]);
      const one = await api.fetch(`roles/${roles.editor}`, {
        params: { include: "users", fields: { users: "firstName" } },
      });
      t.same(namesIn(one.data.users.data).sort(), ["Ada", "Ben"]);
      t.notOk("email" in one.data.users.data[0]);

      const names: string[] = [];
      let page = await api.fetch("users", { params: { sort: "lastName", page: { number: 1, size: 2 } } });
      for (;;) {
        names.push(...namesIn(page.data));
        if (page.links.next === null) break;
        page = await api.request({ url: page.links.next, type: "users" });
      }
      t.same(names, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      const byCursor = await api.fetch("users", { params: { sort: "-lastName", page: { after: "", size: 4 } } });
      t.same(namesIn(byCursor.data), ["Root", "Eve", "Dan", "Cleo"]);
      t.same(namesIn((await api.request({ url: byCursor.links.next, type: "users" })).data), ["Ben", "Ada"]);

      const list = async (filter: object) =>
        namesIn((await api.fetch("users", { params: { sort: "-lastName", filter } })).data);
      t.same(await list({ firstName: ["Ada", "Eve"] }), ["Eve", "Ada"]);
      t.same(await list({ firstName: { like: "*e*" } }), ["Eve", "Cleo", "Ben"]);
      t.same(await list({ "roles.name": "editor" }), ["Ben", "Ada"]);

      const role = (await api.create("roles", { name: "reviewer", description: "Reads first." })).data;
      const user = (
        await api.create("users", {
          email: "fay@example.org",
          password: "orbit-walnut-fay",
          firstName: "Fay",
          roles: { data: [{ type: "roles", id: role.id }] },
        })
      ).data;
      t.same(await rolesOf(user.id), ["reviewer"]);
      t.same(namesIn((await api.fetch(`roles/${role.id}/users`)).data), ["Fay"]);

      const updated = (await api.update("users", { id: user.id, lastName: "Fox", avatarUrl: null })).data;
      t.equal(updated.lastName, "Fox");
      t.equal(updated.firstName, "Fay");

      const links = `users/${user.id}/relationships/roles`;
      await api.create(links, [{ id: roles.editor }, { id: roles.author }]);
      t.same(await rolesOf(user.id), ["author", "editor", "reviewer"]);
      await api.remove(links, [roles.editor, role.id] as never);
      t.same(await rolesOf(user.id), ["author"]);
      await api.update(links, [{ id: role.id }]);
      t.same(await rolesOf(user.id), ["reviewer"]);
      t.same((await api.fetch(links)).data, [{ type: "roles", id: role.id }]);
      await api.update(links, []);
      t.same(await rolesOf(user.id), []);
      await api.update("users", { id: user.id, roles: { data: [{ type: "roles", id: roles.author }] } });
      t.same(await rolesOf(user.id), ["author"]);

      const invalid = await failureOf<KitsuError>(api.create("users", { email: "no address", password: "short" }));
      t.same(
        invalid.errors.map(({ status, source }) => [status, source?.pointer]),
        [
          ["422", "/data/attributes/email"],
          ["422", "/data/attributes/password"],
        ],
      );
      const missing = await failureOf<KitsuError>(api.fetch(`users/${roles.author}`));
      t.equal(missing.errors[0]?.status, "404");

      await api.remove("users", user.id);
      await api.remove("roles", role.id);
      t.equal(await countUsers(), 6);
      t.equal((await failureOf<KitsuError>(api.fetch(`users/${user.id}`))).errors[0]?.status, "404");

      const mine = (await api.fetch(`users/${people.Ada.id}/sessions`)).data;
      t.equal(mine.length, 1);
      await logOut(api, sessionId);
      t.equal((await failureOf<KitsuError>(api.fetch("users"))).errors[0]?.status, "401");
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const api = connect(url);
      const gia = { email: "gia@example.org", password: "orbit-walnut-gia" };
      const { id } = (await api.create("users", { ...gia, firstName: "Gia" })).data;
      await logIn(api, gia.email, gia.password);

      const [whole, ...others] = (await api.fetch("users", { params: { include: "roles" } })).data;
      t.equal(whole.id, id);
      t.same(others, []);
      const { sessions, ...rest } = whole;
      t.equal((await api.update("users", { ...rest, lastName: "Gray" })).data.lastName, "Gray");
      const misplaced = await failureOf<KitsuError>(api.update("users", { id, sessions }));
      t.equal(misplaced.errors[0]?.source?.pointer, "/data/attributes/sessions", "links alone go out as an attribute");
      await api.update("users", { id, password: "thistle-harbor-7", currentPassword: gia.password });
      const forbidden = await failureOf<KitsuError>(api.create("roles", { name: "boss" }));
      t.equal(forbidden.errors[0]?.status, "403");
      const unseen = await failureOf<KitsuError>(api.fetch(`users/${people.Ada.id}`));
      t.equal(unseen.errors[0]?.status, "404");
      await api.remove("users", id);
      t.equal((await failureOf<KitsuError>(api.fetch(`users/${id}`))).errors[0]?.status, "401");
    },
  }),
);
