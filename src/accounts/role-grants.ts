import type { Knex } from "knex";

import type { Caller } from "./caller.ts";
import { recordSecurityEvents } from "./security-events.ts";

interface Grant {
  readonly userId: string;
  readonly roleId: string;
}

const AT_ONCE = 200;

/** Writes into the audit trail who was given which role, and who lost which: one insert for 200 events. */
export async function recordGrants(
  trx: Knex.Transaction,
  now: number,
  { granted, revoked }: { readonly granted: readonly Grant[]; readonly revoked: readonly Grant[] },
  { userId: actorId, client }: Pick<Caller, "userId" | "client">,
): Promise<void> {
  const nameOf = (roleId: string) =>
    trx.raw<string>("coalesce((select name from roles where id = ?), ?)", [roleId, roleId]);
  const events = (kind: "role.granted" | "role.revoked", grants: readonly Grant[]) =>
    grants.map(({ userId, roleId }) => ({ kind, detail: nameOf(roleId), userId, actorId, client }));
  const all = [...events("role.granted", granted), ...events("role.revoked", revoked)];
  for (let at = 0; at < all.length; at += AT_ONCE) await recordSecurityEvents(trx, now, all.slice(at, at + AT_ONCE));
}
