import { fetchModelRefLink, saveRelationship, type Response } from "@datx/jsonapi";
import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut, Role, User, type Session } from "./setup/datx-jsonapi.ts";

/** datx throws the response, with the error objects of its document. */
interface DatxError {
  readonly error: readonly { readonly status: string; readonly source?: { readonly pointer?: string } }[];
}

const namesIn = (users: readonly User[]) => users.map(({ firstName }) => firstName);
const usersIn = ({ data }: Response<User>) => data as User[];

void t.test("@datx/jsonapi lives with the server", (t) =>
  liveWith(t, "@datx/jsonapi", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers }) => {
      const accounts = connect(url);
      const refused = await failureOf<DatxError>(logIn(accounts, admin.email, "not-the-password"));
      t.equal(refused.error[0]?.status, "401");
      const session = await logIn(accounts, admin.email, admin.password);

      const all = await accounts.getMany(User, { queryParams: { include: ["roles"], sort: ["lastName"] } });
      t.same(namesIn(usersIn(all)), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.match(all.meta, { total: 6 });
      t.same(
        usersIn(all)[0]
          ?.roles.map(({ name }) => name)
          .sort(),
        ["author", "editor"],
      );
      const editor = (
        await accounts.getOne(Role, roles.editor, {
          queryParams: { include: "users", fields: { users: ["firstName"] } },
        })
      ).data as Role;
      t.same(namesIn(editor.users).sort(), ["Ada", "Ben"]);

      const pages = await accounts.getAll(User, {
        queryParams: { sort: "lastName", custom: [{ key: "page[size]", value: "4" }] },
      });
      t.equal(pages.responses.length, 2);
      t.same(namesIn(pages.data), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);

      const list = async (queryParams: object) =>
        namesIn(usersIn(await accounts.getMany(User, { queryParams: { sort: "-lastName", ...queryParams } })));
      t.same(await list({ filter: { firstName: ["Ada", "Eve"] } }), ["Eve", "Ada"]);
      t.same(await list({ custom: ["filter[firstName][like]=*e*"] }), ["Eve", "Cleo", "Ben"]);
      t.same(await list({ filter: { roles: { name: "editor" } } }), ["Ben", "Ada"]);

      const role = accounts.add({ name: "reviewer", description: "Reads first." }, Role);
      await role.save();
      const fay = { email: "fay@example.org", password: "orbit-walnut-fay", firstName: "Fay", roles: [role] };
      const user = accounts.add(fay, User);
      await user.save();
      const id = String(user.meta.id);
      t.same(await rolesOf(id), ["reviewer"]);
      t.same(namesIn(usersIn(await fetchModelRefLink<User>(role, "users", "related"))), ["Fay"]);

      user.lastName = "Fox";
      await user.save();
      t.equal(user.lastName, "Fox");
      const ben = (await accounts.getOne(User, people.Ben.id)).data as User;
      ben.lastName = "Bells";
      await ben.save();
      t.same(await rolesOf(ben.meta.id as string), ["editor"], "roles that are not known stay");

      user.roles = [role, editor];
      await saveRelationship(user, "roles");
      t.same(await rolesOf(id), ["editor", "reviewer"]);
      user.roles.splice(0, 1);
      await saveRelationship(user, "roles");
      t.same(await rolesOf(id), ["editor", "reviewer"], "a change inside the old array goes unnoticed");
      user.roles = [editor];
      await saveRelationship(user, "roles");
      t.same(await rolesOf(id), ["editor"]);
      user.roles = [];
      await saveRelationship(user, "roles");
      t.same(await rolesOf(id), []);

      const wrong = accounts.add({ email: "no address", firstName: 7 }, User);
      const invalid = await failureOf<DatxError>(wrong.save());
      t.same(
        invalid.error.map(({ status, source }) => [status, source?.pointer]),
        [
          ["422", "/data/attributes/email"],
          ["422", "/data/attributes/firstName"],
        ],
      );
      t.equal((await failureOf<DatxError>(accounts.getOne(User, roles.author))).error[0]?.status, "404");

      await user.destroy();
      await role.destroy();
      t.equal(await countUsers(), 6);
      t.equal((await failureOf<DatxError>(accounts.getOne(User, id))).error[0]?.status, "404");

      const owner = (await accounts.getOne(User, people.Ada.id)).data as User;
      const sessions = await fetchModelRefLink<Session>(owner, "sessions", "related");
      t.equal((sessions.data as Session[]).length, 1);
      await logOut(session);
      t.equal((await failureOf<DatxError>(accounts.getMany(User))).error[0]?.status, "401");
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const accounts = connect(url);
      const gia = { email: "gia@example.org", password: "orbit-walnut-gia", firstName: "Gia" };
      const user = accounts.add(gia, User);
      await user.save();
      await logIn(accounts, gia.email, gia.password);

      const found = await accounts.getMany(User, { queryParams: { include: ["roles", "sessions"] } });
      t.same(namesIn(usersIn(found)), ["Gia"]);
      user.lastName = "Gray";
      await user.save();
      Object.assign(user, { password: "thistle-harbor-7" });
      user.assign("currentPassword", gia.password);
      await user.save();
      const forbidden = await failureOf<DatxError>(accounts.add({ name: "boss" }, Role).save());
      t.equal(forbidden.error[0]?.status, "403");
      const unseen = await failureOf<DatxError>(accounts.getOne(User, people.Ada.id));
      t.equal(unseen.error[0]?.status, "404");
      await user.destroy();
      t.equal((await failureOf<DatxError>(accounts.getMany(User))).error[0]?.status, "401");
    },
  }),
);
