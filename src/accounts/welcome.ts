import type { Knex } from "knex";

import { enqueue } from "../outbox/outbox.ts";
import type { Handler } from "../outbox/worker.ts";
import { type AccountMailDeps, RECIPIENT_COLUMNS, sendTokenMail } from "./account-mail.ts";
import type { Client } from "./caller.ts";
import { askedBy } from "./client.ts";
import { holdersLanguages } from "./languages.ts";
import { readPayload } from "./payload.ts";

/** How long a welcome is worth sending (milliseconds). The link in it is made when it leaves. */
const WELCOME_LIFE = 24 * 60 * 60 * 1000;

/**
 * Queues the mail by which somebody who was made without a password sets one.
 *
 * @param askedFrom where the admin sat who made the user; null for the operator or the server itself
 */
export async function enqueueWelcome(
  trx: Knex,
  now: number,
  userId: string,
  askedFrom: Client | null = null,
): Promise<void> {
  await enqueue(trx, now, {
    kind: "account.welcome",
    payload: { userId, askedBy: askedBy(askedFrom, now) },
    expiresAt: now + WELCOME_LIFE,
  });
}

/** The handler of `account.welcome`: nothing for a user who is gone or has a password by now. */
export function welcomeHandler(deps: AccountMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const user = await deps
      .db("users")
      .where({ id: payload.userId ?? "" })
      .first(...RECIPIENT_COLUMNS);
    if (user === undefined || user.password !== null) return { outcome: "nothing" };
    return await sendTokenMail(
      deps,
      "welcome",
      user,
      { askedBy: payload.askedBy, languages: holdersLanguages(payload, user) },
      entry,
    );
  };
}
