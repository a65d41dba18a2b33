import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import { type Entry, stillClaimed } from "../outbox/outbox.ts";
import { hashToken, mintToken } from "./token.ts";

/**
 * Makes a token that lets its holder set the password, and keeps its hash; the one before is void. To be called when the mail is
 * about to leave, so that no token ever waits anywhere.
 *
 * For nobody (`undefined`) it does the same work to no effect.
 *
 * @param user as read a moment ago: if the address or the credentials changed since, no token is made
 * @param ttl seconds
 * @param entry what asked for it. If somebody else has it by now, because this took too long, no token is made: it would take the
 *   place of the one that the other mailed, and its own mail might never leave
 */
export async function issueResetToken(
  db: Knex,
  user: Pick<UserRow, "id" | "email_normal" | "credential_epoch"> | undefined,
  { now, ttl, entry }: { readonly now: number; readonly ttl: number; readonly entry: Entry },
): Promise<string | undefined> {
  const token = mintToken();
  const stored = await db("users")
    .where({
      id: user?.id ?? "",
      email_normal: user?.email_normal ?? "",
      credential_epoch: user?.credential_epoch ?? -1,
    })
    .whereExists(stillClaimed(db, entry).select(db.raw("1")))
    .update({ reset_password: hashToken(token), reset_password_expires_at: timestamp(now + ttl * 1000) });
  return stored === 1 ? token : undefined;
}

/**
 * The page on which a password is asked for or set.
 *
 * @param frontendUrl absolute, with or without a slash at the end
 */
export function resetLink(frontendUrl: string, token?: string): string {
  const page = `${frontendUrl.replace(/\/+$/, "")}/reset-password`;
  return token === undefined ? page : `${page}?token=${token}`;
}
