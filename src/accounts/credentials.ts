import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
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
  const { userId, epoch, now, resetTokenHash } = change;
  const user = trx("users").where({ id: userId, credential_epoch: epoch });
  if (resetTokenHash !== undefined) {
    user.andWhere({ reset_password: resetTokenHash }).andWhere("reset_password_expires_at", ">", timestamp(now));
  }
  const updated = await user.update({
    password: change.passwordHash,
    ...voidTokens(epoch, now),
    ...(resetTokenHash === undefined ? {} : { is_verified: true }),
  });
  if (updated !== 1) return false;

  // As it is now: a thief who goes on to another address must not get the notice.
  const holder = await trx("users").where({ id: userId }).first("email");
  await endOtherSessions(trx, change);
  await record(trx, change, resetTokenHash === undefined ? "password.changed" : "password.reset");
  await enqueue(trx, now, {
    kind: "notice.password-changed",
    // The epoch: whoever says that it was not them, says it of this change and of no later one.
    payload: {
      address: holder?.email ?? null,
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
  const { userId, epoch, now, voidsPassword } = change;
  const updated = await trx("users")
    .where({ id: userId, credential_epoch: epoch })
    .update({ ...(voidsPassword ? { password: null } : {}), ...voidTokens(epoch, now) });
  if (updated !== 1) return false;

  await endOtherSessions(trx, change);
  await record(trx, change, "reset.disavowed");
  if (voidsPassword) {
    await record(trx, change, "password.voided");
    await forgetPlaces(trx, userId);
  }
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
  const { userId, epoch, now, email, isVerified } = change;
  const updated = await trx("users")
    .where({ id: userId, credential_epoch: epoch })
    .update({
      email: email.address,
      email_normal: email.normal,
      ...voidTokens(epoch, now),
      ...mailStatusAt(trx, email.normal),
      ...(isVerified === undefined ? {} : { is_verified: isVerified }),
    });
  if (updated !== 1) return false;

  await endOtherSessions(trx, change);
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

function voidTokens(epoch: number, now: number) {
  return {
    credential_epoch: epoch + 1,
    reset_password: null,
    reset_password_expires_at: null,
    updated_at: timestamp(now),
  };
}

async function endOtherSessions(trx: Knex.Transaction, change: CredentialChange): Promise<void> {
  await endSessions(trx, change.userId, change.keepSessionId);
  await trx("sessions")
    .where({ user_id: change.userId })
    .update({ credential_epoch: change.epoch + 1 });
}

async function record(trx: Knex.Transaction, change: CredentialChange, kind: SecurityEventKind): Promise<void> {
  const { userId, actorId, now, askedFrom } = change;
  await recordSecurityEvent(trx, now, { kind, userId, actorId: actorId ?? userId, client: askedFrom });
}
