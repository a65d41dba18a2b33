import { createHmac, timingSafeEqual } from "node:crypto";

import { isUuid } from "../db/id.ts";
import { derivedKey } from "./signing-key.ts";

/**
 * The token of the link «it wasn't me» in a mail. Signed, not stored: a mail costs no row, and what is signed tells how far it goes.
 * It stands for the account as it was (its credential epoch): after any change of password or address it is worth nothing, so that it
 * needs no mark that it was used.
 *
 * 60 bytes, which are 80 characters of base64url without a spare bit, so that there is one spelling of each:
 * version (1), purpose (1), user id (16), credential epoch (4), end in milliseconds (6), HMAC-SHA256 of all that (32).
 */

/** What the mail told of. */
export type NotMePurpose = "reset" | "password-changed";

export interface NotMeClaim {
  readonly purpose: NotMePurpose;
  readonly userId: string;
  /** That the account had when the mail's reason came about. */
  readonly epoch: number;
}

const VERSION = 1;
/** Never another meaning for a number: links are mailed. */
const CODES: Readonly<Record<NotMePurpose, number>> = { reset: 1, "password-changed": 2 };
const PURPOSES = Object.keys(CODES) as NotMePurpose[];
const BODY = 28;
const SHAPE = /^[A-Za-z0-9_-]{80}$/;
/** Milliseconds: people are on holiday, but a forgotten mail must not work for ever. */
const LIFE = 7 * 24 * 60 * 60 * 1000;

export class NotMeTokens {
  readonly #key: Buffer;

  /** @param secret see {@link signingSecret} */
  constructor(secret: string) {
    this.#key = derivedKey(secret, "not-me");
  }

  /** @throws {Error} on an id that is no UUID, or an epoch that is no number of 32 bits */
  sign({ purpose, userId, epoch }: NotMeClaim, now: number): string {
    if (!isUuid(userId)) throw new Error("Only a UUID can be signed");
    const body = Buffer.alloc(BODY);
    body.writeUInt8(VERSION, 0);
    body.writeUInt8(CODES[purpose], 1);
    body.write(userId.replaceAll("-", ""), 2, "hex");
    body.writeUInt32BE(epoch, 18);
    body.writeUIntBE(now + LIFE, 22, 6);
    return Buffer.concat([body, this.#seal(body)]).toString("base64url");
  }

  /** What a token of ours says; undefined for any other text, and for one whose time is over. Costs no query. */
  read(token: string, now: number): NotMeClaim | undefined {
    if (!SHAPE.test(token)) return undefined;
    const bytes = Buffer.from(token, "base64url");
    const body = bytes.subarray(0, BODY);
    if (!timingSafeEqual(this.#seal(body), bytes.subarray(BODY))) return undefined;

    const purpose = PURPOSES.find((known) => CODES[known] === body.readUInt8(1));
    if (body.readUInt8(0) !== VERSION || purpose === undefined || body.readUIntBE(22, 6) <= now) return undefined;
    const id = body.toString("hex", 2, 18);
    const userId = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    return { purpose, userId, epoch: body.readUInt32BE(18) };
  }

  #seal(body: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(body).digest();
  }
}

/**
 * The page where the link leads: always this server's own, since a frontend elsewhere knows nothing of it.
 *
 * @param publicUrl absolute, without a slash at the end
 */
export function notMeLink(publicUrl: string, token: string): string {
  return `${publicUrl}/not-me?token=${token}`;
}
