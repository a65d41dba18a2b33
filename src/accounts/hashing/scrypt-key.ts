import { createHash, timingSafeEqual } from "node:crypto";

export interface ScryptCost {
  /** log2 of N. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export interface ScryptKey {
  readonly bytes: Uint8Array;
  readonly cost: ScryptCost;
}

/**
 * Reads a stored hash: the header of Tarsnap's scrypt files, 96 bytes in base64: "scrypt", version, logN, r, p, salt (32),
 * checksum of all that (16), HMAC (32). Whoever verifies must know the cost first: it comes from the row.
 *
 * @returns `undefined` for what is none
 */
export function readScryptKey(stored: string): ScryptKey | undefined {
  if (!/^[A-Za-z0-9+/]{128}$/.test(stored)) return undefined;
  const bytes = Buffer.from(stored, "base64");
  if (bytes.toString("latin1", 0, 6) !== "scrypt" || bytes[6] !== 0) return undefined;

  const checksum = createHash("sha256").update(bytes.subarray(0, 48)).digest().subarray(0, 16);
  if (!timingSafeEqual(checksum, bytes.subarray(48, 64))) return undefined;

  const cost = { logN: bytes.readUInt8(7), r: bytes.readUInt32BE(8), p: bytes.readUInt32BE(12) };
  return cost.logN > 0 && cost.r > 0 && cost.p > 0 ? { bytes, cost } : undefined;
}
