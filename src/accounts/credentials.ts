import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import { enqueue } from "../outbox/outbox.ts";
import type { Client } from "./caller.ts";
import { askedBy } from "./client.ts";
import type { Email } from "./email.ts";
import { forgetPlaces } from "./familiar-places.ts";
import { mailStatusAt } from "./mail-status.ts";
import { recordSecurityEvent, type SecurityEventKind } from "./security-events.ts";
import { endSessions } from "./sessions.ts";

/** How long a notice is worth sending (milliseconds): an outage of the mail service may last a weekend. */
const NOTICE_LIFE = 3 * 24 * 60 * 60 * 1000;

interface CredentialChange {
  readonly userId: string;
  /** The epoch that the change was decided on; another one by now means that somebody was faster. */
  readonly epoch: number;
  readonly now: number;
  /** This session goes on; all others of the user end. */
  readonly keepSessionId?: string | null | undefined;
  /** Whose session asked for it; null for a mailed link, which the holder has. */
  readonly actorId: string | null;
  /** From where the change was asked for, for the notice; null for the operator's command line. */
  readonly askedFrom: Client | null;
  /** Of the notice, where the account says none itself by then. */
  readonly language?: string | null;
}

export interface PasswordChange extends CredentialChange {
  readonly passwordHash: string;
  /** By a mailed link: the hash of its token, which must still be the stored one. It also proves the address. */
  readonly resetTokenHash?: string | undefined;
}

/**
 * The one place where a password changes: the hash is stored, the reset token flushed, the epoch rises, other sessions end, and
 * the holder is told by mail. All in the caller's transaction.
 *
 * @returns false if nothing was changed because somebody was faster (other credentials, the token used or replaced or expired)
 */
export async function setPassword(trx: Knex.Transaction, change: PasswordChange): Promise<boolean> {
  const { userId, epoch, now, passwordHash, resetTokenHash } = change;
  const byLink = resetTokenHash !== undefined;
  const columns = { password: passwordHash, ...(byLink ? { is_verified: true } : {}) };
  const holder = await changeAccount(trx, change, columns, (user) => {
    if (byLink) user.where({ reset_password: resetTokenHash }).where("reset_password_expires_at", ">", timestamp(now));
  });
  if (holder === undefined) return false;

  await record(trx, change, byLink ? "password.reset" : "password.changed");
  await enqueue(trx, now, {
    kind: "notice.password-changed",
    // The epoch: whoever says that it was not them, says it of this change and of no later one.
    payload: {
      // As it is now: a thief who goes on to another address must not get the notice.
      address: holder.email,
      userId,
      epoch: epoch + 1,
      language: change.language ?? null,
      askedBy: askedBy(change.askedFrom, now),
    },
    expiresAt: now + NOTICE_LIFE,
  });
  return true;
}

export interface Disavowal extends CredentialChange {
  /** Nobody can log in then until a mailed link sets another one. */
  readonly voidsPassword: boolean;
}

/**
 * The holder says that it was not them: the reset token is void, the epoch rises, and all sessions end. All in the caller's transaction.
 *
 * @returns false if nothing was changed because somebody was faster
 */
export async function disavow(trx: Knex.Transaction, change: Disavowal): Promise<boolean> {
  const isDone = change.voidsPassword
    ? await voidPassword(trx, change)
    : (await changeAccount(trx, change, {})) !== undefined;
  if (!isDone) return false;
  await record(trx, change, "reset.disavowed");
  return true;
}

/**
 * Nobody can log in until a mailed link sets another password: links are void, the epoch rises, all sessions end, and no place is known
 * any more, since it may have been a thief's. All in the caller's transaction.
 *
 * @param columns what else changes with it
 * @returns false if nothing was changed because somebody was faster
 */
export async function voidPassword(
  trx: Knex.Transaction,
  change: CredentialChange & { readonly detail?: string },
  columns: Partial<Pick<UserRow, "email" | "is_verified">> = {},
): Promise<boolean> {
  if ((await changeAccount(trx, change, { ...columns, password: null })) === undefined) return false;
  await forgetPlaces(trx, change.userId);
  await record(trx, change, "password.voided", change.detail);
  return true;
}

export interface EmailChange extends CredentialChange {
  readonly email: Email;
  /** Whether the new address counts as verified; `undefined` leaves it as it is. */
  readonly isVerified?: boolean | undefined;
  /** The address as it was: the notice goes there, since the new one may be a thief's. */
  readonly oldAddress: string;
}

/**
 * The one place where an address changes: links that went to the old one are void, the epoch rises, other sessions end, and the
 * old address is told. A taken address is the driver's unique violation.
 *
 * @returns false if nothing was changed because somebody was faster
 */
export async function setEmail(trx: Knex.Transaction, change: EmailChange): Promise<boolean> {
  const { userId, now, email, isVerified } = change;
  const holder = await changeAccount(trx, change, {
    email: email.address,
    email_normal: email.normal,
    ...mailStatusAt(trx, email.normal),
    ...(isVerified === undefined ? {} : { is_verified: isVerified }),
  });
  if (holder === undefined) return false;
  await record(trx, change, "email.changed");
  await enqueue(trx, now, {
    kind: "notice.email-changed",
    payload: {
      userId,
      oldAddress: change.oldAddress,
      newAddress: email.address,
      language: change.language ?? null,
      askedBy: askedBy(change.askedFrom, now),
    },
    expiresAt: now + NOTICE_LIFE,
  });
  return true;
}

/**
 * What every change of credentials has in common: it happens only on the credentials that it was decided on, mailed links are void, the
 * epoch rises, and other sessions end.
 *
 * @param narrow what else must hold of the account
 * @returns the account as it is now; undefined if nothing was changed because somebody was faster
 */
async function changeAccount(
  trx: Knex.Transaction,
  { userId, epoch, now, keepSessionId }: CredentialChange,
  columns: Readonly<Record<string, Knex.Value | Knex.Raw>>,
  narrow: (user: Knex.QueryBuilder) => void = () => undefined,
): Promise<Pick<UserRow, "email"> | undefined> {
  const user = trx("users").where({ id: userId, credential_epoch: epoch });
  narrow(user);
  const changes = {
    ...columns,
    credential_epoch: epoch + 1,
    reset_password: null,
    reset_password_expires_at: null,
    updated_at: timestamp(now),
  };
  const [changed] = await user.update(changes).returning<Pick<UserRow, "email">[]>("email");
  if (changed === undefined) return undefined;
  await endSessions(trx, userId, keepSessionId);
  if (keepSessionId !== undefined && keepSessionId !== null) {
    await trx("sessions")
      .where({ id: keepSessionId, user_id: userId })
      .update({ credential_epoch: epoch + 1 });
  }
  return changed;
}

/** By a mailed link it was the holder; without anybody who asked, the operator or the server itself. */
async function record(
  trx: Knex.Transaction,
  { userId, actorId, now, askedFrom }: CredentialChange,
  kind: SecurityEventKind,
  detail: string | null = null,
): Promise<void> {
  const actor = actorId ?? (askedFrom === null ? null : userId);
  await recordSecurityEvent(trx, now, { kind, detail, userId, actorId: actor, client: askedFrom });
}
