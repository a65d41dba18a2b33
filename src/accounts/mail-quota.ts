import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import { toNumber } from "../db/dialect.ts";
import { transact } from "../db/writer.ts";
import { addressHash } from "./email.ts";

/** How many mails of one purpose an address may get that anybody can ask for. */
export interface MailRate {
  readonly max: number;
  readonly windowSeconds: number;
}

/** In place of an address' hash, where a row stands for no mail. */
const NOBODY = "";

interface MailRequest {
  readonly entryId: string;
  readonly purpose: "reset" | "registration";
  readonly normal: string;
  readonly now: number;
}

/**
 * Counts a request for a mail against an address, whether or not there is an account, and says if the mail may go out. Only what
 * goes out counts, so that whoever asks all the time cannot keep the holder of the address from ever getting a mail.
 *
 * Each purpose is counted by itself. Mails to the holder of a taken address have no token: whoever asks for an account there all the
 * time would otherwise keep the holder from ever getting the mail that has one.
 *
 * A retry of the same entry is not counted again. Whoever counts for the same address at the same time, in whichever process, waits for
 * its turn at a row that stands for the address: so no order of their clocks lets more through than there may be.
 *
 * @param normal the address in its normal form; only its hash is stored
 */
export async function mayMail(
  db: Knex,
  rate: MailRate,
  { entryId, purpose, normal, now }: MailRequest,
): Promise<boolean> {
  // No address has a space in it.
  const address_hash = addressHash(purpose === "reset" ? normal : `${purpose} ${normal}`);
  const counted_at = timestamp(now);
  return await transact(db, async (trx) => {
    const turn = { entry_id: `turn:${address_hash.slice(0, 31)}`, address_hash: NOBODY, counted_at };
    await trx("mail_quota").insert(turn).onConflict("entry_id").merge(["counted_at"]);

    const own = await trx("mail_quota").where({ entry_id: entryId }).first("entry_id");
    if (own !== undefined) return true;
    const before = (await trx("mail_quota")
      .where({ address_hash })
      .andWhere("counted_at", ">", timestamp(now - rate.windowSeconds * 1000))
      .count({ count: "*" })
      .first()) as { count: unknown } | undefined;
    if (toNumber(before?.count ?? 0) >= rate.max) return false;
    await trx("mail_quota").insert({ entry_id: entryId, address_hash, counted_at });
    return true;
  });
}

/** Forgets what no longer counts. Returns how many. */
export async function purgeMailQuota(db: Knex, now: number, windowSeconds: number): Promise<number> {
  return await db("mail_quota")
    .where("counted_at", "<=", timestamp(now - windowSeconds * 1000))
    .delete();
}
