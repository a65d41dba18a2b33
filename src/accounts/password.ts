import { isCommonPassword } from "./common-passwords.ts";
import { parseEmail } from "./email.ts";

/** Code points after NFKC. Long enough for any passphrase, short enough that nobody's input costs us anything. */
export const MAX_PASSWORD_LENGTH = 256;

/** No composition shrinks more than four UTF-16 units to one, and a code point has two at most: beyond this no text can fit. */
const MAX_RAW_LENGTH = 8 * MAX_PASSWORD_LENGTH;

/** What holds for every password of an installation. */
export interface PasswordRules {
  /** Code points after NFKC. */
  readonly minLength: number;
  /** What this service is called, see `contextWords`: it must not be all that there is to a password. */
  readonly contextWords?: readonly string[] | undefined;
}

export interface PasswordPolicy extends PasswordRules {
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
  if (isCommonPassword(normal.toLowerCase())) {
    return "is among the most commonly used passwords: choose one that is harder to guess";
  }
  if (policy.email !== undefined && isSameAddress(normal, policy.email)) {
    return "must not be the email address";
  }
  if (policy.contextWords !== undefined && isMadeOf(normal, policy.contextWords)) {
    return "is little more than the name of this service: choose one that is harder to guess";
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

/** A word of fewer letters and digits stands in too many passwords that have nothing to do with it. */
const SHORTEST_WORD = 4;
/** Letters and digits that a password has beside such a word at least: a year is not enough. */
const LEAST_BESIDE = 5;

/**
 * The words that people make passwords of because they are before their eyes: the name of the service, and the labels of its host
 * name without the last one. OWASP ASVS 5, 6.1.2.
 */
export function contextWords(appName: string, publicUrl: string | undefined): readonly string[] {
  const host = publicUrl === undefined ? "" : new URL(publicUrl).hostname;
  const labels = host.split(".").slice(0, -1);
  const words = [appName, ...appName.split(/[^\p{L}\p{N}]+/u), ...labels].map(lettersAndDigits);
  return [...new Set(words)].filter((word) => word.length >= SHORTEST_WORD && !/^\d+$/.test(word));
}

function isMadeOf(password: string, words: readonly string[]): boolean {
  const text = lettersAndDigits(password);
  return words.some((word) => text.includes(word) && text.replaceAll(word, "").length < LEAST_BESIDE);
}

function lettersAndDigits(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

function isSameAddress(password: string, email: string): boolean {
  const typed = parseEmail(password);
  const own = parseEmail(email);
  return "normal" in typed && "normal" in own && typed.normal === own.normal;
}

function countCodePoints(text: string): number {
  return [...text].length;
}
