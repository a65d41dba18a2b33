import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import { hashToken, mintToken } from "./token.ts";

/**
 * Makes a token that lets its holder set the password, and keeps its hash; the one before is void. To be called when the mail is
 * about to leave, so that no token ever waits anywhere.
 *
 * For nobody (`undefined`) it does the same work to no effect.
 *
 * @param user as read a moment ago: if the address or the credentials changed since, no token is made
 * @param ttl seconds
 */
export async function issueResetToken(
  db: Knex,
  user: Pick<UserRow, "id" | "email_normal" | "credential_epoch"> | undefined,
  now: number,
  ttl: number,
): Promise<string | undefined> {
  const token = mintToken();
  const stored = await db("users")
    .where({
      id: user?.id ?? "",
      email_normal: user?.email_normal ?? "",
      credential_epoch: user?.credential_epoch ?? -1,
    })
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
