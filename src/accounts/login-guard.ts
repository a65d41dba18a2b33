import type { Knex } from "knex";

import { type Clock, timestamp } from "../db/clock.ts";
import { rowsOf } from "../db/dialect.ts";
import type { LoginFailuresRow } from "../db/tables.ts";
import { transact } from "../db/writer.ts";
import type { Client } from "./caller.ts";
import { addressHash } from "./email.ts";
import { familiarPlace, rememberPlace } from "./familiar-places.ts";
import { recordSecurityEvent } from "./security-events.ts";

/**
 * Slows down the guessing of one account's password from many addresses, which no limit per client sees. After a number of failures
 * the account lets nobody in for a while, whatever the password, from places where nobody has logged in to it before; each further
 * failure doubles the while. Its holder is not shut out: each place that the account knows is counted apart, sessions go on, and a
 * mailed link that sets the password lets in at once.
 *
 * Nothing of this can be seen from outside. The answer to a refused attempt is the one to a wrong password, after the same
 * statements; and addresses that nobody has are counted alike. OWASP ASVS 5, 6.3.1; NIST SP 800-63B-4, section 3.2.2.
 */

/** Where attempts from all places are counted that the account does not know. */
const ANYWHERE = "";
/** Failures that cost nothing: people mistype. */
const FREE = 10;
/** Milliseconds: the first pause, and the longest. */
const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 60 * 60 * 1000;
/** Without a further failure for so long (milliseconds) they are forgotten. */
const REMEMBERED = 24 * 60 * 60 * 1000;
/** Beyond so many attempts not each one has an event of its own in the audit trail: a flood must not bury all else. */
const EVENTS_IN_FULL = 50;
const EVENTS_THEN_EVERY = 50;

export interface Attempt {
  readonly kind: "session.created" | "password.checked";
  /** The address that was tried, in its normal form. */
  readonly normal: string;
  /** Who has it; null for nobody. */
  readonly userId: string | null;
  readonly client: Client;
  /** Whether the password was the right one. */
  readonly matches: boolean;
}

interface GuardDeps {
  readonly db: Knex;
  readonly clock: Clock;
}

/**
 * Judges an attempt whose password has been checked. A refused one is counted and written into the audit trail.
 *
 * @returns whether it lets in
 */
export async function judgeAttempt(deps: GuardDeps, attempt: Attempt): Promise<boolean> {
  const before = judging.get(attempt.normal) ?? Promise.resolve();
  const verdict = before.then(() => judge(deps, attempt));
  const done = verdict.then(
    () => undefined,
    () => undefined,
  );
  judging.set(attempt.normal, done);
  try {
    return await verdict;
  } finally {
    if (judging.get(attempt.normal) === done) judging.delete(attempt.normal);
  }
}

/**
 * The last attempt at each address that is being judged: one after the other, so that of many guesses at once each is judged by what
 * became of those before it. As many at most as there are requests.
 */
const judging = new Map<string, Promise<void>>();

async function judge({ db, clock }: GuardDeps, attempt: Attempt): Promise<boolean> {
  const { kind, normal, userId, client, matches } = attempt;
  const now = clock();
  const { network, ...before } = await failuresBefore(db, attempt);
  const key = { address_hash: addressHash(normal), network };
  const isKnown = Date.parse(before.last_failed_at) > now - REMEMBERED;
  const { failures, attempts } = isKnown ? before : { failures: 0, attempts: 0 };
  const isPaused = isKnown && now < Date.parse(before.last_failed_at) + pauseAfter(failures);
  if (matches && !isPaused) return true;

  const moment = timestamp(now);
  // During a pause the password does not count, right or wrong: then the attempt may not prolong it either.
  const lastFailedAt = isPaused ? before.last_failed_at : moment;
  const raised = (column: string, by: number) =>
    db.raw("case when login_failures.last_failed_at <= ? then 1 else ?? + ? end", [
      timestamp(now - REMEMBERED),
      `login_failures.${column}`,
      by,
    ]);
  await transact(db, async (trx) => {
    // The account before the count, as everywhere: on PostgreSQL two who take them the other way round would wait for each other.
    if (attempts < EVENTS_IN_FULL || attempts % EVENTS_THEN_EVERY === 0) {
      const detail = isPaused ? "backed-off" : userId === null ? "unknown-address" : "wrong-password";
      await recordSecurityEvent(trx, now, { kind, outcome: "refused", detail, userId, client });
    }
    await trx("login_failures")
      .insert({ ...key, failures: 1, attempts: 1, last_failed_at: moment, last_tried_at: moment })
      .onConflict(["address_hash", "network"])
      .merge({
        failures: raised("failures", isPaused ? 0 : 1),
        attempts: raised("attempts", 1),
        last_failed_at: lastFailedAt,
        last_tried_at: moment,
      });
  });
  return false;
}

/** `last_failed_at` is empty where there are none. */
type FailuresBefore = Pick<LoginFailuresRow, "network" | "failures" | "attempts" | "last_failed_at">;

/** Where an attempt is counted, and what is counted there already. One statement, the same for nobody. */
async function failuresBefore(db: Knex, { normal, userId, client }: Attempt): Promise<FailuresBefore> {
  const [before] = await rowsOf<FailuresBefore>(
    db,
    `select place.network, coalesce(failures, 0) as failures, coalesce(attempts, 0) as attempts,
            coalesce(last_failed_at, '') as last_failed_at
     from (select ? as network) as place
     left join login_failures on login_failures.address_hash = ? and login_failures.network = place.network`,
    [familiarPlace(db, userId, client.ipAddress, ANYWHERE), addressHash(normal)],
  );
  if (before === undefined) throw new Error("There is no place at all.");
  return before;
}

/**
 * Somebody has proved to be the account's holder: the place is remembered, and failures are forgotten. By a mailed link all of them; by
 * a login those that it was counted among, so that a holder at home does not end the pause of who guesses elsewhere.
 */
export async function forgiveFailures(
  trx: Knex,
  now: number,
  { normal, userId, client }: Pick<Attempt, "normal" | "client"> & { readonly userId: string },
  by: "login" | "link",
): Promise<void> {
  const failures = trx("login_failures").where({ address_hash: addressHash(normal) });
  if (by === "login") {
    failures.andWhere("network", familiarPlace(trx, userId, client.ipAddress, ANYWHERE));
  }
  await failures.delete();
  await rememberPlace(trx, now, userId, client.ipAddress);
}

/** Forgets failures that no longer count. Returns how many addresses had some. */
export async function purgeLoginFailures(db: Knex, now: number): Promise<number> {
  return await db("login_failures")
    .where("last_tried_at", "<=", timestamp(now - REMEMBERED))
    .delete();
}

/** Milliseconds from the last failure. */
function pauseAfter(failures: number): number {
  return failures < FREE ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - FREE));
}
