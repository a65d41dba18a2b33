import type { Knex } from "knex";

import { hasOneWriter } from "../db/dialect.ts";
import type { Caller } from "./caller.ts";
import { retireId } from "./retired-ids.ts";
import { recordSecurityEvent } from "./security-events.ts";

/**
 * Deletes an account with all that belongs to it, and its id for good. What happened to it stays in the audit trail, with its id and
 * without a name.
 *
 * @returns whether there was such an account; if not, the transaction must be rolled back
 */
export async function deleteUser(trx: Knex.Transaction, now: number, userId: string, caller: Caller): Promise<boolean> {
  // Locked at once: to lock it for the event first and for the deletion later is how two wait for each other.
  if (!hasOneWriter(trx)) await trx("users").where({ id: userId }).forUpdate().first("id");
  // Before it goes: the row that the event refers to must be there, and is let go of by the deletion.
  await recordSecurityEvent(trx, now, { kind: "user.deleted", userId, actorId: caller.userId, client: caller.client });
  await retireId(trx, userId);
  return (await trx("users").where({ id: userId }).delete()) === 1;
}
