import type { Knex } from "knex";

import { type Clock, timestamp } from "../db/clock.ts";
import { hasOneWriter, toBoolean } from "../db/dialect.ts";
import { newId } from "../db/id.ts";
import type { SessionRow, UserRow } from "../db/tables.ts";
import { wrongCredentials } from "../errors/catalogue.ts";
import { ADMIN_ROLE } from "./admins.ts";
import type { Caller, Client } from "./caller.ts";
import { parseEmail } from "./email.ts";
import type { Hasher } from "./hasher.ts";
import { hasAdminRole, unusedSince } from "./find-caller.ts";
import { forgiveFailures, judgeAttempt } from "./login-guard.ts";
import { recordSecurityEvent } from "./security-events.ts";
import { hashToken, mintToken } from "./token.ts";

/** A user's sessions beyond this number end, the oldest first: nobody's row count grows without bound. */
const MAX_SESSIONS_PER_USER = 100;

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
