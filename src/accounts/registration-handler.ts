import type { Entry } from "../outbox/outbox.ts";
import type { Handler } from "../outbox/worker.ts";
import {
  type AccountMailDeps,
  type Recipient,
  RECIPIENT_COLUMNS,
  sendAccountMail,
  sendTokenMail,
} from "./account-mail.ts";
import { type Email, parseEmail } from "./email.ts";
import { type MailRate, mayMail } from "./mail-quota.ts";
import { fullName, newUserRow } from "./new-user.ts";
import { type Payload, readPayload } from "./payload.ts";
import { recordSecurityEvent } from "./security-events.ts";
import { resetLink } from "./reset-token.ts";

export interface RegistrationMailDeps extends AccountMailDeps {
  /** Mails that an address may get unasked for; the same count as for resets. */
  readonly mailRate: MailRate;
}

/**
 * The handler of `registration.requested`: makes the user and mails the link that sets the password, or tells the holder of a taken
 * address that an account is there. Run again after a failure it finds the user that it made, and mails a new link.
 */
export function registrationHandler(deps: RegistrationMailDeps): Handler {
  return async (raw, entry) => {
    const payload = readPayload(raw);
    const email = parseEmail(payload.email ?? "");
    if ("message" in email) return { outcome: "nothing" };

    const request = { entryId: entry.id, normal: email.normal, now: deps.clock() };
    if (!(await mayMail(deps.db, deps.mailRate, request))) {
      deps.observe({ type: "reset.limited" });
      return { outcome: "nothing" };
    }
    const user = (await findUser(deps, email)) ?? (await makeUser(deps, email, payload, entry));
    if (user === undefined) return { outcome: "nothing" };
    return isFromThisRequest(user, payload, entry)
      ? await sendTokenMail(deps, "welcome", user, { askedBy: payload.askedBy }, entry)
      : await sendAlreadyRegistered(deps, user, payload, entry);
  };
}

/**
 * Makes the user, with the id that the client asked for if it is free, else with the entry's. Whoever has the address then: of two
 * requests that are handled at once, one makes the user.
 */
async function makeUser(
  deps: AccountMailDeps,
  email: Email,
  { userId, firstName, lastName, avatarUrl, askedBy }: Payload,
  entry: Entry,
): Promise<Recipient | undefined> {
  const isFree = userId !== null && (await deps.db("users").where({ id: userId }).first("id")) === undefined;
  const id = isFree ? userId : entry.id;
  const now = deps.clock();
  await deps.db.transaction(async (trx) => {
    await trx("users")
      .insert(newUserRow({ id, email, firstName, lastName, avatarUrl, now }))
      .onConflict("email_normal")
      .ignore();
    const isMade = (await trx("users").where({ id, email_normal: email.normal }).first("id")) !== undefined;
    if (isMade) await recordSecurityEvent(trx, now, { kind: "user.created", userId: id, client: askedBy });
  });
  return await findUser(deps, email);
}

/** By its id, and only as long as nobody has ever set a password: from then on it is somebody's account, also without one. */
function isFromThisRequest(user: Recipient, payload: Payload, entry: Entry): boolean {
  return user.password === null && user.credential_epoch === 0 && (user.id === entry.id || user.id === payload.userId);
}

async function sendAlreadyRegistered(deps: AccountMailDeps, user: Recipient, payload: Payload, entry: Entry) {
  const link = resetLink(deps.frontendUrl);
  const { askedBy } = payload;
  return await sendAccountMail(
    deps,
    { template: "already-registered", to: user.email, name: fullName(user), link, askedBy },
    entry,
  );
}

async function findUser(deps: AccountMailDeps, email: Email): Promise<Recipient | undefined> {
  return await deps
    .db("users")
    .where({ email_normal: email.normal })
    .first(...RECIPIENT_COLUMNS);
}
