import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import { toNumber } from "../db/dialect.ts";
import { addressHash } from "./email.ts";

/** How many mails of one purpose an address may get that anybody can ask for. */
export interface MailRate {
  readonly max: number;
  readonly windowSeconds: number;
}

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
 * A retry of the same entry is not counted again. Statements stand alone, outside of a transaction, on purpose: of two workers
 * that count at once, each sees the other's row.
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
  await db("mail_quota")
    .insert({ entry_id: entryId, address_hash, counted_at: timestamp(now) })
    .onConflict("entry_id")
    .ignore();
  const own = await db("mail_quota").where({ entry_id: entryId }).first("counted_at");
  const countedAt = own?.counted_at ?? timestamp(now);

  const upToThisOne = (await db("mail_quota")
    .where({ address_hash })
    .andWhere("counted_at", ">", timestamp(Date.parse(countedAt) - rate.windowSeconds * 1000))
    .andWhere((query) => {
      query.where("counted_at", "<", countedAt).orWhere((same) => {
        same.where({ counted_at: countedAt }).andWhere("entry_id", "<=", entryId);
      });
    })
    .count({ count: "*" })
    .first()) as { count: unknown } | undefined;
  if (toNumber(upToThisOne?.count ?? 0) <= rate.max) return true;

  await db("mail_quota").where({ entry_id: entryId }).delete();
  return false;
}

/** Forgets what no longer counts. Returns how many. */
export async function purgeMailQuota(db: Knex, now: number, windowSeconds: number): Promise<number> {
  return await db("mail_quota")
    .where("counted_at", "<=", timestamp(now - windowSeconds * 1000))
    .delete();
}
