import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import { addressHash } from "./email.ts";

/** Milliseconds. */
export const RESET_PAUSE = 24 * 60 * 60 * 1000;

/** For a day no reset mail goes to the address, whoever asks for one without being logged in. */
export async function pauseResets(trx: Knex, now: number, normal: string): Promise<void> {
  await trx("reset_pauses")
    .insert({ address_hash: addressHash(normal), until: timestamp(now + RESET_PAUSE) })
    .onConflict("address_hash")
    .merge();
}

/** Whether reset mails to the address are paused. One query, whether or not anybody has the address. */
export async function areResetsPaused(db: Knex, now: number, normal: string): Promise<boolean> {
  const pause = await db("reset_pauses")
    .where({ address_hash: addressHash(normal) })
    .first("until");
  return pause !== undefined && pause.until > timestamp(now);
}

/** Forgets pauses that are over. Returns how many. */
export async function purgeResetPauses(db: Knex, now: number): Promise<number> {
  return await db("reset_pauses").where("until", "<=", timestamp(now)).delete();
}
