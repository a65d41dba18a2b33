import type { Knex } from "knex";

import type { Clock } from "../db/clock.ts";
import { newId } from "../db/id.ts";
import type { UserRow } from "../db/tables.ts";
import { conflict, forbidden, invalidAttribute } from "../errors/catalogue.ts";
import { FaultList } from "../errors/fault.ts";
import { enqueue } from "../outbox/outbox.ts";
import type { Caller } from "./caller.ts";
import { askedBy } from "./client.ts";
import { type Email, parseEmail } from "./email.ts";
import type { Hasher } from "./hasher.ts";
import { newUserRow } from "./new-user.ts";
import { passwordFault, type PasswordRules } from "./password.ts";
import { recordSecurityEvent } from "./security-events.ts";
import { isRetired } from "./retired-ids.ts";
import { enqueueWelcome } from "./welcome.ts";

/** Who may make users, and how: see `REGISTRATION`. */
export type RegistrationMode = "open" | "confirm" | "admin";

/** How long a request for an account is worth answering (milliseconds). */
const REQUEST_LIFE = 24 * 60 * 60 * 1000;

export interface RegistrationDeps {
  readonly clock: Clock;
  readonly hasher: Pick<Hasher, "hash">;
  readonly mode: RegistrationMode;
  readonly passwordRules: PasswordRules;
}

export interface RegistrationInput {
  /** Brought by the client, already checked to be a UUID. */
  readonly id?: string | undefined;
  /** The id is a new one of the server's own, which nobody can have had. Default false. */
  readonly hasNewId?: boolean | undefined;
  readonly email: string;
  readonly password?: string | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
  /** Of mails; where nothing is given, the one that whoever registers likes best. */
  readonly language?: string | null | undefined;
  /** Heard from an admin alone. */
  readonly isVerified?: boolean | undefined;
  readonly caller: Caller;
}

/** A user was made, or a request for one was accepted, whatever becomes of it. */
export type Registration = { readonly userId: string; readonly row: UserRow } | { readonly accepted: true };

/**
 * Checks a request for a new user, as the mode says. An admin makes users in every mode, with a password or without: the new user
 * is then mailed a link that sets it.
 *
 * With `confirm` the commit only records the request, the same for a free and for a taken address; `registrationHandler` does the
 * rest in the background. OWASP Authentication Cheat Sheet, «Account creation».
 *
 * @returns the commit, for the caller's transaction; a taken address or id is the driver's unique violation,
 *   and an id that a deleted user had is a 409
 * @throws {Fault | Faults} 403 if only an admin makes users; 422 with pointers below `/data/attributes`;
 *   503 when too many passwords are being hashed
 */
export async function prepareRegistration(
  deps: RegistrationDeps,
  input: RegistrationInput,
): Promise<(trx: Knex.Transaction) => Promise<Registration>> {
  const { isAdmin } = input.caller;
  if (deps.mode === "admin" && !isAdmin) throw forbidden("Only an admin may create users here.");

  const isRequest = deps.mode === "confirm" && !isAdmin;
  const email = checkInput(deps, input, { passwordIsSet: isRequest ? "by mail" : isAdmin ? "or by mail" : "here" });
  if (isRequest) return async (trx) => await recordRequest(trx, deps.clock(), email, input);

  const passwordHash =
    input.password === undefined ? null : await deps.hasher.hash(input.password, input.caller.client);
  return async (trx) => {
    const now = deps.clock();
    const userId = input.id ?? newId();
    const isVerified = isAdmin && input.isVerified === true;
    const language = languageOf(input);
    const row = newUserRow({ ...input, id: userId, email, passwordHash, language, isVerified, now });
    await trx("users").insert(row);
    const mayBeRetired = input.id !== undefined && input.hasNewId !== true;
    if (mayBeRetired && (await isRetired(trx, userId))) throw conflict("This id is taken.", "/data/id");
    const { userId: actorId, client } = input.caller;
    await recordSecurityEvent(trx, now, { kind: "user.created", userId, actorId: actorId ?? userId, client });
    if (passwordHash === null) await enqueueWelcome(trx, now, userId, client);
    return { userId, row };
  };
}

/** @throws {Fault | Faults} 422 */
function checkInput(
  deps: RegistrationDeps,
  input: RegistrationInput,
  { passwordIsSet }: { readonly passwordIsSet: "here" | "by mail" | "or by mail" },
): Email {
  const faults = new FaultList();
  const parsed = parseEmail(input.email);
  if ("message" in parsed) faults.add(invalidAttribute("/data/attributes/email", "email", parsed.message));

  if (input.password === undefined) {
    if (passwordIsSet === "here") faults.add(invalidAttribute("/data/attributes", "password", "must be given"));
  } else {
    const message =
      passwordIsSet === "by mail"
        ? "must not be given: it is set by a link that is mailed to the address"
        : passwordFault(input.password, { ...deps.passwordRules, email: input.email });
    if (message !== undefined) faults.add(invalidAttribute("/data/attributes/password", "password", message));
  }
  faults.throwIfAny();
  return parsed as Email;
}

/** An admin's browser says nothing of the one whom they make. */
function languageOf({ language, caller }: RegistrationInput): string | null {
  return language ?? (caller.isAdmin ? null : caller.client.language);
}

async function recordRequest(
  trx: Knex.Transaction,
  now: number,
  email: Email,
  input: RegistrationInput,
): Promise<Registration> {
  const { id, firstName, lastName, avatarUrl, caller } = input;
  await enqueue(trx, now, {
    kind: "registration.requested",
    payload: {
      userId: id ?? null,
      email: email.address,
      firstName: firstName ?? null,
      lastName: lastName ?? null,
      avatarUrl: avatarUrl ?? null,
      language: languageOf(input),
      askedBy: askedBy(caller.client, now),
    },
    expiresAt: now + REQUEST_LIFE,
  });
  return { accepted: true };
}
