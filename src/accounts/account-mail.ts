import type { Knex } from "knex";

import type { Clock } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { TemplateName, Templates } from "../mail/render.ts";
import type { Entry } from "../outbox/outbox.ts";
import type { Outcome } from "../outbox/worker.ts";
import type { AskedBy } from "./client.ts";
import type { Languages } from "./languages.ts";
import { fullName } from "./new-user.ts";
import { issueResetToken, resetLink } from "./reset-token.ts";

/** What every handler needs that writes to people about their accounts. */
export interface AccountMailDeps {
  readonly db: Knex;
  readonly clock: Clock;
  readonly templates: Pick<Templates, "render" | "choose">;
  readonly mailer: Mailer;
  readonly appName: string;
  /** Absolute; the base of the links. */
  readonly frontendUrl: string;
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
  const rendered = deps.templates.render(mail.template, deps.templates.choose(...mail.languages), {
    appName: deps.appName,
    name: mail.name,
    link: mail.link,
    notMeLink: mail.notMeLink ?? null,
    minutes: Math.max(1, Math.floor(deps.resetTokenTtl / 60)),
    askedBy: mail.askedBy,
    newEmail: mail.newEmail ?? null,
  });
  return await deps.mailer.send({ ...rendered, to: mail.to, tag: mail.template, reference: entry.id });
}

/**
 * Mails a link that sets the password, with a token made at this moment; for nobody (`undefined`), or somebody whose address or
 * credentials changed since they were read, the same queries and no mail.
 */
export async function sendTokenMail(
  deps: AccountMailDeps,
  template: "reset" | "welcome",
  user: Recipient | undefined,
  { askedBy, languages }: Pick<AccountMail, "askedBy" | "languages">,
  entry: Entry,
): Promise<Outcome> {
  const token = await issueResetToken(deps.db, user, deps.clock(), deps.resetTokenTtl);
  if (user === undefined || token === undefined) return { outcome: "nothing" };
  const link = resetLink(deps.frontendUrl, token);
  const mail = { template, to: user.email, name: fullName(user), link, askedBy, languages };
  return await sendAccountMail(deps, mail, entry);
}
