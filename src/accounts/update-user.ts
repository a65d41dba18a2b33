import type { Knex } from "knex";

import { type Clock, timestamp } from "../db/clock.ts";
import type { UserRow } from "../db/tables.ts";
import { conflict, invalidAttribute, notFound, wrongCurrentPassword } from "../errors/catalogue.ts";
import { FaultList } from "../errors/fault.ts";
import type { Caller } from "./caller.ts";
import { setEmail, setPassword } from "./credentials.ts";
import { type Email, parseEmail } from "./email.ts";
import type { Hasher } from "./hasher.ts";
import { judgeAttempt } from "./login-guard.ts";
import { passwordFault, type PasswordRules } from "./password.ts";

export interface UserChanges {
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly currentPassword?: string | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
  /** Already known to be one that mails can be written in. */
  readonly language?: string | null | undefined;
  readonly isVerified?: boolean | undefined;
}

export interface UserUpdateDeps {
  readonly db: Knex;
  readonly clock: Clock;
  readonly hasher: Pick<Hasher, "hash" | "verify">;
  readonly passwordRules: PasswordRules;
}

/**
 * Checks a change of a user, which the caller may make (that is decided elsewhere). One's own password or address is changed
 * with the current password alone; an admin changes somebody else's without. An address that is sent back as it stands is no change.
 *
 * @param user the row as it stands
 * @returns the commit, for the caller's transaction; throws 409 if the credentials, 404 if the user went in the meantime;
 *   a taken address is the driver's unique violation
 * @throws {Fault | Faults} 422 with pointers below `/data/attributes`; 503 when too many passwords are being checked
 */
export async function prepareUserUpdate(
  deps: UserUpdateDeps,
  { user, changes, caller }: { readonly user: UserRow; readonly changes: UserChanges; readonly caller: Caller },
): Promise<(trx: Knex.Transaction) => Promise<void>> {
  const isOwn = caller.userId === user.id;
  const faults = new FaultList();
  const email = faults.collect(() => changedEmail(user, changes.email));
  checkPassword(deps, changes.password, email?.address ?? user.email, faults);

  const needsProof = isOwn && (email !== undefined || changes.password !== undefined);
  if (needsProof && changes.currentPassword === undefined) {
    const message = "is needed to change the password or the email address";
    faults.add(invalidAttribute("/data/attributes", "currentPassword", message));
  }
  faults.throwIfAny();

  if (needsProof) {
    const { matches } = await deps.hasher.verify(user.password, changes.currentPassword ?? "", caller.client);
    const { email_normal: normal, id: userId } = user;
    const attempt = { kind: "password.checked", normal, userId, client: caller.client, matches } as const;
    if (!(await judgeAttempt(deps, attempt))) throw wrongCurrentPassword();
  }
  const passwordHash =
    changes.password === undefined ? undefined : await deps.hasher.hash(changes.password, caller.client);

  return async (trx) => {
    const now = deps.clock();
    const change = {
      userId: user.id,
      now,
      keepSessionId: isOwn ? caller.sessionId : null,
      actorId: caller.userId,
      askedFrom: caller.client,
      // As it stood: an account may be gone when the notice leaves. An admin's browser says nothing of the holder.
      language: user.language ?? (isOwn ? caller.client.language : null),
    };
    let epoch = user.credential_epoch;
    // The password first: its notice goes to the address that the account still has.
    if (passwordHash !== undefined) {
      if (!(await setPassword(trx, { ...change, epoch, passwordHash }))) throw changedMeanwhile();
      epoch += 1;
    }
    if (email !== undefined) {
      const isVerified = isOwn ? false : undefined;
      if (!(await setEmail(trx, { ...change, epoch, email, isVerified, oldAddress: user.email })))
        throw changedMeanwhile();
    }
    const columns = profileColumns(changes, caller.isAdmin);
    if (Object.keys(columns).length === 0) return;
    const updated = await trx("users")
      .where({ id: user.id })
      .update({ ...columns, updated_at: timestamp(now) });
    if (updated !== 1) throw notFound();
  };
}

/** @throws {Fault} 422 */
function changedEmail(user: UserRow, text: string | undefined): Email | undefined {
  if (text === undefined) return undefined;
  const parsed = parseEmail(text);
  if ("message" in parsed) throw invalidAttribute("/data/attributes/email", "email", parsed.message);
  return parsed.address === user.email ? undefined : parsed;
}

function checkPassword(deps: UserUpdateDeps, password: string | undefined, email: string, faults: FaultList): void {
  if (password === undefined) return;
  const message = passwordFault(password, { ...deps.passwordRules, email });
  if (message !== undefined) faults.add(invalidAttribute("/data/attributes/password", "password", message));
}

/** `isVerified` is an admin's word alone: somebody who moves to another address has not proved it. */
function profileColumns(changes: UserChanges, isAdmin: boolean): Partial<UserRow> {
  const { firstName, lastName, avatarUrl, language, isVerified } = changes;
  return {
    ...(firstName === undefined ? {} : { first_name: firstName }),
    ...(lastName === undefined ? {} : { last_name: lastName }),
    ...(avatarUrl === undefined ? {} : { avatar_url: avatarUrl }),
    ...(language === undefined ? {} : { language }),
    ...(isVerified === undefined || !isAdmin ? {} : { is_verified: isVerified }),
  };
}

function changedMeanwhile() {
  return conflict("The account was changed by somebody else in this moment. Read it again, and repeat the change.");
}
