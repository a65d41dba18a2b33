import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import { toNumber } from "../db/dialect.ts";
import { newId } from "../db/id.ts";

/**
 * The table of what is still to be mailed. An entry is written in the transaction that makes it necessary, and is handled
 * at least once: a worker claims it by moving `due_at` to the end of a lease, so a worker that dies is succeeded when the
 * lease ends. Whatever a worker then does to the entry is guarded by that very claim.
 *
 * Leases compare the clocks of all processes on one database: these must agree to well within a lease.
 */

/** An entry as handlers see it. Points in time as `timestamp()` writes them. */
export interface Entry {
  readonly id: string;
  readonly kind: string;
  /** Tries, the present one included. */
  readonly attempts: number;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** The end of the present claim's lease; see `stillClaimed`. */
  readonly claimedUntil: string;
}

/** An entry in a worker's hands. */
export interface Claim {
  readonly entry: Entry;
  /** JSON, as stored. */
  readonly payload: string;
  readonly lastError: string | null;
  /** Its place in the queue before the claim. */
  readonly formerDueAt: string;
  /** By `performance.now()`. */
  readonly takenAt: number;
}

export interface NewEntry {
  /** Names the handler; 64 characters at most. */
  readonly kind: string;
  /** What the handler needs, as JSON. Never a token, never a mail's body: whoever reads the table could use it. */
  readonly payload: object;
  /** Milliseconds: after this the mail would be of no use to anybody. */
  readonly expiresAt: number;
}

/**
 * How long a claimed entry is its worker's, and how long the mail of a worker that died has to wait for the next one. Long enough for
 * a mail service that takes ten seconds to answer and a database that is slow; what takes longer is tried again.
 */
export const LEASE_SECONDS = 45;
/** How often a claim looks again when other workers took everything it had seen. */
const CLAIM_ROUNDS = 3;
const LONGEST_ERROR = 200;

/**
 * Puts an entry in the queue, due at once: one insert. In a transaction it exists only if the transaction does.
 *
 * @param now milliseconds
 * @returns its id
 */
export async function enqueue(db: Knex, now: number, entry: NewEntry): Promise<string> {
  const id = newId();
  const moment = timestamp(now);
  await db("outbox").insert({
    id,
    kind: entry.kind,
    payload: JSON.stringify(entry.payload),
    attempts: 0,
    created_at: moment,
    due_at: moment,
    expires_at: timestamp(entry.expiresAt),
    failed_at: null,
    last_error: null,
  });
  return id;
}

/**
 * Takes up to `limit` due entries, the longest due first. The update decides: of two workers that saw the same entry the
 * second finds it no longer due (on PostgreSQL, READ COMMITTED, it waits for the first and looks at the row again).
 *
 * @param now milliseconds
 */
export async function claimDue(db: Knex, now: number, limit: number, leaseSeconds: number): Promise<Claim[]> {
  const moment = timestamp(now);
  const until = timestamp(now + leaseSeconds * 1000);
  const takenAt = performance.now();
  for (let round = 0; round < CLAIM_ROUNDS; round += 1) {
    const seen = await db("outbox")
      .select("id", "due_at")
      .whereNull("failed_at")
      .where("due_at", "<=", moment)
      .orderBy(["due_at", "id"])
      .limit(limit);
    if (seen.length === 0) return [];
    const formerDueAt = new Map(seen.map((row) => [row.id, row.due_at]));
    const taken = await db("outbox")
      .whereIn("id", [...formerDueAt.keys()])
      .whereNull("failed_at")
      .where("due_at", "<=", moment)
      .update({ due_at: until, attempts: db.raw("attempts + 1") })
      .returning(["id", "kind", "payload", "attempts", "created_at", "expires_at", "last_error"]);
    if (taken.length === 0) continue;
    return taken
      .map((row) => ({
        entry: {
          id: row.id,
          kind: row.kind,
          attempts: row.attempts,
          createdAt: row.created_at,
          expiresAt: row.expires_at,
          claimedUntil: until,
        },
        payload: row.payload,
        lastError: row.last_error,
        formerDueAt: formerDueAt.get(row.id) ?? moment,
        takenAt,
      }))
      .sort((a, b) => (a.formerDueAt + a.entry.id < b.formerDueAt + b.entry.id ? -1 : 1));
  }
  return [];
}

