import { isIPv4, isIPv6 } from "node:net";
import { normalizeIP } from "@fastify/rate-limit";
import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";

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

/** The network, if somebody has logged in to the account from it before, else null. One query, for nobody (`null`) as well. */
export async function familiarPlace(db: Knex, userId: string | null, ipAddress: string): Promise<string | null> {
  const place = await db("familiar_places")
    .where({ user_id: userId ?? "", network: placeOf(ipAddress) })
    .first("network");
  return place?.network ?? null;
}

/** The account knows no place any more: a thief may have been in one. */
export async function forgetPlaces(trx: Knex, userId: string): Promise<void> {
  await trx("familiar_places").where({ user_id: userId }).delete();
}

/** Remembers from where somebody has proved to be the account's holder. */
export async function rememberPlace(trx: Knex, now: number, userId: string, ipAddress: string): Promise<void> {
  const place = { user_id: userId, network: placeOf(ipAddress), last_used_at: timestamp(now) };
  const known = await trx("familiar_places")
    .where({ user_id: userId, network: place.network })
    .andWhere("last_used_at", ">", timestamp(now - PRECISION))
    .first("network");
  if (known !== undefined) return;
  await trx("familiar_places").insert(place).onConflict(["user_id", "network"]).merge(["last_used_at"]);
  const tooMany = await trx("familiar_places")
    .where({ user_id: userId })
    .orderBy("last_used_at", "desc")
    .offset(MAX_PLACES)
    .limit(MAX_PLACES)
    .pluck("network");
  if (tooMany.length > 0) await trx("familiar_places").where({ user_id: userId }).whereIn("network", tooMany).delete();
}

/** Forgets places that nobody has come from for long. Returns how many. */
export async function purgeFamiliarPlaces(db: Knex, now: number): Promise<number> {
  return await db("familiar_places")
    .where("last_used_at", "<=", timestamp(now - REMEMBERED))
    .delete();
}
