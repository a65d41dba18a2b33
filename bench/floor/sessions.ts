import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Knex } from "knex";

export interface Caller {
  readonly userId: string;
  readonly isAdmin: boolean;
}

/** The session must be checked: a floor without it would be that of another server. */
export async function findCaller(db: Knex, request: FastifyRequest): Promise<Caller | undefined> {
  const token = (request.headers.authorization ?? "").slice("Bearer ".length);
  const session = (await db("sessions")
    .join("users", (join) => {
      join.on("users.id", "sessions.user_id").andOn("users.credential_epoch", "sessions.credential_epoch");
    })
    .where({ token_hash: createHash("sha256").update(token).digest("hex") })
    .andWhere("expires_at", ">", new Date().toISOString())
    .first("sessions.user_id", {
      is_admin: db.raw(
        "exists (select 1 from user_roles join roles on roles.id = role_id where user_roles.user_id = sessions.user_id and name_normal = 'admin')",
      ),
    })) as { user_id: string; is_admin: boolean | number } | undefined;
  return session === undefined ? undefined : { userId: session.user_id, isAdmin: Boolean(session.is_admin) };
}
