import type { Handler } from "../outbox/worker.ts";
import { type AccountMailDeps, RECIPIENT_COLUMNS, sendAccountMail } from "./account-mail.ts";
import { holdersLanguages } from "./languages.ts";
import { fullName } from "./new-user.ts";
import { readPayload } from "./payload.ts";
import { resetLink } from "./reset-token.ts";

/** Handlers that tell people what happened to their account, by kind. OWASP ASVS 5, 6.3.7. */
export function noticeHandlers(deps: AccountMailDeps) {
  return {
    "notice.password-changed": passwordChanged(deps),
    "notice.email-changed": emailChanged(deps),
  } satisfies Record<string, Handler>;
}

/** To the address that the account had when its password was changed; nothing for an account that is gone. */
function passwordChanged(deps: AccountMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const { userId, address, epoch, askedBy } = payload;
    const user = await findUser(deps, userId);
    if (user === undefined) return { outcome: "nothing" };
    const link = resetLink(deps.frontendUrl);
    // Of an account that changed once more, maybe by the thief's moving it in the same moment, the link would do nothing.
    const notMeLink =
      epoch !== user.credential_epoch ? null : deps.notMeLink({ purpose: "password-changed", userId: user.id, epoch });
    const languages = holdersLanguages(payload, user);
    return await sendAccountMail(
      deps,
      {
        template: "password-changed",
        to: address ?? user.email,
        name: fullName(user),
        link,
        notMeLink,
        askedBy,
        languages,
      },
      entry,
    );
  };
}

/** To the address that the account had. Even if the account is gone by now: whoever held the address should know. */
function emailChanged(deps: AccountMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const { userId, oldAddress, newAddress, askedBy } = payload;
    if (oldAddress === null) return { outcome: "nothing" };
    const user = await findUser(deps, userId);
    const name = user === undefined ? null : fullName(user);
    const link = resetLink(deps.frontendUrl);
    const languages = holdersLanguages(payload, user);
    return await sendAccountMail(
      deps,
      { template: "email-changed", to: oldAddress, name, link, askedBy, languages, newEmail: newAddress },
      entry,
    );
  };
}

async function findUser(deps: AccountMailDeps, userId: string | null) {
  return await deps
    .db("users")
    .where({ id: userId ?? "" })
    .first(...RECIPIENT_COLUMNS);
}
