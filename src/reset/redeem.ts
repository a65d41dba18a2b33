import type { Knex } from "knex";

import type { Client } from "../accounts/caller.ts";
import { setPassword } from "../accounts/credentials.ts";
import type { Hasher } from "../accounts/hasher.ts";
import { forgiveFailures } from "../accounts/login-guard.ts";
import { fullName } from "../accounts/new-user.ts";
import { passwordFault, type PasswordRules } from "../accounts/password.ts";
import { hashToken } from "../accounts/token.ts";
import { type Clock, timestamp } from "../db/clock.ts";
import { transact } from "../db/writer.ts";
import { invalidAttribute, unknownResetToken } from "../errors/catalogue.ts";

export interface RedeemDeps {
  readonly db: Knex;
  readonly clock: Clock;
  readonly hasher: Pick<Hasher, "hash">;
  readonly passwordRules: PasswordRules;
}

export interface Redeemed {
  readonly id: string;
  readonly email: string;
  /** Null when the person has no name. */
  readonly name: string | null;
}

/**
 * Sets the password of whoever the token was mailed to. The token is looked up before anything costs work, and must still be the
 * stored one at the end: of two who come at once, one wins, and the other has an unknown token. A refused password leaves it usable.
 *
 * @throws {Fault} 404, one and the same for every token that lets nobody in; 422 with the pointer for a refused password;
 *   503 when too many passwords are being hashed
 */
export async function redeem(
  deps: RedeemDeps,
  { token, password, client }: { readonly token: string; readonly password: string; readonly client: Client },
): Promise<Redeemed> {
  const resetTokenHash = hashToken(token);
  const user = await deps
    .db("users")
    .where({ reset_password: resetTokenHash })
    .andWhere("reset_password_expires_at", ">", timestamp(deps.clock()))
    .first("id", "email", "email_normal", "first_name", "last_name", "language", "credential_epoch");
  if (user === undefined) throw unknownResetToken();

  const message = passwordFault(password, { ...deps.passwordRules, email: user.email });
  if (message !== undefined) throw invalidAttribute("/data/password", "password", message);

  // Outside of the transaction: a quarter of a second of hashing would keep every other writer waiting.
  const passwordHash = await deps.hasher.hash(password, client);
  const isSet = await transact(deps.db, async (trx) => {
    const now = deps.clock();
    const { id: userId, credential_epoch: epoch, email_normal: normal } = user;
    const language = user.language ?? client.language;
    const change = { userId, epoch, passwordHash, resetTokenHash, now, actorId: null, askedFrom: client, language };
    if (!(await setPassword(trx, change))) return false;
    await forgiveFailures(trx, now, { normal, userId, client }, "link");
    return true;
  });
  if (!isSet) throw unknownResetToken();
  return { id: user.id, email: user.email, name: fullName(user) };
}
