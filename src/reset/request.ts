import type { Knex } from "knex";

import type { Client } from "../accounts/caller.ts";
import { askedBy } from "../accounts/client.ts";
import type { Clock } from "../db/clock.ts";
import { enqueue } from "../outbox/outbox.ts";

export interface ResetRequestDeps {
  readonly db: Knex;
  readonly clock: Clock;
  /** Seconds that a token lives: what could not be mailed for so long is of no use any more. */
  readonly resetTokenTtl: number;
}

export interface ResetRequest {
  /** In its normal form; whether anybody has it is not asked here. */
  readonly normal: string;
  /** Null: the operator, on the command line. That is not counted against the address. */
  readonly client: Client | null;
}

/**
 * Records that a reset was asked for: one insert, the same for everybody, so that neither time nor load tells who has an account.
 * Durable once it returns.
 *
 * @returns the id of the outbox entry
 */
export async function acceptResetRequest(deps: ResetRequestDeps, { normal, client }: ResetRequest): Promise<string> {
  const now = deps.clock();
  const origin = client === null ? { origin: "operator" } : { language: client.language };
  return await enqueue(deps.db, now, {
    kind: "reset.requested",
    payload: { email: normal, ...origin, askedBy: askedBy(client, now) },
    expiresAt: now + deps.resetTokenTtl * 1000,
  });
}
