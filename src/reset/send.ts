import { RECIPIENT_COLUMNS, sendTokenMail } from "../accounts/account-mail.ts";
import { askersLanguages } from "../accounts/languages.ts";
import { mayMail } from "../accounts/mail-quota.ts";
import { readPayload } from "../accounts/payload.ts";
import type { RegistrationMailDeps } from "../accounts/registration-handler.ts";
import type { Handler } from "../outbox/worker.ts";

/**
 * The handler of `reset.requested`: counts the request against the address, looks the account up, makes a token and mails it to the
 * stored address. The same queries for an address that nobody has, up to the mail itself. Run again after a failure it makes a new
 * token, since none is kept; the address is not counted twice. OWASP Forgot Password Cheat Sheet.
 */
export function resetHandler(deps: RegistrationMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const { email, askedBy, isOperator } = payload;
    if (email === null) return { outcome: "nothing" };

    if (!isOperator) {
      const request = { entryId: entry.id, normal: email, now: deps.clock() };
      if (!(await mayMail(deps.db, deps.mailRate, request))) {
        deps.observe({ type: "reset.limited" });
        return { outcome: "nothing" };
      }
    }
    const user = await deps
      .db("users")
      .where({ email_normal: email })
      .first(...RECIPIENT_COLUMNS);
    const languages = askersLanguages(payload, user);
    return await sendTokenMail(deps, "reset", user, { askedBy, languages }, entry);
  };
}
