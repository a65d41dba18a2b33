import type { TransifexCollection, TransifexResource } from "@transifex/jsonapi";
import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut } from "./setup/transifex-jsonapi.ts";

/** Its JsonApiException. */
interface TransifexError extends Error {
  readonly statusCode: number;
  readonly errors: readonly { readonly status: string; readonly source: { readonly pointer: string } }[];
}

const namesIn = (users: readonly TransifexResource[]) => users.map((user) => String(user.get("firstName")));

void t.test("@transifex/jsonapi lives with the server", (t) =>
  liveWith(t, "@transifex/jsonapi", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers }) => {
      const accounts = connect(url);
      const refused = await failureOf<TransifexError>(logIn(accounts, admin.email, "not-the-password"));
      t.equal(refused.statusCode, 401);
      const session = await logIn(accounts, admin.email, admin.password);
      const { User, Role } = accounts;

      const all = User.list().include("roles").sort("lastName");
      await all.fetch();
      t.same(namesIn(all.data), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.match(all.data[1]?.relationships["roles"]?.data, [{ type: "roles", id: roles.editor }]);
      const ada = await User.get(people.Ada.id, { include: ["roles"] });
      const names = (ada.get("roles") as TransifexCollection).data.map((role) => String(role.get("name")));
      t.same(names.sort(), ["author", "editor"]);

      const paged: string[] = [];
      for await (const user of User.list().sort("lastName").page({ number: 1, size: 4 }).all()) {
        paged.push(...namesIn([user]));
      }
      t.same(paged, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      const byCursor: string[] = [];
      for await (const user of User.list().sort("-lastName").page({ after: "", size: 4 }).all()) {
        byCursor.push(...namesIn([user]));
      }
      t.same(byCursor, ["Root", "Eve", "Dan", "Cleo", "Ben", "Ada"]);

      const list = async (filter: Record<string, unknown>) => {
        const found = User.list().filter(filter).sort("-lastName").extra({ "fields[users]": "firstName" });
        await found.fetch();
        return namesIn(found.data);
      };
      t.same(await list({ firstName: ["Ada", "Eve"] }), ["Eve", "Ada"]);
      t.same(await list({ firstName__like: "*e*" }), ["Eve", "Cleo", "Ben"]);
      t.same(await list({ "roles.name": "editor" }), ["Ben", "Ada"]);

      const role = await Role.create({ name: "reviewer", description: "Reads first." });
      const user = await User.create({ email: "fay@example.org", password: "orbit-walnut-fay", firstName: "Fay" });
      const { id } = user;
      await user.save({ lastName: "Fox" });
      t.equal(user.get("lastName"), "Fox");

      const ben = await User.get(people.Ben.id, { include: ["roles"] });
      await failureOf<TypeError>(ben.save({ lastName: "Bells" }));
      await ben.reload();
      t.equal(ben.get("lastName"), "Bells", "it was saved, but the client looks for linkage that it did not ask for");

      const [editor, author] = [await Role.get(roles.editor), await Role.get(roles.author)];
      await user.add("roles", [role, editor, author]);
      t.same(await rolesOf(id), ["author", "editor", "reviewer"]);
      await user.remove("roles", [editor, author]);
      t.same(await rolesOf(id), ["reviewer"]);
      const holders = await role.fetch("users");
      await holders.fetch();
      t.same(namesIn(holders.data), ["Fay"]);
      await user.reset("roles", [author]);
      t.same(await rolesOf(id), ["author"]);
      await user.reset("roles", []);
      t.same(await rolesOf(id), []);

      const invalid = await failureOf<TransifexError>(User.create({ email: "no address", firstName: 7 }));
      t.equal(invalid.statusCode, 422);
      t.same(
        invalid.errors.map(({ source }) => source.pointer),
        ["/data/attributes/email", "/data/attributes/firstName"],
      );
      t.equal((await failureOf<TransifexError>(User.get(roles.author))).statusCode, 404);

      await user.delete();
      await role.delete();
      t.equal(await countUsers(), 6);
      t.equal((await failureOf<TransifexError>(User.get(id))).statusCode, 404);

      const owner = await User.get(people.Ada.id);
      const sessions = await owner.fetch("sessions");
      await sessions.fetch();
      t.same(
        sessions.data.map((found) => found.id),
        [people.Ada.sessionId],
      );
      await logOut(session);
      t.equal((await failureOf<TransifexError>(User.list().fetch())).statusCode, 401);
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const accounts = connect(url);
      const gia = { email: "gia@example.org", password: "orbit-walnut-gia" };
      const user = await accounts.User.create({ ...gia, firstName: "Gia" });
      await logIn(accounts, gia.email, gia.password);

      const found = accounts.User.list();
      await found.fetch();
      t.same(namesIn(found.data), ["Gia"]);
      await user.save({ lastName: "Gray" });
      await user.save({ password: "thistle-harbor-7", currentPassword: gia.password });
      const forbidden = await failureOf<TransifexError>(accounts.Role.create({ name: "boss" }));
      t.equal(forbidden.statusCode, 403);
      const unseen = await failureOf<TransifexError>(accounts.User.get(people.Ada.id));
      t.equal(unseen.statusCode, 404);
      await user.delete();
      t.equal((await failureOf<TransifexError>(accounts.User.list().fetch())).statusCode, 401);
    },
  }),
);
