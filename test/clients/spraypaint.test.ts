import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut, Role, Session, User } from "./setup/spraypaint.ts";

/** What Spraypaint throws for everything but 422: the answer of fetch, with nothing read from it. */
interface SpraypaintError extends Error {
  readonly response: Response;
}

const namesIn = (users: readonly { readonly attributes: Record<string, unknown> }[]) =>
  users.map(({ attributes }) => String(attributes["firstName"]));

void t.test("spraypaint lives with the server", (t) =>
  liveWith(t, "spraypaint", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers, seen }) => {
      connect(url);
      const refused = await failureOf<SpraypaintError>(logIn(admin.email, "not-the-password"));
      t.equal(refused.response.status, 401);
      const session = await logIn(admin.email, admin.password);

      const all = await User.includes("roles").order("lastName").all();
      t.same(namesIn(all.data), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.equal(all.meta["total"], 6);
      const names = all.data[0]?.roles.map(({ attributes }) => String(attributes["name"]));
      t.same(names?.sort(), ["author", "editor"]);
      const one = await Role.includes("users")
        .select({ users: ["firstName"] })
        .find(roles.editor);
      t.same(namesIn(one.data.users).sort(), ["Ada", "Ben"]);

      const paged: string[] = [];
      for (let page = 1; ; page += 1) {
        const { data, meta } = await User.order("lastName").page(page).per(4).all();
        paged.push(...namesIn(data));
        if (paged.length >= Number(meta["total"])) break;
      }
      t.same(paged, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);

      const list = async (filter: Record<string, unknown>) =>
        namesIn((await User.where(filter).order({ lastName: "desc" }).all()).data);
      t.same(await list({ firstName: ["Ada", "Eve"] }), ["Eve", "Ada"]);
      t.same(await list({ firstName: { like: "*e*" } }), ["Eve", "Cleo", "Ben"]);
      t.same(await list({ "roles.name": "editor" }), ["Ben", "Ada"]);
      const stats = await failureOf<SpraypaintError>(User.stats({ total: "count" }).all());
      t.equal(stats.response.status, 400, "stats are Graphiti's own");

      const role = new Role({ name: "reviewer", description: "Reads first." });
      t.ok(await role.save());
      const user = new User({
        email: "fay@example.org",
        password: "orbit-walnut-fay",
        firstName: "Fay",
        roles: [role],
      });
      t.ok(await user.save({ with: "roles.id" }));
      const id = user.id ?? "";
      t.same(await rolesOf(id), ["reviewer"]);

      user.lastName = "Fox";
      t.ok(await user.save());
      t.match(seen.at(-1), { method: "PATCH", status: 200 });
      t.equal((await User.find(id)).data.lastName, "Fox");
      t.same(await rolesOf(id), ["reviewer"]);

      const { data: editor } = await Role.find(roles.editor);
      user.roles = [role, editor];
      t.ok(await user.save({ with: "roles.id" }));
      t.same(await rolesOf(id), ["editor", "reviewer"]);
      user.roles = [editor];
      t.ok(await user.save({ with: "roles.id" }));
      t.same(await rolesOf(id), ["editor"]);
      const { data: loaded } = await User.includes("roles").find(id);
      loaded.roles = [...loaded.roles, role];
      t.ok(await loaded.save({ with: "roles" }));
      t.same(await rolesOf(id), ["reviewer"], "without .id only what is new is sent, and taken for all");
      const { data: marked } = await User.includes("roles").find(id);
      marked.roles = [...marked.roles, editor];
      t.ok(await marked.save({ with: "roles.id" }));
      const { data: both } = await User.includes("roles").find(id);
      for (const kept of both.roles) kept.isMarkedForDisassociation = kept.id === editor.id;
      t.ok(await both.save({ with: "roles" }));
      t.same(await rolesOf(id), ["editor"], "what is marked is what is sent, and so what is kept");
      user.roles = [];
      t.ok(await user.save({ with: "roles.id" }));
      t.same(await rolesOf(id), ["editor"], "Spraypaint leaves out an empty relationship");

      const sidePosted = new User({
        email: "fay@example.com",
        password: "orbit-walnut-fay",
        roles: [new Role({ name: "x" })],
      });
      const refusedToo = await failureOf<SpraypaintError>(sidePosted.save({ with: "roles" }));
      t.equal(refusedToo.response.status, 400, "one request makes one resource");

      const wrong = new User({ email: "no address", password: "short" });
      t.equal(await wrong.save(), false);
      t.same(Object.keys(wrong.errors), ["email", "password"]);
      t.match(wrong.errors["password"], { attribute: "password", message: "must have at least 8 characters" });
      t.match(wrong.errors["password"]?.fullMessage, /password/);
      t.equal((await failureOf<SpraypaintError>(User.find(roles.author))).message, "record not found");

      t.ok(await user.destroy());
      t.ok(await role.destroy());
      t.equal(await countUsers(), 6);
      t.equal((await failureOf<SpraypaintError>(User.find(id))).response.status, 404);

      t.equal((await Session.where({ user: people.Ada.id }).all()).data.length, 1);
      await logOut(session);
      t.equal((await failureOf<SpraypaintError>(User.all())).response.status, 401);
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      connect(url);
      const user = new User({ email: "gia@example.org", password: "orbit-walnut-gia", firstName: "Gia" });
      t.ok(await user.save());
      await logIn("gia@example.org", "orbit-walnut-gia");

      const found = await User.includes(["roles", "sessions"]).all();
      t.same(namesIn(found.data), ["Gia"]);
      user.lastName = "Gray";
      t.ok(await user.save());
      user.assignAttributes({ password: "thistle-harbor-7", currentPassword: "orbit-walnut-gia" });
      t.ok(await user.save());
      const forbidden = await failureOf<SpraypaintError>(new Role({ name: "boss" }).save());
      t.equal(forbidden.response.status, 403);
      const unseen = await failureOf<SpraypaintError>(User.find(people.Ada.id));
      t.equal(unseen.response.status, 404);
      t.ok(await user.destroy());
      t.equal((await failureOf<SpraypaintError>(User.all())).response.status, 401);
    },
  }),
);
