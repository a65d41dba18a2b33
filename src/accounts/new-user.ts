import { timestamp } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import type { Email } from "./email.ts";

export interface NewUser {
  readonly id: string;
  readonly email: Email;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
  /** Of mails; a language tag. */
  readonly language?: string | null | undefined;
  /** Without one nobody can log in until a mailed link sets it. */
  readonly passwordHash?: string | null | undefined;
  readonly isVerified?: boolean | undefined;
  readonly now: number;
}

/** The row of somebody who has just been made: whoever makes users, makes the same. */
export function newUserRow(user: NewUser): UserRow {
  return {
    id: user.id,
    email: user.email.address,
    email_normal: user.email.normal,
    first_name: user.firstName ?? null,
    last_name: user.lastName ?? null,
    avatar_url: user.avatarUrl ?? null,
    language: user.language ?? null,
    password: user.passwordHash ?? null,
    is_verified: user.isVerified ?? false,
    credential_epoch: 0,
    last_login_at: null,
    created_at: timestamp(user.now),
    updated_at: timestamp(user.now),
    reset_password: null,
    reset_password_expires_at: null,
    mail_status: null,
    mail_status_at: null,
  };
}

/** A person's name for mails and answers; null when there is none. */
export function fullName(user: Pick<UserRow, "first_name" | "last_name">): string | null {
  const name = [user.first_name, user.last_name]
    .map((part) => part?.trim() ?? "")
    .filter((part) => part !== "")
    .join(" ");
  return name === "" ? null : name;
}
