import { RECIPIENT_COLUMNS, sendTokenMail } from "../accounts/account-mail.ts";
import { mayMail } from "../accounts/mail-quota.ts";
import { readPayload } from "../accounts/payload.ts";
import type { RegistrationMailDeps } from "../accounts/registration-handler.ts";
import { recordSecurityEvent } from "../accounts/security-events.ts";
import type { Handler } from "../outbox/worker.ts";

/**
 * The handler of `reset.requested`: counts the request against the address, looks the account up, makes a token and mails it to the
 * stored address. The same queries for an address that nobody has, up to the mail itself. Run again after a failure it makes a new
 * token, since none is kept; the address is not counted twice. OWASP Forgot Password Cheat Sheet.
 */
export function resetHandler(deps: RegistrationMailDeps): Handler {
  return async (raw, entry) => {
    const { email, askedBy, isOperator } = readPayload(raw);
    if (email === null) return { outcome: "nothing" };

    const user = await deps
      .db("users")
      .where({ email_normal: email })
      .first(...RECIPIENT_COLUMNS);
    const request = { entryId: entry.id, normal: email, now: deps.clock() };
    const isWithinLimit = isOperator || (await mayMail(deps.db, deps.mailRate, request));
    if (!isWithinLimit) deps.observe({ type: "reset.limited" });
    const refusal = isWithinLimit ? (user === undefined ? "unknown-address" : null) : "limited";
    await recordSecurityEvent(deps.db, deps.clock(), {
      // A retry is no second request.
      id: entry.id,
      kind: "reset.requested",
      outcome: refusal === null ? "done" : "refused",
      detail: refusal,
      userId: user?.id ?? null,
      client: askedBy,
    });
    if (!isWithinLimit) return { outcome: "nothing" };
    return await sendTokenMail(deps, "reset", user, askedBy, entry);
  };
}
