import { type Recipient, RECIPIENT_COLUMNS, sendTokenMail } from "../accounts/account-mail.ts";
import { askersLanguages } from "../accounts/languages.ts";
import { mayMail } from "../accounts/mail-quota.ts";
import { readPayload } from "../accounts/payload.ts";
import type { RegistrationMailDeps } from "../accounts/registration-handler.ts";
import { areResetsPaused } from "../accounts/reset-pause.ts";
import { recordSecurityEvent } from "../accounts/security-events.ts";
import { newId } from "../db/id.ts";
import type { Entry } from "../outbox/outbox.ts";
import type { Handler } from "../outbox/worker.ts";

/**
 * The handler of `reset.requested`: counts the request against the address, looks the account up, makes a token and mails it to the
 * stored address. The same queries for an address that nobody has, and for one that its holder had paused, up to the mail itself. Run
 * again after a failure it makes a new token, since none is kept; the address is not counted twice. OWASP Forgot Password Cheat Sheet.
 */
export function resetHandler(deps: RegistrationMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const { email, askedBy, origin } = payload;
    if (email === null) return { outcome: "nothing" };

    // Before the pause is looked for: if it begins in between, the account is no longer the one that was read, and gets no token.
    const user = await deps
      .db("users")
      .where({ email_normal: email })
      .first(...RECIPIENT_COLUMNS);
    const refusal = origin === null ? await refusalOf(deps, user, email, entry) : null;
    if (refusal === "limited") deps.observe({ type: "reset.limited" });
    await recordSecurityEvent(deps.db, deps.clock(), {
      // A retry is no second request, and an admin's own has been written down when it was made.
      id: entry.id,
      kind: "reset.requested",
      outcome: refusal === null && user !== undefined ? "done" : "refused",
      detail: refusal ?? (user === undefined ? "unknown-address" : origin),
      userId: user?.id ?? null,
      client: askedBy,
    });
    if (refusal === "limited") return { outcome: "nothing" };
    const recipient = refusal === null ? user : undefined;
    const { id: userId, credential_epoch: epoch } = recipient ?? { id: newId(), credential_epoch: 0 };
    // Who has just said that it was not them asked for the mail themselves.
    const notMeLink = origin === "not-me" ? null : deps.notMeLink({ purpose: "reset", userId, epoch });
    const mail = { askedBy, notMeLink, languages: askersLanguages(payload, recipient) };
    return await sendTokenMail(deps, "reset", recipient, mail, entry);
  };
}

/** Why anybody's request leads to no mail, as far as that is not because nobody has the address. */
async function refusalOf(
  { db, clock, mailRate }: RegistrationMailDeps,
  user: Recipient | undefined,
  normal: string,
  { id: entryId }: Entry,
): Promise<"limited" | "paused" | null> {
  const now = clock();
  const arePaused = await areResetsPaused(db, now, normal);
  if (!(await mayMail(db, mailRate, { entryId, purpose: "reset", normal, now }))) return "limited";
  // Without a password there is no way in but the mail: a pause would shut out its holder, and nobody else.
  return arePaused && user?.password !== null ? "paused" : null;
}
