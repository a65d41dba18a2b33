import type { Knex } from "knex";

import type { Clock } from "../db/clock.ts";
import { toBoolean } from "../db/dialect.ts";
import { newId } from "../db/id.ts";
import { ADMIN_ROLE, isAdmin } from "./admins.ts";
import { voidPassword } from "./credentials.ts";
import { parseEmail } from "./email.ts";
import { newUserRow } from "./new-user.ts";
import { recordSecurityEvent } from "./security-events.ts";
import { enqueueWelcome } from "./welcome.ts";

export interface EnsuredAdmin {
  readonly userId: string;
  readonly outcome: "created" | "promoted" | "unchanged";
}

/**
 * Makes sure that there is a verified admin with this address (`ADMIN_EMAIL`). A new one gets a mail with a link that sets the
 * password. One that is there but never proved to hold the address may be somebody who took it in advance: the password is
 * void then and the sessions end, and the mail goes out as to a new one, to the address as the operator writes it. Several instances
 * may call it at once.
 *
 * @throws {Error} when `email` is no address
 */
export async function ensureAdmin(
  deps: { readonly db: Knex; readonly clock: Clock },
  email: string,
): Promise<EnsuredAdmin> {
  const parsed = parseEmail(email);
  if ("message" in parsed) throw new Error(`The admin's address ${parsed.message}.`);

  return await deps.db.transaction(async (trx) => {
    const now = deps.clock();
    const id = newId();
    await trx("users")
      .insert(newUserRow({ id, email: parsed, isVerified: true, now }))
      .onConflict("email_normal")
      .ignore();
    const user = await trx("users")
      .where({ email_normal: parsed.normal })
      .forUpdate()
      .first("id", "is_verified", "credential_epoch");
    if (user === undefined) throw new Error("The admin was deleted in this moment.");

    const isNew = user.id === id;
    const wasVerified = !isNew && toBoolean(user.is_verified);
    const wasAdmin = await isAdmin(trx, user.id);
    if (!isNew && !wasVerified) {
      const change = { userId: user.id, epoch: user.credential_epoch, now, actorId: null, askedFrom: null };
      const detail = "made an admin without having been verified";
      await voidPassword(trx, { ...change, detail }, { email: parsed.address, is_verified: true });
    }
    if (isNew) await recordSecurityEvent(trx, now, { kind: "user.created", userId: user.id, client: null });
    if (!wasAdmin) {
      const role = await trx("roles").where({ name_normal: ADMIN_ROLE }).first("id");
      if (role === undefined) throw new Error("The role admin is missing: are all migrations run?");
      await trx("user_roles")
        .insert({ user_id: user.id, role_id: role.id })
        .onConflict(["user_id", "role_id"])
        .ignore();
      const event = { kind: "role.granted", detail: ADMIN_ROLE, userId: user.id, client: null } as const;
      await recordSecurityEvent(trx, now, event);
    }
    if (!wasVerified) await enqueueWelcome(trx, now, user.id);

    return { userId: user.id, outcome: isNew ? "created" : wasVerified && wasAdmin ? "unchanged" : "promoted" };
  });
}
