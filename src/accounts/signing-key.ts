import { hkdfSync } from "node:crypto";
import type { Knex } from "knex";

import { type Clock, timestamp } from "../db/clock.ts";
import { mintToken } from "./token.ts";

const NAME = "main";
/** Bytes: HMAC-SHA256 gains nothing from more. RFC 2104, section 3. */
const LENGTH = 32;

/**
 * The secret from which the keys of everything that is signed are derived: the operator's (`SIGNING_KEY`), or one that the first start
 * makes and the database keeps. Of several instances that start at once, all have the one that came first.
 *
 * @param configured any text that nobody can guess
 */
export async function signingSecret(db: Knex, clock: Clock, configured?: string): Promise<string> {
  if (configured !== undefined) return configured;
  await db("signing_keys")
    .insert({ name: NAME, secret: mintToken(), created_at: timestamp(clock()) })
    .onConflict("name")
    .ignore();
  const key = await db("signing_keys").where({ name: NAME }).first("secret");
  if (key === undefined) throw new Error("The key that signs links was deleted in this moment.");
  return key.secret;
}

/** A key for one purpose alone: whoever learned it could sign nothing else. HKDF with SHA-256, RFC 5869. */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `rekey:${purpose}`, LENGTH));
}
