import type { Knex } from "knex";

import type { Caller } from "./caller.ts";
import { recordSecurityEvents } from "./security-events.ts";

interface Grant {
  readonly userId: string;
  readonly roleId: string;
}

const AT_ONCE = 200;

/** Writes into the audit trail who was given which role, and who lost which. One query for the roles' names, one insert for 200 events. */
export async function recordGrants(
  trx: Knex.Transaction,
  now: number,
  { granted, revoked }: { readonly granted: readonly Grant[]; readonly revoked: readonly Grant[] },
  { userId: actorId, client }: Pick<Caller, "userId" | "client">,
): Promise<void> {
  const names = await namesOf(trx, [...granted, ...revoked]);
  const events = (kind: "role.granted" | "role.revoked", grants: readonly Grant[]) =>
    grants.map(({ userId, roleId }) => ({ kind, detail: names.get(roleId) ?? roleId, userId, actorId, client }));
  const all = [...events("role.granted", granted), ...events("role.revoked", revoked)];
  for (let at = 0; at < all.length; at += AT_ONCE) await recordSecurityEvents(trx, now, all.slice(at, at + AT_ONCE));
}

async function namesOf(trx: Knex.Transaction, grants: readonly Grant[]): Promise<Map<string, string>> {
  const ids = [...new Set(grants.map(({ roleId }) => roleId))];
  const names = new Map<string, string>();
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const roles = await trx("roles")
      .whereIn("id", ids.slice(at, at + AT_ONCE))
      .select("id", "name");
    for (const { id, name } of roles) names.set(id, name);
  }
  return names;
}
