import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";

/**
 * What is known of an address as a place that mail gets to: for the operator and for admins, and for nobody else. It changes nothing
 * of what the server does or says: mails go to a marked address as to any other, and the mail service refuses those that it must.
 */

/** The mail service refused a mail because the address is inactive; why it is so, it did not say. */
export const INACTIVE_RECIPIENT = "InactiveRecipient";

/** A word of the mail service about an address. */
export interface MailWord {
  /** The address in its normal form. */
  readonly normal: string;
  /** Why no mail gets there, in the mail service's own words, at most 64 characters; null: mail gets there again. */
  readonly status: string | null;
  /** When that came to be (milliseconds). */
  readonly at: number;
}

/**
 * What became of a word: it changed what is known of an account; it said what is known already; something newer is known; nobody has
 * the address.
 */
export type Noted =
  { readonly result: "changed"; readonly userId: string } | { readonly result: "known" | "outdated" | "nobody" };

/**
 * Notes what the mail service says. Words come late, and in any order: the newest one counts, and of two of the same moment the one
 * that says that the address is dead. The time stays when a mark goes, so that an older word that comes still later is known as such.
 *
 * Leaves `updated_at` as it is: the account's holder would see it move.
 */
export async function noteMailStatus(trx: Knex.Transaction, { normal, status, at }: MailWord): Promise<Noted> {
  const user = await trx("users")
    .where({ email_normal: normal })
    .forNoKeyUpdate()
    .first("id", "mail_status", "mail_status_at");
  if (user === undefined) return { result: "nobody" };
  const moment = timestamp(at);
  const known = user.mail_status_at ?? "";
  if (known > moment || (known === moment && status === null)) return { result: "outdated" };

  await trx("users").where({ id: user.id }).update({ mail_status: status, mail_status_at: moment });
  return status === user.mail_status ? { result: "known" } : { result: "changed", userId: user.id };
}

/**
 * Notes that a mail was refused since its recipient is inactive. Where a reason is known already, that one says more, and stays.
 *
 * @param now milliseconds
 * @returns whose address it is, if that was news
 */
export async function noteInactive(db: Knex, normal: string, now: number): Promise<string | undefined> {
  const marked = await db("users")
    .where({ email_normal: normal })
    .whereNull("mail_status")
    .update({ mail_status: INACTIVE_RECIPIENT, mail_status_at: timestamp(now) })
    .returning("id");
  return marked[0]?.id;
}

/**
 * Takes the mark away by the operator's word, which counts whatever the clocks say.
 *
 * @param now milliseconds
 */
export async function clearMailStatus(trx: Knex.Transaction, normal: string, now: number): Promise<Noted> {
  const user = await trx("users").where({ email_normal: normal }).forNoKeyUpdate().first("mail_status_at");
  const known = Date.parse(user?.mail_status_at ?? "") || 0;
  return await noteMailStatus(trx, { normal, status: null, at: Math.max(now, known + 1) });
}

/** How a change of the address changes what is known of it: nothing if only its upper and lower case changed, else all is forgotten. */
export function mailStatusAt(db: Knex, normal: string) {
  const kept = (column: "mail_status" | "mail_status_at") =>
    db.raw<string | null>("case when email_normal = ? then ?? end", [normal, column]);
  return { mail_status: kept("mail_status"), mail_status_at: kept("mail_status_at") };
}

/** An account whose address is marked. */
export interface Undeliverable {
  readonly id: string;
  readonly email: string;
  readonly status: string | null;
  /** As `timestamp()` writes it. */
  readonly since: string | null;
}

/** Read at once. */
const BATCH = 1000;

/** All accounts whose address is marked, the oldest account first. */
export async function* undeliverable(db: Knex): AsyncGenerator<Undeliverable> {
  for (let after = ""; ;) {
    const rows = await db("users")
      .whereNotNull("mail_status")
      .andWhere("id", ">", after)
      .orderBy("id")
      .limit(BATCH)
      .select("id", "email", "mail_status", "mail_status_at");
    for (const { id, email, mail_status: status, mail_status_at: since } of rows) yield { id, email, status, since };
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = last.id;
  }
}
