import { secretCheck } from "../http/secret.ts";

/** RFC 7617, section 2: the scheme in any case, one or more spaces, Base64 (RFC 4648, section 4). */
const BASIC = /^basic +([a-z0-9+/]+={0,2})$/i;

/**
 * Whether an `Authorization` header holds the name and the password that are expected.
 *
 * @param expected `name:password`; the bytes of its UTF-8 are what must come
 */
export function credentialCheck(expected: string): (authorization: string | undefined) => boolean {
  const isRight = secretCheck(expected);
  return (authorization) => {
    const encoded = BASIC.exec(authorization ?? "")?.[1];
    return isRight(Buffer.from(encoded ?? "", "base64"));
  };
}
