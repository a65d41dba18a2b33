import { createHash, timingSafeEqual } from "node:crypto";

/**
 * A check whether what somebody sent is the secret that is expected. Both are hashed first: how long it takes to compare them says
 * nothing about either, nor about their lengths.
 */
export function secretCheck(expected: string): (sent: string | Buffer) => boolean {
  const wanted = digest(expected);
  return (sent) => timingSafeEqual(digest(sent), wanted);
}

function digest(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}
