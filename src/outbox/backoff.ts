import { growing } from "./timing.ts";

/** Upper bound of the first pause (seconds); each further one doubles it. */
const BASE = 5;
/** No pause is longer than this (seconds), unless the mail service asks for it. */
const CAP = 300;
/** No pause is shorter than this (seconds). */
const FLOOR = 1;
/** No pause that the mail service asks for is believed beyond this (seconds): a mistaken one would put a mail off for years. */
const LONGEST_ASKED = 3600;
/** When the last try takes place, before an entry's end (seconds): time enough to send, and for the reader to act. */
const LAST_TRY = 30;

/**
 * The pause before the next try, in seconds: exponential with full jitter, so that what failed together does not come
 * back together.
 *
 * @param attempts how many tries there have been, 1 or more
 * @param random from 0 to 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(attempts: number, random: number = Math.random()): number {
  const bound = growing({ first: BASE, most: CAP }, Math.max(0, attempts - 1));
  return Math.max(FLOOR, bound * random);
}

export interface Failure {
  /** Milliseconds. */
  readonly now: number;
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** Milliseconds: after this the entry is of no use. */
  readonly expiresAt: number;
  /** Seconds that the mail service asked us to wait. */
  readonly afterSeconds?: number | undefined;
}

/**
 * When to try again (milliseconds), or `null` to give up. A try that would fall behind the entry's end takes place half a
 * minute before it instead, once; even if the mail service asked for a longer pause, since a try too early costs less than the mail.
 */
export function nextTry({ now, attempts, expiresAt, afterSeconds = 0 }: Failure, random?: number): number | null {
  const asked = now + Math.min(LONGEST_ASKED, Math.max(0, afterSeconds)) * 1000;
  const usual = asked + backoff(attempts, random) * 1000;
  const last = expiresAt - LAST_TRY * 1000;
  if (usual <= last) return Math.ceil(usual);
  return last >= now + FLOOR * 1000 ? last : null;
}
