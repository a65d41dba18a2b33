import { createHash, timingSafeEqual } from "node:crypto";

/** RFC 7617, section 2: the scheme in any case, one or more spaces, Base64 (RFC 4648, section 4). */
const BASIC = /^basic +([a-z0-9+/]+={0,2})$/i;

/**
 * Whether an `Authorization` header holds the name and the password that are expected. What was sent and what is expected are hashed
 * first: how long it takes to compare them says nothing about either, nor about their lengths.
 *
 * @param expected `name:password`; the bytes of its UTF-8 are what must come
 */
export function credentialCheck(expected: string): (authorization: string | undefined) => boolean {
  const wanted = digest(Buffer.from(expected, "utf8"));
  return (authorization) => {
    const encoded = BASIC.exec(authorization ?? "")?.[1];
    return timingSafeEqual(digest(Buffer.from(encoded ?? "", "base64")), wanted);
  };
}

function digest(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
