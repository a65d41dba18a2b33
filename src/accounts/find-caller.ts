import type { Knex } from "knex";

import { type Clock, timestamp } from "../db/clock.ts";
import { compiledRows, Parameter } from "../db/compiled.ts";
import { heldFast, toBoolean } from "../db/dialect.ts";
import { cannotWrite } from "../db/driver-errors.ts";
import { KeptWhileUnchanged } from "../db/kept-while-unchanged.ts";
import type { SessionRow } from "../db/tables.ts";
import { forbidden, unauthorized } from "../errors/catalogue.ts";
import { ADMIN_ROLE } from "./admins.ts";
import type { Caller, Client } from "./caller.ts";
import { hashToken, looksLikeToken } from "./token.ts";

/** `last_used_at` is this exact (milliseconds): a write for every read would cost more than the reads. */
const LAST_USED_PRECISION = 60_000;

/** By the hash of their token; each takes some hundred bytes. */
const sessions = new KeptWhileUnchanged<FoundSession>({ most: 10_000 });

/**
 * Who makes a request, by its `Authorization` header; one query at most, and none for what cannot be a token of ours. A session counts
 * until it expires or has not been used for too long, and only as long as its user's credentials are those that it was opened with.
 * RFC 6750, section 2.1.
 */
export async function findCaller(
  deps: { readonly db: Knex; readonly clock: Clock; readonly sessionIdleTtl?: number },
  authorization: string | undefined,
  client: Client,
): Promise<Caller> {
  const nobody = { userId: null, sessionId: null, isAdmin: false, tokenSent: authorization !== undefined, client };
  const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  if (token === undefined || !looksLikeToken(token)) return nobody;

  const now = deps.clock();
  const { db, sessionIdleTtl: idleTtl = 0 } = deps;
  const which = { column: "sessions.token_hash", value: hashToken(token) } as const;
  const found = await sessions.get(db, which.value, () => findSession(db, now, which, { idleTtl }));
  // Of what was kept, time may have made another thing.
  const isOver = found === undefined || found.expires_at <= timestamp(now);
  if (isOver || found.last_used_at <= unusedSince(now, idleTtl)) return nobody;

  const due = timestamp(now - LAST_USED_PRECISION);
  if (found.last_used_at <= due) {
    await db("sessions")
      .where({ id: found.id })
      .andWhere("last_used_at", "<=", due)
      .update({ last_used_at: timestamp(now) })
      .catch((error: unknown) => {
        // A full disk is no reason why nobody may read; whoever writes will find out.
        if (!cannotWrite(error)) throw error;
      });
  }
  return {
    userId: found.user_id,
    sessionId: found.id,
    isAdmin: toBoolean(found.is_admin),
    tokenSent: true,
    client,
  };
}

/**
 * Refuses a caller whose session ended, or who is no admin any more, since the request came: of a password that takes its turn to be
 * hashed that may be many seconds ago. To be asked in the transaction that writes. Nobody, who has no session to lose, stays nobody.
 *
 * @throws {Fault} 401, 403
 */
export async function confirmCaller(
  { clock }: { readonly clock: Clock },
  trx: Knex.Transaction,
  { sessionId, isAdmin: wasAdmin }: Caller,
): Promise<void> {
  if (sessionId === null) return;
  const found = await findSession(trx, clock(), { column: "sessions.id", value: sessionId }, { hold: true });
  if (found === undefined) throw unauthorized(true);
  if (wasAdmin && !toBoolean(found.is_admin)) throw forbidden("You have ceased to be an admin in this moment.");
}

interface FoundSession extends Pick<SessionRow, "id" | "user_id" | "last_used_at" | "expires_at"> {
  readonly is_admin: unknown;
}

/**
 * What {@link confirmCaller} asks as a subquery, for a write of a single statement: a row as long as it would not throw. Null for nobody.
 */
export function callerConfirmed(
  { clock }: { readonly clock: Clock },
  db: Knex,
  { sessionId, isAdmin: isStillAdmin }: Caller,
): Knex.Raw | null {
  if (sessionId === null) return null;
  return db.raw(
    `select 1 from sessions join users on users.id = sessions.user_id and users.credential_epoch = sessions.credential_epoch
     where sessions.id = ? and sessions.expires_at > ?${isStillAdmin ? ` and ${hasAdminRole("sessions.user_id")}` : ""}${heldFast(db, "users", "sessions")}`,
    [sessionId, timestamp(clock()), ...(isStillAdmin ? [ADMIN_ROLE] : [])],
  );
}

/**
 * A condition of SQL, which takes ADMIN_ROLE as its one value.
 *
 * @param userId the column that says who
 */
export function hasAdminRole(userId: "sessions.user_id" | "users.id"): string {
  return `exists (select 1 from user_roles join roles on roles.id = user_roles.role_id where user_roles.user_id = ${userId} and roles.name_normal = ?)`;
}

/**
 * A session that has not expired, was used of late, and whose user's credentials are those that it was opened with.
 *
 * @param hold in a transaction: both stay as they are until its end. Whoever ends the session meanwhile comes after us, and who did so
 *   before us is seen
 */
async function findSession(
  db: Knex,
  now: number,
  which: { readonly column: "sessions.id" | "sessions.token_hash"; readonly value: string },
  { idleTtl = 0, hold = false }: { readonly idleTtl?: number | undefined; readonly hold?: boolean } = {},
) {
  const values = [which.value, timestamp(now), unusedSince(now, idleTtl)];
  const [found] = await compiledRows(db, `session by ${which.column} ${String(hold)}`, values, () => {
    const query = db("sessions")
      .join("users", (join) => {
        join.on("users.id", "sessions.user_id").andOn("users.credential_epoch", "sessions.credential_epoch");
      })
      .where(which.column, new Parameter(0) as unknown as string)
      .andWhere("sessions.expires_at", ">", new Parameter(1) as unknown as string)
      .andWhere("sessions.last_used_at", ">", new Parameter(2) as unknown as string)
      .select("sessions.id", "sessions.user_id", "sessions.last_used_at", "sessions.expires_at", {
        is_admin: db.raw(hasAdminRole("sessions.user_id"), [ADMIN_ROLE]),
      });
    return hold ? query.forNoKeyUpdate("users", "sessions") : query;
  });
  return found as FoundSession | undefined;
}

/** Sessions that were used last at this moment or before have been idle for too long. */
export function unusedSince(now: number, idleTtl: number): string {
  return idleTtl === 0 ? "" : timestamp(now - idleTtl * 1000);
}
