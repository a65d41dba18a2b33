import type { InitializedRecord } from "@orbit/records";
import t from "tap";

import { failureOf, liveWith } from "../fixtures/clients.ts";
import { connect, logIn, logOut, perform } from "./setup/orbit-jsonapi.ts";

/** Orbit's ClientError, with the document of the answer. */
interface OrbitError extends Error {
  readonly response: Response;
  readonly data: {
    readonly errors: readonly { readonly status: string; readonly source: { readonly pointer: string } }[];
  };
}

const namesIn = (records: InitializedRecord[]) => records.map(({ attributes }) => String(attributes?.["firstName"]));

void t.test("@orbit/jsonapi lives with the server", (t) =>
  liveWith(t, "@orbit/jsonapi", {
    "as an admin": async (t, { url, admin, people, roles, rolesOf, countUsers }) => {
      const source = connect(url);
      const refused = await failureOf<OrbitError>(logIn(source, admin.email, "not-the-password"));
      t.equal(refused.response.status, 401);
      const session = await logIn(source, admin.email, admin.password);

      const all = await source.query<InitializedRecord[]>((q) => q.findRecords("user").sort("lastName"), {
        include: ["roles"],
        fullResponse: true,
      });
      const [ada] = all.data ?? [];
      t.same(namesIn(all.data ?? []), ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);
      t.equal(all.details?.[0]?.document?.meta?.["total"], 6);
      t.ok(ada?.attributes?.["createdAt"] instanceof Date);
      const linked = ada?.relationships?.["roles"]?.data as InitializedRecord[];
      t.same(linked.map(({ id }) => id).sort(), Object.values(roles).sort());
      const included = all.details?.[0]?.document?.included?.map(({ attributes }) => attributes?.["name"]);
      t.same(included?.sort(), ["admin", "author", "editor"]);

      const paged: string[] = [];
      for (let offset = 0; ; offset += 4) {
        const page = await source.query<InitializedRecord[]>((q) =>
          q.findRecords("user").sort("lastName").page({ offset, limit: 4 }),
        );
        if (page.length === 0) break;
        paged.push(...namesIn(page));
      }
      t.same(paged, ["Ada", "Ben", "Cleo", "Dan", "Eve", "Root"]);

      const filtered = async (filter: Record<string, unknown>) =>
        namesIn(await source.query<InitializedRecord[]>((q) => q.findRecords("user").sort("-lastName"), { filter }));
      const named = await source.query<InitializedRecord[]>((q) =>
        q.findRecords("user").filter({ attribute: "firstName", value: "Ada" }),
      );
      t.same(namesIn(named), ["Ada"]);
      const editors = await source.query<InitializedRecord[]>((q) =>
        q.findRecords("user").filter({ relation: "roles", records: [{ type: "role", id: roles.editor }] }),
      );
      t.same(namesIn(editors).sort(), ["Ada", "Ben"]);
      t.same(await filtered({ firstName: ["Ada", "Eve"] }), ["Eve", "Ada"]);
      t.same(await filtered({ firstName: { like: "*e*" } }), ["Eve", "Cleo", "Ben"]);

      const role = await source.update<InitializedRecord>((t) =>
        t.addRecord({ type: "role", attributes: { name: "reviewer" } }),
      );
      const attributes = { email: "fay@example.org", password: "orbit-walnut-fay", firstName: "Fay" };
      const user = await source.update<InitializedRecord>((t) =>
        t.addRecord({ type: "user", attributes, relationships: { roles: { data: [role] } } }),
      );
      t.same(await rolesOf(user.id), ["reviewer"]);
      t.match(user.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/, "the client's id is the server's");
      t.same(namesIn(await source.query<InitializedRecord[]>((q) => q.findRelatedRecords(role, "users"))), ["Fay"]);

      const updated = await source.update<InitializedRecord>((t) =>
        t.updateRecord({ type: "user", id: user.id, attributes: { lastName: "Fox" } }),
      );
      t.equal(updated.attributes?.["lastName"], "Fox");
      await source.update((t) => t.replaceAttribute(user, "avatarUrl", null));

      const [editor, author] = [roles.editor, roles.author].map((id) => ({ type: "role", id }));
      if (editor === undefined || author === undefined) throw new Error("There are no roles.");
      await source.update((t) => [
        t.addToRelatedRecords(user, "roles", editor),
        t.addToRelatedRecords(user, "roles", author),
      ]);
      t.same(await rolesOf(user.id), ["author", "editor", "reviewer"]);
      await source.update((t) => t.removeFromRelatedRecords(user, "roles", editor));
      t.same(await rolesOf(user.id), ["author", "reviewer"]);
      await source.update((t) => t.replaceRelatedRecords(user, "roles", [editor]));
      t.same(await rolesOf(user.id), ["editor"]);
      await source.update((t) => t.replaceRelatedRecords(user, "roles", []));
      t.same(await rolesOf(user.id), []);

      const builder = source.transformBuilder;
      const writer = { type: "role", id: source.schema.generateId("role") };
      await perform(source, [
        builder.addRecord({ ...writer, attributes: { name: "writer" } }).toOperation(),
        builder.updateRecord({ type: "user", id: user.id, attributes: { firstName: "Faye" } }).toOperation(),
        builder.replaceRelatedRecords(user, "roles", [writer]).toOperation(),
      ]);
      t.same(await rolesOf(user.id), ["writer"]);
      const halfway = await failureOf<OrbitError>(
        perform(source, [
          builder.removeRecord(writer).toOperation(),
          builder.updateRecord({ type: "user", id: user.id, attributes: { email: "no address" } }).toOperation(),
        ]),
      );
      t.equal(halfway.data.errors[0]?.source.pointer, "/atomic:operations/1/data/attributes/email");
      t.same(await rolesOf(user.id), ["writer"], "all or nothing");
      await source.update((t) => t.removeRecord(writer));

      const invalid = await failureOf<OrbitError>(
        source.update((t) => t.addRecord({ type: "user", attributes: { email: "no address", avatarUrl: "no url" } })),
      );
      t.same(
        invalid.data.errors.map(({ status, source: { pointer } }) => [status, pointer]),
        [
          ["422", "/data/attributes/email"],
          ["422", "/data/attributes/avatarUrl"],
        ],
      );
      const nobody = { type: "user", id: roles.author };
      t.equal(await source.query((q) => q.findRecord(nobody)), undefined, "404 is nothing");
      const missing = await failureOf<Error>(
        source.query((q) => q.findRecord(nobody), { raiseNotFoundExceptions: true }),
      );
      t.match(missing.message, /not found/i);

      await source.update((t) => t.removeRecord(user));
      await source.update((t) => t.removeRecord(role));
      t.equal(await countUsers(), 6);

      const { Ada } = people;
      const sessions = await source.query<InitializedRecord[]>((q) =>
        q.findRelatedRecords({ type: "user", id: Ada.id }, "sessions"),
      );
      t.same(
        sessions.map(({ keys }) => keys?.["remoteId"]),
        [Ada.sessionId],
      );
      await logOut(source, session);
      const after = await failureOf<OrbitError>(source.query((q) => q.findRecords("user")));
      t.equal(after.response.status, 401);
    },

    "as somebody who has just registered": async (t, { url, people }) => {
      const source = connect(url);
      const attributes = { email: "gia@example.org", password: "orbit-walnut-gia", firstName: "Gia" };
      const user = await source.update<InitializedRecord>((t) => t.addRecord({ type: "user", attributes }));
      await logIn(source, attributes.email, attributes.password);

      const [whole, ...others] = await source.query<InitializedRecord[]>((q) => q.findRecords("user"), {
        include: ["roles", "sessions"],
      });
      t.equal(whole?.id, user.id);
      t.same(others, []);
      await source.update((t) =>
        t.updateRecord({ ...whole, ...user, attributes: { ...whole?.attributes, lastName: "Gray" } }),
      );
      await source.update((t) => [
        t.replaceAttribute(user, "password", "thistle-harbor-7"),
        t.replaceAttribute(user, "currentPassword", attributes.password),
      ]);
      const forbidden = await failureOf<OrbitError>(
        source.update((t) => t.addRecord({ type: "role", attributes: { name: "boss" } })),
      );
      t.equal(forbidden.response.status, 403);
      const { Ada } = people;
      t.equal(await source.query((q) => q.findRecord({ type: "user", id: Ada.id })), undefined);
      await source.update((t) => t.removeRecord(user));
      t.equal((await failureOf<OrbitError>(source.query((q) => q.findRecords("user")))).response.status, 401);
    },
  }),
);
