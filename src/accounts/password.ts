import { dictionary } from "@zxcvbn-ts/language-common";

import { parseEmail } from "./email.ts";

/** Code points after NFKC. Long enough for any passphrase, short enough that nobody's input costs us anything. */
export const MAX_PASSWORD_LENGTH = 256;

/** No composition shrinks more than four UTF-16 units to one, and a code point has two at most: beyond this no text can fit. */
const MAX_RAW_LENGTH = 8 * MAX_PASSWORD_LENGTH;

const COMMON = new Set(dictionary["passwords-common"]);

export interface PasswordPolicy {
  /** Code points after NFKC. */
  readonly minLength: number;
  /** The account's address: it must not be the password. */
  readonly email?: string | undefined;
}

/**
 * What is wrong with a password that somebody chose: a phrase that follows the word «password», or `undefined`.
 * Length and a list of common ones, no rules of composition. NIST SP 800-63B-4, section 3.1.1.2; OWASP ASVS 5, 6.2.
 */
export function passwordFault(password: string, policy: PasswordPolicy): string | undefined {
  const impossible = impossiblePassword(password);
  if (impossible !== undefined) return impossible;

  const normal = normalisePassword(password);
  if (countCodePoints(normal) < policy.minLength) {
    return `must have at least ${String(policy.minLength)} characters`;
  }
  if (COMMON.has(normal.toLowerCase())) {
    return "is among the most commonly used passwords: choose one that is harder to guess";
  }
  if (policy.email !== undefined && isSameAddress(normal, policy.email)) {
    return "must not be the email address";
  }
  return undefined;
}

/**
 * Why this text can be nobody's password, whatever the policy: the hash would not see all of it (scrypt takes a NUL at the end
 * for nothing, and all lone surrogates for one), or it is too long. A phrase, or `undefined`.
 */
export function impossiblePassword(password: string): string | undefined {
  const tooLong = `must have at most ${String(MAX_PASSWORD_LENGTH)} characters`;
  if (password.length > MAX_RAW_LENGTH) return tooLong;
  if (!password.isWellFormed()) return "must be well-formed Unicode (it holds a lone surrogate)";
  if (password.includes("\0")) return "must not hold the character NUL";
  if (countCodePoints(normalisePassword(password)) > MAX_PASSWORD_LENGTH) return tooLong;
  return undefined;
}

/** One password however a keyboard composes it. NIST SP 800-63B-4, section 3.1.1.2. */
export function normalisePassword(password: string): string {
  return password.normalize("NFKC");
}

function isSameAddress(password: string, email: string): boolean {
  const typed = parseEmail(password);
  const own = parseEmail(email);
  return "normal" in typed && "normal" in own && typed.normal === own.normal;
}

function countCodePoints(text: string): number {
  return [...text].length;
}
