import { createHash } from "node:crypto";
import { domainToASCII } from "node:url";

/** An email address: as it was given, and as it is compared. */
export interface Email {
  /** Trimmed, in Unicode's form NFKC, otherwise as given: this is where mail goes. */
  readonly address: string;
  /** NFKC, lower case, the domain in ASCII: two addresses are one if these are equal. */
  readonly normal: string;
}

/** RFC 5321, section 4.5.3.1, and RFC 6531, section 3.1: octets of UTF-8. 254 is what fits into a path. */
const MAX_LOCAL_PART = 64;
const MAX_ADDRESS = 254;

/**
 * Never in an address: white space; control, format (zero width, direction), private and invisible characters, with which two
 * addresses look alike; and what RFC 5322, section 3.2.3, reserves («specials»), with which one address could pass for several.
 */
const FORBIDDEN =
  /[\p{Z}\p{Cc}\p{Cf}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\s"(),:;<>[\]\\]/u;

/** RFC 1123, section 2.1: letters, digits, hyphens within; one label will do (`localhost`). */
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/;
/** What a URL parser takes for an IPv4 address. */
const ENDS_IN_A_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

const EXAMPLE = "must be an email address such as name@example.com";

/**
 * Reads an email address.
 *
 * Mail must go to the one mailbox by which the account is known. An address kept in letters of full width would be the account of the
 * one in plain letters, whose holder could neither register nor get a mail.
 *
 * @param text as somebody typed it; white space around it is no part of it
 * @returns the address, or a phrase that follows the word «email»
 */
export function parseEmail(text: string): Email | { readonly message: string } {
  // Far too long, even with some white space around it: not worth a look.
  if (text.length > 4 * MAX_ADDRESS) return { message: `must have at most ${String(MAX_ADDRESS)} characters` };
  if (!text.isWellFormed()) return { message: "must be well-formed Unicode (it holds a lone surrogate)" };

  const given = text.trim();
  const address = given.normalize("NFKC");
  const folded = fold(given);
  if (given === "") return { message: EXAMPLE };
  if ([given, address, folded].some((form) => FORBIDDEN.test(form))) {
    return { message: "must not hold spaces, invisible characters, quotes, brackets, commas, colons or semicolons" };
  }

  const [local, domain, more] = folded.split("@");
  if (local === undefined || local === "" || domain === undefined || domain === "" || more !== undefined) {
    return { message: EXAMPLE };
  }
  if (given.split("@").length !== 2) return { message: EXAMPLE };
  if (/^\.|\.\.|\.$/.test(local)) return { message: "must not have a stray dot before the @" };

  const host = asciiDomain(domain);
  // What is kept must lead where the normal form leads: an upper case letter may have no ASCII form of its own.
  if (host === undefined || asciiDomain(address.split("@")[1] ?? "") !== host)
    return { message: "must have a valid domain after the @" };

  const normal = `${local}@${host}`;
  if (Math.max(octets(local), octets(address.split("@")[0] ?? "")) > MAX_LOCAL_PART) {
    return { message: `must have at most ${String(MAX_LOCAL_PART)} characters before the @` };
  }
  if (Math.max(octets(normal), octets(address)) > MAX_ADDRESS) {
    return { message: `must have at most ${String(MAX_ADDRESS)} characters` };
  }
  return { address, normal };
}

/**
 * A key for what is counted or remembered of an address without keeping the address.
 *
 * @param normal the normal form of `parseEmail`
 * @returns SHA-256, hexadecimal
 */
export function addressHash(normal: string): string {
  return createHash("sha256").update(`rekey:email-address:${normal}`).digest("hex");
}

/** NFKC again at the end: lower case may leave it, and the normal form of a normal form must be itself. */
function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** UTS 46 by way of the URL parser, of which only names may come: it would also take numbers, escapes and paths. */
function asciiDomain(domain: string): string | undefined {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return undefined;
  const host = domainToASCII(domain);
  return HOST_NAME.test(host) && !ENDS_IN_A_NUMBER.test(host) ? host : undefined;
}

function octets(text: string): number {
  return Buffer.byteLength(text);
}
