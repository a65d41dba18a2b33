import type { Knex } from "knex";

import { type Clock, timestamp } from "../db/clock.ts";
import { compiledRows, Parameter } from "../db/compiled.ts";
import { hasOneWriter, heldFast, toBoolean } from "../db/dialect.ts";
import { newId } from "../db/id.ts";
import type { SessionRow, UserRow } from "../db/tables.ts";
import { forbidden, unauthorized, wrongCredentials } from "../errors/catalogue.ts";
import { ADMIN_ROLE } from "./admins.ts";
import type { Caller, Client } from "./caller.ts";
import { parseEmail } from "./email.ts";
import type { Hasher } from "./hasher.ts";
import { forgiveFailures, judgeAttempt } from "./login-guard.ts";
import { recordSecurityEvent } from "./security-events.ts";
import { keptWhileUnchanged } from "./session-cache.ts";
import { hashToken, looksLikeToken, mintToken } from "./token.ts";

/** A user's sessions beyond this number end, the oldest first: nobody's row count grows without bound. */
const MAX_SESSIONS_PER_USER = 100;

/** `last_used_at` is this exact (milliseconds): a write for every read would cost more than the reads. */
const LAST_USED_PRECISION = 60_000;

export interface LogInDeps {
  readonly db: Knex;
  readonly clock: Clock;
  readonly hasher: Pick<Hasher, "hash" | "verify">;
  /** Seconds that a session lives. */
  readonly sessionTtl: number;
}

export interface LogInInput {
  readonly email: string;
  readonly password: string;
  /** Who asks: a session of the same user that the request was sent with is replaced by the new one. */
  readonly caller: Pick<Caller, "client" | "sessionId" | "userId">;
}

export interface NewSession {
  readonly sessionId: string;
  /** For the holder alone: it is not stored. */
  readonly token: string;
  /** The one who is logged in now. */
  readonly caller: Caller;
  readonly row: SessionRow;
}

/**
 * Checks an address and a password. An unknown address, a wrong password, a text that is no address and a pause of the account are
 * the same fault after the same queries and the same hashing. OWASP Authentication Cheat Sheet, «Authentication and Error Messages».
 *
 * @returns the commit: opens the session in the caller's transaction; wrong credentials too if they changed in between
 * @throws {Fault} 401 wrong credentials; 503 when too many passwords are being checked
 */
