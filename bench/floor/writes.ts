import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Knex } from "knex";

import {
  MEDIA_TYPE,
  roleResource,
  send,
  single,
  USER_COLUMNS,
  userResource,
  type Role,
  type User,
} from "./documents.ts";
import { findCaller, type Caller } from "./sessions.ts";

const ATOMIC = "https://jsonapi.org/ext/atomic";
interface Data<Attributes> {
  readonly data: { readonly id: string; readonly attributes: Attributes };
}
type NewRole = Pick<Role, "name" | "description">;
interface Operation extends Data<NewRole & { readonly firstName: string }> {
  readonly op: "add" | "update";
}

/** The same rows as the server writes, and the same answers; no document is checked, and nobody is kept from doing harm. */
export function registerWrites(app: FastifyInstance, db: Knex): void {
  app.post<{ Body: Data<NewRole> }>("/v1/roles", async (request, reply) => {
    if ((await findCaller(db, request))?.isAdmin !== true) return send(reply, 401, {});
    const role = roleResource(await insertRole(db, request.body.data.attributes));
    return send(reply.header("location", role.links.self), 201, single(role));
  });

  app.patch<{ Params: { id: string }; Body: Data<{ firstName: string }> }>("/v1/users/:id", async (request, reply) => {
    if ((await findCaller(db, request))?.isAdmin !== true) return send(reply, 401, {});
    const user = await renameUser(db, request.params.id, request.body.data.attributes.firstName);
    return user === undefined ? send(reply, 404, {}) : send(reply, 200, single(userResource(user)));
  });

  app.patch<{ Params: { id: string }; Body: { data: { id: string }[] } }>(
    "/v1/users/:id/relationships/roles",
    async (request, reply) => {
      const caller = await findCaller(db, request);
      if (caller?.isAdmin !== true) return send(reply, 401, {});
      await setRoles(
        db,
        request,
        caller,
        request.params.id,
        request.body.data.map(({ id }) => id),
      );
      return reply.status(204).send();
    },
  );

  app.post<{ Body: { "atomic:operations": readonly Operation[] } }>("/v1/operations", async (request, reply) => {
    if ((await findCaller(db, request))?.isAdmin !== true) return send(reply, 401, {});
    const results = await db.transaction(async (trx) => {
      const made: { data: unknown }[] = [];
      for (const { op, data } of request.body["atomic:operations"]) {
        if (op === "add") made.push({ data: roleResource(await insertRole(trx, data.attributes)) });
        else {
          const user = await renameUser(trx, data.id, data.attributes.firstName);
          if (user === undefined) throw new Error("404");
          made.push({ data: userResource(user) });
        }
      }
      return made;
    });
    const document = { jsonapi: { version: "1.1", ext: [ATOMIC] }, "atomic:results": results };
    return send(reply, 200, document, `${MEDIA_TYPE};ext="${ATOMIC}"`);
  });

  app.post<{ Body: { data: { email: string } } }>("/v1/auth/reset-password", async (request) => {
    const { email } = request.body.data;
    const now = Date.now();
    const moment = new Date(now).toISOString();
    await db("outbox").insert({
      id: randomUUID(),
      kind: "reset.requested",
      payload: JSON.stringify({
        email: email.toLowerCase(),
        askedBy: { ipAddress: request.ip, userAgent: null, at: moment },
      }),
      attempts: 0,
      created_at: moment,
      due_at: moment,
      expires_at: new Date(now + 3_600_000).toISOString(),
    });
    return { message: "If your email was registered with us, you'll get an email with reset link shortly", email };
  });
}

async function insertRole(db: Knex, { name, description }: NewRole): Promise<Role> {
  const now = new Date().toISOString();
  const role = { id: randomUUID(), name, description, created_at: now, updated_at: now };
  await db("roles").insert({ ...role, name_normal: name.toLowerCase() });
  return role;
}

async function renameUser(db: Knex, id: string, firstName: string): Promise<User | undefined> {
  const [user] = (await db("users")
    .where({ id })
    .update({ first_name: firstName, updated_at: new Date().toISOString() })
    .returning([...USER_COLUMNS])) as User[];
  return user;
}

/** Who is given a role, and who loses one, stands in the audit trail, as it does behind the server. */
async function setRoles(db: Knex, request: FastifyRequest, caller: Caller, userId: string, ids: readonly string[]) {
  await db.transaction(async (trx) => {
    const links = () => trx("user_roles").where({ user_id: userId });
    const present = (await links().pluck("role_id")) as string[];
    const [gone, come] = [present.filter((id) => !ids.includes(id)), ids.filter((id) => !present.includes(id))];
    if (gone.length + come.length === 0) return;
    const roles = (await trx("roles")
      .whereIn("id", [...gone, ...come])
      .select("id", "name")) as Role[];
    if (gone.length > 0) await links().whereIn("role_id", gone).delete();
    if (come.length > 0) await trx("user_roles").insert(come.map((id) => ({ user_id: userId, role_id: id })));
    const event = (kind: string, id: string) => ({
      id: randomUUID() as string,
      kind,
      outcome: "done" as const,
      detail: roles.find((role) => role.id === id)?.name ?? id,
      user_id: userId,
      account_id: userId,
      actor_id: caller.userId,
      ip_address: request.ip,
      user_agent: request.headers["user-agent"] ?? null,
      created_at: new Date().toISOString(),
    });
    await trx("security_events").insert([
      ...come.map((id) => event("role.granted", id)),
      ...gone.map((id) => event("role.revoked", id)),
    ]);
  });
}
