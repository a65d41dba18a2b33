import { isIPv4, isIPv6 } from "node:net";
import { normalizeIP } from "@fastify/rate-limit";
import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import { rowsOf } from "../db/dialect.ts";

/** Providers give one customer a network of this size, and within it another address every day. */
const IPV6_PREFIX = 56;
/** The oldest are forgotten beyond it. */
const MAX_PLACES = 20;
/** How long a place stays familiar without being used (milliseconds). */
const REMEMBERED = 180 * 24 * 60 * 60 * 1000;
/** `last_used_at` is this exact (milliseconds). */
const PRECISION = 60 * 60 * 1000;

/** The network that an address is in: an IPv4 /24, an IPv6 /56. What is no address is a network of its own. */
function placeOf(ipAddress: string): string {
  const address = isIPv6(ipAddress) ? normalizeIP(ipAddress, IPV6_PREFIX) : ipAddress;
  return isIPv4(address) ? `${address.split(".").slice(0, 3).join(".")}.0` : address.slice(0, 45);
}

/**
 * For a statement: the network, if somebody has logged in to the account from it before, else what is given for all others. The same
 * for nobody (`null`).
 */
export function familiarPlace(db: Knex, userId: string | null, ipAddress: string, others: string): Knex.Raw<string> {
  return db.raw("coalesce((select network from familiar_places where user_id = ? and network = ?), ?)", [
    userId ?? "",
    placeOf(ipAddress),
    others,
  ]);
}

/** The account knows no place any more: a thief may have been in one. */
export async function forgetPlaces(trx: Knex, userId: string): Promise<void> {
  await trx("familiar_places").where({ user_id: userId }).delete();
}

/** Remembers from where somebody has proved to be the account's holder. */
export async function rememberPlace(trx: Knex, now: number, userId: string, ipAddress: string): Promise<void> {
  const written = await rowsOf(
    trx,
    `insert into familiar_places (user_id, network, last_used_at) values (?, ?, ?)
     on conflict (user_id, network) do update set last_used_at = excluded.last_used_at where familiar_places.last_used_at <= ?
     returning network`,
    [userId, placeOf(ipAddress), timestamp(now), timestamp(now - PRECISION)],
  );
  if (written.length === 0) return;
  const tooMany = trx("familiar_places")
    .where({ user_id: userId })
    .orderBy("last_used_at", "desc")
    .offset(MAX_PLACES)
    .limit(MAX_PLACES)
    .select("network");
  await trx("familiar_places").where({ user_id: userId }).whereIn("network", tooMany).delete();
}

/** Forgets places that nobody has come from for long. Returns how many. */
export async function purgeFamiliarPlaces(db: Knex, now: number): Promise<number> {
  return await db("familiar_places")
    .where("last_used_at", "<=", timestamp(now - REMEMBERED))
    .delete();
}
