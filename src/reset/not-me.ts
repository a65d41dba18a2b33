import type { Knex } from "knex";

import type { Client } from "../accounts/caller.ts";
import { disavow } from "../accounts/credentials.ts";
import type { NotMePurpose, NotMeTokens } from "../accounts/not-me-token.ts";
import { pauseResets, RESET_PAUSE } from "../accounts/reset-pause.ts";
import type { Clock } from "../db/clock.ts";
import { transact } from "../db/writer.ts";
import { unknownNotMeToken } from "../errors/catalogue.ts";
import { acceptResetRequest } from "./request.ts";

export interface NotMeDeps {
  readonly db: Knex;
  readonly clock: Clock;
  /** Seconds that a token lives which sets the password. */
  readonly resetTokenTtl: number;
  readonly notMe: Pick<NotMeTokens, "read">;
}

/**
 * Does what the link «it wasn't me» in a mail is for: whatever was mailed so far lets nobody in any more, all sessions end, and for a
 * day nobody can have another link mailed to the address by asking for it. Where the mail told that the password was changed, the
 * password is void too, so that whoever set it cannot log in with it, and one mail with a link goes out which that pause does not stop.
 *
 * Nothing tells a token that was used: the account is another one then, as after any change of password or address since the mail. Of
 * two who come at once one wins, by the update. Whoever has taken somebody's mail can do no more than this.
 *
 * @returns what the mail told of
 * @throws {Fault} 404, one and the same for every token that does nothing any more; without a query for one that we did not sign
 */
export async function disown(
  deps: NotMeDeps,
  { token, client }: { readonly token: string; readonly client: Client },
): Promise<NotMePurpose> {
  const now = deps.clock();
  const claim = deps.notMe.read(token, now);
  if (claim === undefined) throw unknownNotMeToken();
  const { purpose, userId, epoch } = claim;
  const user = await deps.db("users").where({ id: userId, credential_epoch: epoch }).first("email_normal");
  if (user === undefined) throw unknownNotMeToken();

  const voidsPassword = purpose === "password-changed";
  const isDone = await transact(deps.db, async (trx) => {
    // As long as the epoch is that of the token, the address is the one that was read.
    const change = { userId, epoch, now, actorId: null, askedFrom: client, voidsPassword };
    if (!(await disavow(trx, change))) return false;
    await pauseResets(trx, now, user.email_normal);
    if (voidsPassword) {
      const request = { normal: user.email_normal, client, origin: "not-me", life: RESET_PAUSE } as const;
      await acceptResetRequest({ ...deps, db: trx }, request);
    }
    return true;
  });
  if (!isDone) throw unknownNotMeToken();
  return purpose;
}
