import type { Knex } from "knex";

import type { Clock } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import { transact } from "../db/writer.ts";
import type { Observe } from "../events/event.ts";
import type { Mail, Mailer } from "../mail/mailer.ts";
import type { TemplateName, Templates } from "../mail/render.ts";
import { noteStep, type Entry } from "../outbox/outbox.ts";
import type { Outcome } from "../outbox/worker.ts";
import type { AskedBy } from "./client.ts";
import { parseEmail } from "./email.ts";
import type { Languages } from "./languages.ts";
import { INACTIVE_RECIPIENT, noteInactive } from "./mail-status.ts";
import { fullName } from "./new-user.ts";
import type { NotMeClaim } from "./not-me-token.ts";
import { issueResetToken, resetLink } from "./reset-token.ts";
import { mintToken } from "./token.ts";

/** What every handler needs that writes to people about their accounts. */
export interface AccountMailDeps {
  readonly db: Knex;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly templates: Pick<Templates, "render" | "choose">;
  readonly mailer: Mailer;
  readonly appName: string;
  /** Absolute; the base of the links. */
  readonly frontendUrl: string;
  /** The link by which somebody says that what a mail tells of was not them. */
  readonly notMeLink: (claim: NotMeClaim) => string;
  /** Seconds that a mailed link is good for. */
  readonly resetTokenTtl: number;
}

/** The columns of somebody who is written to. */
export type Recipient = Pick<
  UserRow,
  "id" | "email" | "email_normal" | "first_name" | "last_name" | "language" | "password" | "credential_epoch"
>;

export const RECIPIENT_COLUMNS = [
  "id",
  "email",
  "email_normal",
  "first_name",
  "last_name",
  "language",
  "password",
  "credential_epoch",
] as const;

interface AccountMail {
  readonly template: TemplateName;
  /** The stored address, never a typed one. */
  readonly to: string;
  readonly name: string | null;
  readonly link: string;
  readonly askedBy: AskedBy | null;
  readonly languages: Languages;
  /** Leads to the page that stops what the mail tells of; null where there is none. */
  readonly notMeLink?: string | null;
  /** Of an account that moved: the mail shows it masked. */
  readonly newEmail?: string | null;
}

export async function sendAccountMail(deps: AccountMailDeps, mail: AccountMail, entry: Entry): Promise<Outcome> {
  const delivery = await deps.mailer.send({ ...renderMail(deps, mail, entry), to: mail.to });
  if (delivery.outcome === "refused" && delivery.isInactive === true) await tellInactive(deps, mail.to);
  return delivery;
}

/** The same work for nobody. */
async function dropAccountMail(deps: AccountMailDeps, mail: Omit<AccountMail, "to">, entry: Entry): Promise<Outcome> {
  await deps.mailer.drop?.(renderMail(deps, mail, entry));
  return { outcome: "nothing" };
}

function renderMail(deps: AccountMailDeps, mail: Omit<AccountMail, "to">, entry: Entry): Omit<Mail, "to"> {
  const rendered = deps.templates.render(mail.template, deps.templates.choose(...mail.languages), {
    appName: deps.appName,
    name: mail.name,
    link: mail.link,
    notMeLink: mail.notMeLink ?? null,
    minutes: Math.max(1, Math.floor(deps.resetTokenTtl / 60)),
    askedBy: mail.askedBy,
    newEmail: mail.newEmail ?? null,
  });
  return { ...rendered, tag: mail.template, reference: entry.id };
}

/** For the operator. Whoever has the address by now: a notice goes to one that its account has left. */
async function tellInactive({ db, clock, observe }: AccountMailDeps, address: string): Promise<void> {
  const email = parseEmail(address);
  if ("message" in email) return;
  const user = await noteInactive(db, email.normal, clock());
  if (user !== undefined) observe({ type: "mail.undeliverable", status: INACTIVE_RECIPIENT, user });
}

/** Stands in for a name where there is nobody. */
const NO_NAME = "Nobody There";

/**
 * Mails a link that sets the password, with a token made at this moment; for nobody (`undefined`), or somebody whose address or
 * credentials changed since they were read, or an entry that is no longer ours, the same queries and the same work, up to the mail
 * itself.
 */
export async function sendTokenMail(
  deps: AccountMailDeps,
  template: "reset" | "welcome",
  user: Recipient | undefined,
  { askedBy, languages, notMeLink }: Pick<AccountMail, "askedBy" | "languages" | "notMeLink">,
  entry: Entry,
): Promise<Outcome> {
  const token = await issueToken(deps, user, entry);
  const name = user === undefined ? NO_NAME : fullName(user);
  const mail = {
    template,
    name,
    link: resetLink(deps.frontendUrl, token ?? mintToken()),
    askedBy,
    languages,
    notMeLink: notMeLink ?? null,
  };
  return user === undefined || token === undefined
    ? await dropAccountMail(deps, mail, entry)
    : await sendAccountMail(deps, { ...mail, to: user.email }, entry);
}

/**
 * The token of a mail that is about to leave; for nobody, none, by the same statements. Without the note there would be nothing to
 * write for nobody, and so no wait for the disk, which whoever asks in this moment has to share.
 */
export async function issueToken(
  deps: AccountMailDeps,
  user: Recipient | undefined,
  entry: Entry,
): Promise<string | undefined> {
  return await transact(deps.db, async (trx) => {
    await noteStep(trx, entry, "mailing");
    return await issueResetToken(trx, user, { now: deps.clock(), ttl: deps.resetTokenTtl, entry });
  });
}
