import t from "tap";

import { liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut } from "./setup/jsonapi-react.ts";

interface User {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly roles?: readonly { readonly id: string; readonly name: string }[];
}

const usersIn = ({ data }: { data?: unknown }) => data as User[];
const namesIn = (data: unknown) => (data as User[]).map(({ firstName }) => firstName);

void t.test("jsonapi-react's client lives with the server", (t) =>
  liveWith(t, "jsonapi-react", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers, seen }) => {
      const client = connect(url);
      t.equal(await logIn(client, admin.email, "not-the-password"), undefined);
      const session = await logIn(client, admin.email, admin.password);
      if (session === undefined) throw new Error("The right password was refused.");

      const all = await client.fetch(["users", { include: ["roles"], sort: "lastName" }]);
      t.same(namesIn(all.data), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.equal(all.meta?.["total"], 6);
      t.same(
        usersIn(all)[0]
          ?.roles?.map(({ name }) => name)
          .sort(),
        ["author", "editor"],
      );
      const one = await client.fetch(["roles", roles.editor, { include: "users", fields: { users: "firstName" } }]);
      t.match(one.data, { name: "editor", users: [{ firstName: "Ada" }, { firstName: "Ben" }] });

      const paged: string[] = [];
      for (let number = 1; ; number += 1) {
        const page = await client.fetch(["users", { sort: "lastName", page: { number, size: 4 } }]);
        paged.push(...namesIn(page.data));
        if (page.links?.["next"] === null) break;
      }
      t.same(paged, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);

      const before = seen.length;
      await client.fetch(["roles", { sort: "name" }]);
      await client.fetch(["roles", { sort: "name" }]);
      t.equal(seen.length, before + 1, "without React an answer is kept");
      await client.fetch(["roles", { sort: "name" }], { force: true } as object);
      t.equal(seen.length, before + 2);

      const list = async (filter: object) =>
        namesIn((await client.fetch(["users", { sort: "-lastName", filter }])).data);
      t.same(await list({ firstName: ["Ada", "Eve"] }), ["Eve", "Ada"]);
      t.same(await list({ firstName: { like: "*e*" } }), ["Eve", "Cleo", "Ben"]);
      t.same(await list({ "roles.name": "editor" }), ["Ben", "Ada"]);

      const role = (await client.mutate("roles", { name: "reviewer" })).data as { id: string };
      const made = {
        email: "fay@example.org",
        password: "orbit-walnut-fay",
        firstName: "Fay",
        roles: [{ id: role.id }],
      };
      const { id } = (await client.mutate("users", made)).data as User;
      t.same(await rolesOf(id), ["reviewer"]);
      t.same(namesIn((await client.fetch(["roles", role.id, "users"])).data), ["Fay"]);

      const updated = await client.mutate(["users", id], { lastName: "Fox" });
      t.match(updated.data, { id, firstName: "Fay", lastName: "Fox" });

      const change = (method: string, ...ids: string[]) =>
        client.mutate(
          ["users", id, "relationships", "roles"],
          ids.map((id) => ({ id })),
          { method } as object,
        );
      await change("POST", roles.editor, roles.author);
      t.same(await rolesOf(id), ["author", "editor", "reviewer"]);
      await change("DELETE", roles.editor, role.id);
      t.same(await rolesOf(id), ["author"]);
      await change("PATCH", role.id);
      t.same(await rolesOf(id), ["reviewer"]);
      await change("PATCH");
      t.same(await rolesOf(id), []);
      await client.mutate(["users", id], { roles: [{ id: roles.author }] });
      t.same(await rolesOf(id), ["author"]);

      const invalid = await client.mutate("users", { email: "no address", password: "short" });
      t.same(Object.keys(invalid.errors ?? {}), ["email", "password"]);
      t.match((await client.fetch(["users", roles.author])).error, { status: "404" });

      t.equal((await client.delete(["users", id])).error, undefined);
      t.equal((await client.delete(["roles", role.id])).error, undefined);
      t.equal(await countUsers(), 6);
      t.match((await client.fetch(["users", id])).error, { status: "404" });

      t.match((await client.fetch(["users", people.Ada.id, "sessions"])).data, [{ id: people.Ada.sessionId }]);
      await logOut(client, session);
      t.match((await client.fetch("users")).error, { status: "401" });
      client.addHeader("Authorization", `Bearer ${session.token}`);
      t.match((await client.fetch("roles")).error, { status: "401" });
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const client = connect(url);
      const gia = { email: "gia@example.org", password: "orbit-walnut-gia" };
      const { id } = (await client.mutate("users", { ...gia, firstName: "Gia" })).data as User;
      t.ok(await logIn(client, gia.email, gia.password));

      const found = usersIn(await client.fetch(["users", { include: "roles,sessions" }]));
      t.same(namesIn(found), ["Gia"]);
      const updated = await client.mutate(["users", id], { ...found[0], lastName: "Gray" });
      t.match(updated.data, { lastName: "Gray" }, "a whole resource may be sent back");
      await client.mutate(["users", id], { password: "thistle-harbor-7", currentPassword: gia.password });
      t.match((await client.mutate("roles", { name: "boss" })).error, { status: "403" });
      t.match((await client.fetch(["users", people.Ada.id])).error, { status: "404" });
      await client.delete(["users", id]);
      t.match((await client.fetch(["users", id])).error, { status: "401" });
    },
  }),
);