export async function prepareLogIn(
  deps: LogInDeps,
  { email, password, caller }: LogInInput,
): Promise<(trx: Knex.Transaction) => Promise<NewSession>> {
  const { client } = caller;
  const parsed = parseEmail(email);
  const normal = "normal" in parsed ? parsed.normal : "";
  const user = await deps.db("users").where({ email_normal: normal }).first("id", "password", "credential_epoch");

  const { matches, outdated } = await deps.hasher.verify(user?.password ?? null, password, client);
  const attempt = { kind: "session.created", normal, userId: user?.id ?? null, client, matches } as const;
  if (!(await judgeAttempt(deps, attempt)) || user === undefined) throw wrongCredentials();
  const renewed = outdated ? await deps.hasher.hash(password, client) : undefined;

  return async (trx) => {
    const now = deps.clock();
    const updated = await trx("users")
      .where({ id: user.id, credential_epoch: user.credential_epoch })
      .update({ last_login_at: timestamp(now), ...(renewed === undefined ? {} : { password: renewed }) })
      .returning(trx.raw(`${hasAdminRole("users.id")} as is_admin`, [ADMIN_ROLE]));
    const [{ is_admin } = {}] = updated as { is_admin?: unknown }[];
    if (is_admin === undefined) throw wrongCredentials();

    // Who logs in again goes on with the new token alone. OWASP ASVS 5, 7.2.4.
    if (caller.userId === user.id && caller.sessionId !== null) {
      await endSession(trx, now, { id: caller.sessionId, user_id: user.id }, caller);
    }
    await makeRoom(trx, user.id, now);
    const { row, token } = await insertSession(trx, user, client, now, deps.sessionTtl);
    await forgiveFailures(trx, now, { normal, userId: user.id, client }, "login");
    await recordSecurityEvent(trx, now, { kind: "session.created", userId: user.id, actorId: user.id, client });
    return {
      sessionId: row.id,
      token,
      caller: { userId: user.id, sessionId: row.id, isAdmin: toBoolean(is_admin), tokenSent: true, client },
      row,
    };
  };
}

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
  const found = await keptWhileUnchanged(db, which.value, () => findSession(db, now, which, { idleTtl }));
  // Of what was kept, time may have made another thing.
  const isOver = found === undefined || found.expires_at <= timestamp(now);
  if (isOver || found.last_used_at <= unusedSince(now, idleTtl)) return nobody;

  const due = timestamp(now - LAST_USED_PRECISION);
  if (found.last_used_at <= due) {
    await db("sessions")
      .where({ id: found.id })
      .andWhere("last_used_at", "<=", due)
      .update({ last_used_at: timestamp(now) });
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

/** @param userId the column that says who */
function hasAdminRole(userId: "sessions.user_id" | "users.id"): string {
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

/** Ends a user's sessions, all of them or all but one. Returns how many. */
export async function endSessions(trx: Knex, userId: string, exceptSessionId?: string | null): Promise<number> {
  const sessions = trx("sessions").where({ user_id: userId });
  if (exceptSessionId !== undefined && exceptSessionId !== null) sessions.whereNot({ id: exceptSessionId });
  return await sessions.delete();
}

/** Forgets sessions that are over: expired, or not used for `idleTtl` seconds (0: however long). Returns how many. */
export async function purgeExpiredSessions(db: Knex, now: number, idleTtl = 0): Promise<number> {
  const expired = await db("sessions").where("expires_at", "<=", timestamp(now)).delete();
  if (idleTtl === 0) return expired;
  return expired + (await db("sessions").where("last_used_at", "<=", unusedSince(now, idleTtl)).delete());
}

/** Sessions that were used last at this moment or before have been idle for too long. */
function unusedSince(now: number, idleTtl: number): string {
  return idleTtl === 0 ? "" : timestamp(now - idleTtl * 1000);
}

/** Sweeps a user's sessions that are over, and the oldest ones if another would be too many. */
async function makeRoom(trx: Knex.Transaction, userId: string, now: number): Promise<void> {
  const moment = timestamp(now);
  const tooMany = trx("sessions")
    .where({ user_id: userId })
    .andWhere("expires_at", ">", moment)
    .orderBy([
      { column: "created_at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(MAX_SESSIONS_PER_USER)
    .offset(MAX_SESSIONS_PER_USER - 1)
    .select("id");
  await trx("sessions")
    .where({ user_id: userId })
    .andWhere((session) => void session.where("expires_at", "<=", moment).orWhereIn("id", tooMany))
    .delete();
}

async function insertSession(
  trx: Knex.Transaction,
  user: Pick<UserRow, "id" | "credential_epoch">,
  client: Client,
  now: number,
  ttl: number,
): Promise<{ row: SessionRow; token: string }> {
  const token = mintToken();
  const row = {
    id: newId(),
    user_id: user.id,
    token_hash: hashToken(token),
    credential_epoch: user.credential_epoch,
    user_agent: client.userAgent,
    ip_address: client.ipAddress,
    created_at: timestamp(now),
    last_used_at: timestamp(now),
    expires_at: timestamp(now + ttl * 1000),
  };
  await trx("sessions").insert(row);
  return { row, token };
}

/**
 * Ends one session, of whomever.
 *
 * @returns whether it was there
 */
export async function endSession(
  trx: Knex.Transaction,
  now: number,
  session: Pick<SessionRow, "id" | "user_id">,
  caller: Pick<Caller, "client" | "userId">,
): Promise<boolean> {
  const { user_id: userId } = session;
  // The user before the session, as whoever changes credentials takes them: on PostgreSQL the two would wait for each other otherwise.
  if (!hasOneWriter(trx)) await trx("users").where({ id: userId }).forKeyShare().first("id");
  if ((await trx("sessions").where({ id: session.id }).delete()) !== 1) return false;
  await recordSecurityEvent(trx, now, { kind: "session.ended", userId, actorId: caller.userId, client: caller.client });
  return true;
}
