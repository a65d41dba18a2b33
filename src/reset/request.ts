import type { Knex } from "knex";

import type { Client } from "../accounts/caller.ts";
import { askedBy } from "../accounts/client.ts";
import type { Origin } from "../accounts/payload.ts";
import type { Clock } from "../db/clock.ts";
import { writeOnce } from "../db/writer.ts";
import { enqueue } from "../outbox/outbox.ts";

export interface ResetRequestDeps {
  /** A transaction, where the request is a part of one. */
  readonly db: Knex;
  readonly clock: Clock;
  /** Seconds that a token lives: what could not be mailed for so long is of no use any more. */
  readonly resetTokenTtl: number;
}

export interface ResetRequest {
  /** In its normal form; whether anybody has it is not asked here. */
  readonly normal: string;
  /** Null: the operator, on the command line. */
  readonly client: Client | null;
  /** Who may ask without being counted against the address, and without being stopped by a pause. Default: the operator alone. */
  readonly origin?: Origin;
  /** Milliseconds that the request is worth answering, where that is longer than a token lives. */
  readonly life?: number;
}

/**
 * Records that a reset was asked for: one insert, the same for everybody, so that neither time nor load tells who has an account.
 * Durable once it returns.
 *
 * @returns the id of the outbox entry
 */
export async function acceptResetRequest(
  deps: ResetRequestDeps,
  { normal, client, origin = client === null ? "operator" : undefined, life = 0 }: ResetRequest,
): Promise<string> {
  const now = deps.clock();
  // An admin's browser says nothing about the reader.
  const language = origin === undefined ? { language: client?.language ?? null } : { origin };
  const entry = {
    kind: "reset.requested",
    payload: { email: normal, ...language, askedBy: askedBy(client, now) },
    expiresAt: now + Math.max(life, deps.resetTokenTtl * 1000),
  };
  return await writeOnce(deps.db, (db) => enqueue(db, now, entry));
}
