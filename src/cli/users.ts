import { text } from "node:stream/consumers";
import { Command } from "commander";
import type { Knex } from "knex";

import { normalRoleName } from "../accounts/admins.ts";
import { parseEmail, type Email } from "../accounts/email.ts";
import { Hasher } from "../accounts/hasher.ts";
import { newUserRow } from "../accounts/new-user.ts";
import { contextWords, passwordFault } from "../accounts/password.ts";
import { recordSecurityEvent, recordSecurityEvents } from "../accounts/security-events.ts";
import { enqueueWelcome } from "../accounts/welcome.ts";
import type { Config } from "../config/variables.ts";
import { systemClock } from "../db/clock.ts";
import { uniqueViolation } from "../db/driver-errors.ts";
import { newId } from "../db/id.ts";
import { acceptResetRequest } from "../reset/request.ts";
import { CommandFault } from "./environment.ts";
import { print, withDatabase } from "./with-database.ts";

interface CreateOptions {
  readonly role: readonly string[];
  readonly verified?: true;
  readonly passwordStdin?: true;
}

/** `rekey users create|reset EMAIL` */
export function usersCommand(): Command {
  const command = new Command("users").description("people with an account");
  command
    .command("create")
    .argument("<email>")
    .description("make a user; without --password-stdin a mail lets them set a password")
    .option(
      "--role <name>",
      "a role to give; may be repeated",
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option("--verified", "the address counts as verified")
    .option("--password-stdin", "read the password from standard input")
    .action((email: string, options: CreateOptions) =>
      withDatabase({ migrated: true }, (db, config) => createUser(db, config, email, options)),
    );
  command
    .command("reset")
    .argument("<email>")
    .description("queue a mail with a link that sets the password")
    .action((email: string) =>
      withDatabase({ migrated: true }, async (db, config) => {
        const { normal } = parsed(email);
        await acceptResetRequest(
          { db, clock: systemClock, resetTokenTtl: config.RESET_TOKEN_TTL },
          { normal, client: null },
        );
        print("Queued. If there is such a user, the running server mails the link within seconds.");
      }),
    );
  return command;
}

async function createUser(db: Knex, config: Config, text: string, options: CreateOptions): Promise<void> {
  const email = parsed(text);
  const passwordHash = options.passwordStdin === true ? await hashStandardInput(config, email) : null;
  const id = newId();
  const now = systemClock();
  try {
    await db.transaction(async (trx) => {
      const roleIds = await findRoles(trx, options.role);
      await trx("users").insert(newUserRow({ id, email, passwordHash, isVerified: options.verified === true, now }));
      if (roleIds.length > 0)
        await trx("user_roles").insert(roleIds.map((roleId) => ({ user_id: id, role_id: roleId })));
      await recordSecurityEvent(trx, now, { kind: "user.created", userId: id, client: null });
      await recordSecurityEvents(
        trx,
        now,
        options.role.map((name) => ({ kind: "role.granted", detail: normalRoleName(name), userId: id, client: null })),
      );
      if (passwordHash === null) await enqueueWelcome(trx, now, id);
    });
  } catch (error) {
    if (uniqueViolation(error) !== undefined) throw new CommandFault(`There is a user ${email.address} already.`);
    throw error;
  }
  print(`Created user ${id} <${email.address}>${options.role.length > 0 ? ` with ${options.role.join(", ")}` : ""}.`);
  if (passwordHash === null) print("The running server mails a link that sets the password.");
}

async function findRoles(trx: Knex.Transaction, names: readonly string[]): Promise<string[]> {
  const wanted = [...new Set(names.map(normalRoleName))];
  const found = await trx("roles").whereIn("name_normal", wanted).select("id", "name_normal");
  const missing = wanted.filter((name) => !found.some((role) => role.name_normal === name));
  if (missing.length === 0) return found.map(({ id }) => id);
  const known = await trx("roles").orderBy("name").pluck("name");
  throw new CommandFault(`There is no role ${missing.join(", ")}. There are: ${known.join(", ")}.`);
}

async function hashStandardInput(config: Config, email: Email): Promise<string> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, "");
  const fault = passwordFault(password, {
    minLength: config.PASSWORD_MIN_LENGTH,
    email: email.address,
    contextWords: contextWords(config.APP_NAME, config.PUBLIC_URL),
  });
  if (fault !== undefined) throw new CommandFault(`The password ${fault}.`);
  return new Hasher({ logN: config.SCRYPT_LOG_N, p: config.SCRYPT_P }).hash(password);
}

function parsed(text: string): Email {
  const email = parseEmail(text);
  if ("message" in email) throw new CommandFault(`The email ${email.message}.`);
  return email;
}
