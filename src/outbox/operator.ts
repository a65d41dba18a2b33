import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import type { OutboxRow } from "../db/tables.ts";
import { LEASE_SECONDS } from "./outbox.ts";

/** What an operator sees of the outbox, and does to it by hand, while workers are at it. */

/** An entry waits until it is mailed, or has failed: refused, or not mailed before its end. */
export type EntryState = "waiting" | "failed";

/** What an operator sees of an entry: not its payload, which holds addresses. */
export type ListedEntry = Omit<OutboxRow, "payload">;

/** Entries by age, the oldest first, in one state or in any. `after` is the id of the last one already seen. */
export async function listEntries(
  db: Knex,
  { state, limit, after }: { state?: EntryState | undefined; limit: number; after?: string | undefined },
): Promise<ListedEntry[]> {
  const query = db("outbox")
    .select("id", "kind", "attempts", "created_at", "due_at", "expires_at", "failed_at", "last_error")
    .orderBy("id")
    .limit(limit);
  if (state === "failed") query.whereNotNull("failed_at");
  if (state === "waiting") query.whereNull("failed_at");
  if (after !== undefined) query.where("id", ">", after);
  return query;
}

/**
 * What came of a retry by hand: `restarted` from failure; `hurried`, a waiting one; `due`: it is due within a lease anyway, or in a
 * worker's hands, which the table cannot tell apart, and is left alone; `unknown`: there is none (any more).
 */
export type RetryOutcome = "restarted" | "hurried" | "due" | "unknown";

/**
 * Gives a failed entry a fresh start, with a life of at least `lifeSeconds` from `now` (milliseconds), and makes a waiting one due
 * now. One that may be in a worker's hands is left alone: it would be mailed twice.
 */
export async function retryEntry(db: Knex, id: string, now: number, lifeSeconds = 3600): Promise<RetryOutcome> {
  const row = await db("outbox").where({ id }).first("expires_at", "failed_at");
  if (row === undefined) return "unknown";
  const moment = timestamp(now);
  if (row.failed_at === null) {
    const hurried = await db("outbox")
      .where({ id })
      .whereNull("failed_at")
      .andWhere("due_at", ">", timestamp(now + LEASE_SECONDS * 1000))
      .update({ due_at: moment });
    return hurried === 1 ? "hurried" : "due";
  }
  const end = timestamp(now + lifeSeconds * 1000);
  const restarted = await db("outbox")
    .where({ id })
    .whereNotNull("failed_at")
    .update({
      failed_at: null,
      last_error: null,
      attempts: 0,
      due_at: moment,
      expires_at: row.expires_at > end ? row.expires_at : end,
    });
  return restarted === 1 ? "restarted" : "unknown";
}

/** Deletes an entry, waiting or failed. One that is in a worker's hands may still be mailed. Returns whether there was one. */
export async function dropEntry(db: Knex, id: string): Promise<boolean> {
  return (await db("outbox").where({ id }).delete()) === 1;
}
