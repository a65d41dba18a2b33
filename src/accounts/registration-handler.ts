import { newId } from "../db/id.ts";
import { transact } from "../db/writer.ts";
import { noteStep, type Entry } from "../outbox/outbox.ts";
import type { Handler } from "../outbox/worker.ts";
import {
  type AccountMailDeps,
  issueToken,
  type Recipient,
  RECIPIENT_COLUMNS,
  sendAccountMail,
  sendTokenMail,
} from "./account-mail.ts";
import { type Email, parseEmail } from "./email.ts";
import { askersLanguages } from "./languages.ts";
import { type MailRate, mayMail } from "./mail-quota.ts";
import { fullName, newUserRow } from "./new-user.ts";
import { type Payload, readPayload } from "./payload.ts";
import { recordSecurityEvent } from "./security-events.ts";
import { isRetired } from "./retired-ids.ts";
import { resetLink } from "./reset-token.ts";

export interface RegistrationMailDeps extends AccountMailDeps {
  /** Mails that an address may get unasked for; resets and registrations are counted each by itself. */
  readonly mailRate: MailRate;
}

/**
 * The handler of `registration.requested`: makes the user and mails the link that sets the password, or tells the holder of a taken
 * address that an account is there. The same statements for both. Run again after a failure it finds the user that it made, and mails
 * a new link.
 */
export function registrationHandler(deps: RegistrationMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const email = parseEmail(payload.email ?? "");
    if ("message" in email) return { outcome: "nothing" };

    const request = { entryId: entry.id, purpose: "registration", normal: email.normal, now: deps.clock() } as const;
    if (!(await mayMail(deps.db, deps.mailRate, request))) {
      deps.observe({ type: "reset.limited" });
      return { outcome: "nothing" };
    }
    const user = await findOrMakeUser(deps, email, payload, entry);
    const mail = { askedBy: payload.askedBy, languages: askersLanguages(payload, user) };
    return user === undefined || isFromThisRequest(user, payload, entry)
      ? await sendTokenMail(deps, "welcome", user, mail, entry)
      : await sendAlreadyRegistered(deps, user, payload, entry);
  };
}

/**
 * Makes the user unless somebody has the address, with the id that the client asked for if nobody has or had it, else with the
 * entry's. Then whoever has the address: of two requests that are handled at once, one makes the user.
 */
async function findOrMakeUser(
  deps: AccountMailDeps,
  email: Email,
  { userId, firstName, lastName, avatarUrl, language, askedBy }: Payload,
  entry: Entry,
): Promise<Recipient | undefined> {
  const now = deps.clock();
  return await transact(deps.db, async (trx) => {
    await noteStep(trx, entry, "making the user");
    const takenIds = await trx("users")
      .whereIn("id", [userId ?? entry.id, entry.id])
      .pluck("id");
    const id = [userId, entry.id].find((candidate) => candidate !== null && !takenIds.includes(candidate)) ?? newId();
    await trx("users")
      .insert(newUserRow({ id, email, firstName, lastName, avatarUrl, language, now }))
      .onConflict("email_normal")
      .ignore();
    // Asked for after the insert, which waits for a deletion that is under way.
    const isAgain = await isRetired(trx, id);
    const ownId = !isAgain ? id : takenIds.includes(entry.id) ? newId() : entry.id;
    await trx("users").where({ id, email_normal: email.normal }).update({ id: ownId });
    const user: Recipient | undefined = await trx("users")
      .where({ email_normal: email.normal })
      .first(...RECIPIENT_COLUMNS);
    const isMade = user?.id === ownId;
    await recordSecurityEvent(trx, now, {
      // A retry is no second request.
      id: entry.id,
      kind: "user.created",
      outcome: isMade ? "done" : "refused",
      detail: isMade ? null : "address-taken",
      userId: user?.id ?? null,
      client: askedBy,
    });
    return user;
  });
}

/** By its id, and only as long as nobody has ever set a password: from then on it is somebody's account, also without one. */
function isFromThisRequest(user: Recipient, payload: Payload, entry: Entry): boolean {
  return user.password === null && user.credential_epoch === 0 && (user.id === entry.id || user.id === payload.userId);
}

async function sendAlreadyRegistered(deps: AccountMailDeps, user: Recipient, payload: Payload, entry: Entry) {
  await issueToken(deps, undefined, entry);
  const link = resetLink(deps.frontendUrl);
  const { askedBy } = payload;
  const languages = askersLanguages(payload, user);
  return await sendAccountMail(
    deps,
    { template: "already-registered", to: user.email, name: fullName(user), link, askedBy, languages },
    entry,
  );
}
