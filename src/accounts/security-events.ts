import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import { heldUnlessTaken } from "../db/dialect.ts";
import { newId } from "../db/id.ts";
import type { Client } from "./caller.ts";

/**
 * The audit trail: what happened to accounts, who did it, when, from where, and how it ended. No secret and no address of mail ever
 * stands in it. OWASP ASVS 5, chapter 16; OWASP Logging Cheat Sheet, «Which events to log».
 */

/** Every kind of event that there is, with what it means. Kinds are stable: admins filter by them. */
export const SECURITY_EVENT_KINDS = {
  "session.created": "somebody logged in, or tried to",
  "session.ended": "a session was deleted: somebody logged out, or was",
  "user.created": "an account was made",
  "user.deleted": "an account was deleted",
  "password.changed": "a password was changed by somebody who is logged in, or by an admin",
  "password.reset": "a password was set by a mailed link",
  "password.voided": "a password was made void, by its holder's «it wasn't me» or by the server's configuration",
  "password.checked": "a current password was asked for, and was wrong",
  "email.changed": "an account moved to another address",
  "reset.requested": "a mail with a link that sets the password was asked for",
  "reset.disavowed": "the holder of an address said that the mail was not asked for by them",
  "role.granted": "somebody was given a role, which `detail` names",
  "role.revoked": "somebody lost a role, which `detail` names",
} as const;

export type SecurityEventKind = keyof typeof SECURITY_EVENT_KINDS;

export interface SecurityEvent {
  /** By default a new one. The same one again is no second event: for work that may be done more than once. */
  readonly id?: string;
  readonly kind: SecurityEventKind;
  /** Default: it was done. */
  readonly outcome?: "done" | "refused";
  /** Why it was refused, or what it was about, or SQL that says it: at most 255 characters. Never a secret, never an address. */
  readonly detail?: string | Knex.Raw<string> | null;
  /** Whose account it is about; null where there is none, or nobody knows. */
  readonly userId: string | null;
  /** Who did it, as far as that is known: by a session, or by a mailed link. */
  readonly actorId?: string | null;
  /** Null: the operator, or the server itself. */
  readonly client: Pick<Client, "ipAddress" | "userAgent"> | null;
}

/**
 * Writes one event: one insert. In the transaction of what happened it stands there if and only if that happened.
 *
 * @param now milliseconds
 */
export async function recordSecurityEvent(db: Knex, now: number, event: SecurityEvent): Promise<void> {
  await recordSecurityEvents(db, now, [event]);
}

/** The same for several events of one moment, at most 250. */
export async function recordSecurityEvents(db: Knex, now: number, events: readonly SecurityEvent[]): Promise<void> {
  if (events.length === 0) return;
  // Whoever went in this moment is nobody any more, and no reason to fail. Who is there must stay until the row refers to them:
  // PostgreSQL lets somebody be deleted in between, and the insert would fail where a stranger's attempt is written down without.
  const existing = (id: string | null, { kind, outcome }: SecurityEvent) => {
    const user = db("users")
      .where({ id: id ?? "" })
      .select("id");
    // What strangers bring about says nothing about the account, nor may its time: it waits for nobody who is about to delete that, as
    // it would not for an address that nobody has.
    const isByStrangers = outcome === "refused" || kind === "reset.requested" || kind === "user.created";
    return db.raw<string | null>("?", [isByStrangers ? heldUnlessTaken(user) : user.forKeyShare()]);
  };
  const rows = events.map((event) => {
    const { id = newId(), kind, outcome = "done", detail = null, userId, actorId = null, client } = event;
    return {
      id,
      kind,
      outcome,
      detail: typeof detail === "string" ? detail.slice(0, 255) : detail,
      user_id: existing(userId, event),
      account_id: userId,
      actor_id: existing(actorId, event),
      ip_address: client?.ipAddress ?? null,
      user_agent: client?.userAgent ?? null,
      created_at: timestamp(now),
    };
  });
  await db("security_events").insert(rows).onConflict("id").ignore();
}

/** How many rows go at once: whoever else wants to write need not wait for long. */
const PURGE_AT_ONCE = 1000;

/** Forgets events from before `before` (milliseconds). Returns how many. */
export async function purgeSecurityEvents(db: Knex, before: number): Promise<number> {
  return await purge(db, (query) => void query.where("created_at", "<", timestamp(before)));
}

/** Forgets events about nobody's account from before `before` (milliseconds): a flood of guessed addresses makes many of them. */
export async function purgeEventsOfNobody(db: Knex, before: number): Promise<number> {
  return await purge(db, (query) => void query.whereNull("account_id").andWhere("created_at", "<", timestamp(before)));
}

async function purge(db: Knex, narrow: (query: Knex.QueryBuilder) => void): Promise<number> {
  for (let purged = 0; ;) {
    const query = db("security_events").orderBy("created_at").limit(PURGE_AT_ONCE);
    narrow(query);
    const ids: string[] = await query.pluck("id");
    if (ids.length > 0) purged += await db("security_events").whereIn("id", ids).delete();
    if (ids.length < PURGE_AT_ONCE) return purged;
  }
}