/**
 * The entry, as long as it is claimed as it was when its handler got it. A handler that was held up may find itself succeeded: what
 * must not come after its successor's doing asks this in the same statement.
 */
export function stillClaimed(db: Knex, { id, claimedUntil, attempts }: Entry) {
  return db("outbox").where({ id, due_at: claimedUntil, attempts }).whereNull("failed_at");
}

/** The work is done: the entry goes. Each of these five returns whether the claim still held; if not, nothing happened. */
export async function complete(db: Knex, claim: Claim): Promise<boolean> {
  return (await stillClaimed(db, claim.entry).delete()) === 1;
}

/**
 * Notes that the work has come to a step from which there is a way back only by another try. What settles the entry replaces the
 * note; one that is left says what a process was doing that died. It is a write whatever the step finds: in a transaction with
 * others that may change nothing, it makes the transaction reach the disk.
 */
export async function noteStep(db: Knex, entry: Entry, step: string): Promise<void> {
  await stillClaimed(db, entry).update({ last_error: `try ${String(entry.attempts)} was not finished: ${step}` });
}

/** Another try at `dueAt` (milliseconds), for the reason that `error` names. */
export async function reschedule(db: Knex, claim: Claim, dueAt: number, error: string): Promise<boolean> {
  return (
    (await stillClaimed(db, claim.entry).update({ due_at: timestamp(dueAt), last_error: presentable(error) })) === 1
  );
}

/** Back to its place, as if it had never been claimed. */
export async function release(db: Knex, claim: Claim): Promise<boolean> {
  const back = { due_at: claim.formerDueAt, attempts: claim.entry.attempts - 1 };
  return (await stillClaimed(db, claim.entry).update(back)) === 1;
}

/** Another try at `dueAt` (milliseconds), for a reason that is not the entry's: the attempt does not count. */
export async function putBack(db: Knex, claim: Claim, dueAt: number, error: string): Promise<boolean> {
  const back = { due_at: timestamp(dueAt), attempts: claim.entry.attempts - 1, last_error: presentable(error) };
  return (await stillClaimed(db, claim.entry).update(back)) === 1;
}

/** No further try; the entry stays for the operator to see. `now` in milliseconds. */
export async function giveUp(db: Knex, claim: Claim, now: number, error: string): Promise<boolean> {
  return (
    (await stillClaimed(db, claim.entry).update({ failed_at: timestamp(now), last_error: presentable(error) })) === 1
  );
}

/** Deletes up to `limit` entries that were given up before `before` (milliseconds). Returns how many. */
export async function purgeFailed(db: Knex, before: number, limit: number): Promise<number> {
  const old = await db("outbox")
    .select("id")
    .where("failed_at", "<", timestamp(before))
    .orderBy("failed_at")
    .limit(limit);
  if (old.length === 0) return 0;
  return db("outbox")
    .whereIn(
      "id",
      old.map((row) => row.id),
    )
    .whereNotNull("failed_at")
    .delete();
}

/** How full the queue is, for metrics. `oldestCreatedAt` is of the waiting ones, null if there is none. */
export async function queueDepth(db: Knex): Promise<{
  waiting: number;
  failed: number;
  oldestCreatedAt: string | null;
}> {
  const waiting = await db("outbox").whereNull("failed_at").count({ n: "*" }).min({ oldest: "created_at" }).first();
  const failed = await db("outbox").whereNotNull("failed_at").count({ n: "*" }).first();
  return {
    waiting: toNumber(waiting?.n ?? 0),
    failed: toNumber(failed?.n ?? 0),
    oldestCreatedAt: (waiting?.oldest as string | null | undefined) ?? null,
  };
}

/** One short line without addresses: what may stand in the table, in a log and in a mail operator's terminal. */
export function presentable(error: string): string {
  return error
    .replace(/\p{C}+/gu, " ")
    .replace(/[^\s<>"',;()]+@[^\s<>"',;()]+/g, "[address]")
    .slice(0, LONGEST_ERROR);
}
