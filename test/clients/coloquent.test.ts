import { PaginationStrategy, type Model, type PluralResponse } from "coloquent";
import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut, Role, User } from "./setup/coloquent.ts";

/** What a refused save throws: Axios' error. A refused read throws its message alone. */
interface SaveError extends Error {
  readonly response: {
    readonly data: {
      readonly errors: readonly { readonly status: string; readonly source: { readonly pointer: string } }[];
    };
  };
}

class FewUsers extends User {
  static override pageSize = 4;
}

class NumberedUsers extends FewUsers {
  static override paginationStrategy = PaginationStrategy.PageBased;
}

const namesIn = (models: Model[]) => models.map((model) => String((model as User).getAttribute("firstName")));

void t.test("coloquent lives with the server", (t) =>
  liveWith(t, "coloquent", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers, seen }) => {
      connect(url);
      const refused = await failureOf<SaveError>(logIn(admin.email, "not-the-password"));
      t.equal(refused.response.data.errors[0]?.status, "401");
      const session = await logIn(admin.email, admin.password);

      const all = (await User.with("roles").orderBy("lastName").get()) as PluralResponse;
      t.same(namesIn(all.getData()), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.match(seen.at(-1)?.url, "page[offset]=0&page[limit]=50");
      const [ada] = all.getData() as User[];
      const names = ada?.getRelation("roles").map((role) => String((role as Role).getAttribute("name")));
      t.same(names?.sort(), ["author", "editor"]);
      const editor = (await Role.with("users").find(roles.editor)).getData() as Role;
      t.same(namesIn(editor.getRelation("users")), ["Ada", "Ben"]);

      const paged: string[] = [];
      for (let page = 1; ; page += 1) {
        const found = ((await FewUsers.orderBy("lastName").get(page)) as PluralResponse).getData();
        if (found.length === 0) break;
        paged.push(...namesIn(found));
      }
      t.same(paged, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);

      const numbered = (await NumberedUsers.orderBy("lastName").get(2)) as PluralResponse;
      t.same(namesIn(numbered.getData()), ["Eve", "Root"]);

      const list = async (query: ReturnType<typeof User.query>) =>
        namesIn(((await query.orderBy("lastName", "desc").get()) as PluralResponse).getData());
      t.same(await list(User.where("firstName", "Ada,Eve")), ["Eve", "Ada"]);
      t.same(await list(User.option("filter[firstName][like]", "*e*")), ["Eve", "Cleo", "Ben"]);
      t.same(await list(User.where("roles.name", "editor")), ["Ben", "Ada"]);

      const role = new Role();
      role.setAttribute("name", "reviewer");
      await role.save();
      const made = new User();
      made.setAttribute("email", "fay@example.org");
      made.setAttribute("password", "orbit-walnut-fay");
      made.setAttribute("firstName", "Fay");
      made.setRelation("roles", [role]);
      const id = String((await made.save()).getModelId());
      t.same(await rolesOf(id), ["reviewer"]);
      t.same(namesIn((await role.users().get()).getData()), ["Fay"]);

      const user = (await User.find(id)).getData() as User;
      user.setAttribute("lastName", "Fox");
      t.equal(((await user.save()).getModel() as User).getAttribute("lastName"), "Fox");
      user.setAttribute("avatarUrl", "https://example.org/fay.png");
      t.ok(await user.save(), "and once more");
      t.same(await rolesOf(id), ["reviewer"], "roles that were not asked for stay");

      user.setRelation("roles", [role, editor]);
      await user.save();
      t.same(await rolesOf(id), ["editor", "reviewer"]);
      user.setRelation("roles", [editor]);
      await user.save();
      t.same(await rolesOf(id), ["editor"]);
      user.setRelation("roles", []);
      await user.save();
      t.same(await rolesOf(id), ["editor"], "Coloquent leaves out an empty relationship");

      const wrong = new User();
      wrong.setAttribute("email", "no address");
      wrong.setAttribute("firstName", 7);
      const invalid = await failureOf<SaveError>(wrong.save());
      t.same(
        invalid.response.data.errors.map(({ status, source }) => [status, source.pointer]),
        [
          ["422", "/data/attributes/email"],
          ["422", "/data/attributes/firstName"],
        ],
      );
      t.match((await failureOf<Error>(User.find(roles.author))).message, "404");

      await user.delete();
      await role.delete();
      t.equal(await countUsers(), 6);
      t.match((await failureOf<Error>(User.find(id))).message, "404");

      const { Ada } = people;
      const owner = (await User.find(Ada.id)).getData() as User;
      t.equal((await owner.sessions().get()).getData().length, 1);
      await logOut(session);
      t.match((await failureOf<Error>(User.get())).message, "401");
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      connect(url);
      const user = new User();
      user.setAttribute("email", "gia@example.org");
      user.setAttribute("password", "orbit-walnut-gia");
      user.setAttribute("firstName", "Gia");
      const id = String((await user.save()).getModelId());
      await logIn("gia@example.org", "orbit-walnut-gia");

      const found = (await User.with(["roles", "sessions"]).get()) as PluralResponse;
      const [whole, ...others] = found.getData() as User[];
      t.equal(whole?.getApiId(), id);
      t.same(others, []);
      whole?.setAttribute("lastName", "Gray");
      t.ok(await whole?.save(), "a whole resource may be sent back");
      whole?.setAttribute("password", "thistle-harbor-7");
      whole?.setAttribute("currentPassword", "orbit-walnut-gia");
      t.ok(await whole?.save());
      const role = new Role();
      role.setAttribute("name", "boss");
      const forbidden = await failureOf<SaveError>(role.save());
      t.equal(forbidden.response.data.errors[0]?.status, "403");
      t.match((await failureOf<Error>(User.find(people.Ada.id))).message, "404");
      await whole?.delete();
      t.match((await failureOf<Error>(User.find(id))).message, "401");
    },
  }),
);
