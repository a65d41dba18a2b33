import { serviceUnavailable } from "../errors/catalogue.ts";
import type { Fault } from "../errors/fault.ts";
import type { Observe } from "../events/event.ts";
import { FairQueue } from "./hashing/fair-queue.ts";
import { hashHere, type HashingRunner } from "./hashing/hashing-process.ts";
import { type Job, type JobResult, work } from "./hashing/job.ts";
import { impossiblePassword, MAX_PASSWORD_LENGTH, normalisePassword } from "./password.ts";
import { readScryptKey, type ScryptCost } from "./hashing/scrypt-key.ts";

const BLOCK_SIZE = 8;

/** A stored hash says itself what verifying costs. Beyond 2^18 · 8 (256 MiB, twice OWASP's heaviest line) we do not pay it. */
const MAX_WORK = 2 ** 18 * BLOCK_SIZE;

export interface HasherOptions {
  /** log2 of scrypt's N. */
  readonly logN: number;
  readonly p: number;
  /** How many hashes run at once: as many as there are processors. More would gain no throughput, and each takes 128 · 8 · N bytes. */
  readonly concurrency?: number | undefined;
  /** How many may wait for their turn; beyond that the answer is 503. */
  readonly maxWaiting?: number | undefined;
  /** Where the work is done; in this process unless said otherwise. */
  readonly runner?: HashingRunner | undefined;
  /** What those have in common who wait in one group, by their address: see {@link FairQueue}. */
  readonly groupOf?: ((ipAddress: string) => string) | undefined;
  readonly observe?: Observe | undefined;
}

/** For whom a password is hashed. */
export interface HashingFor {
  /** Those with one address, or of one network, wait in one group. */
  readonly ipAddress: string;
}

export interface Verification {
  readonly matches: boolean;
  /** It matches, but was made with another cost than is asked for now: hash the password anew. */
  readonly outdated: boolean;
}

/** All of the server's scrypt work, so that a storm of logins queues here and nowhere else. RFC 7914; OWASP Password Storage. */
export class Hasher {
  readonly #cost: ScryptCost;
  readonly #concurrency: number;
  readonly #queue: FairQueue;
  readonly #runner: HashingRunner;
  readonly #groupOf: (ipAddress: string) => string;
  readonly #observe: Observe | undefined;
  /** Milliseconds that a hash took lately: a moving average, for `Retry-After`. */
  #duration = 250;

  constructor({ logN, p, concurrency = 2, maxWaiting = 64, runner = hashHere, groupOf, observe }: HasherOptions) {
    this.#cost = { logN, r: BLOCK_SIZE, p };
    this.#concurrency = Math.max(1, concurrency);
    this.#queue = new FairQueue({ concurrency: this.#concurrency, maxWaiting, full: () => this.#overflow() });
    this.#runner = runner;
    this.#groupOf = groupOf ?? ((ipAddress) => ipAddress);
    this.#observe = observe;
  }

  /** Hashes at work. */
  get running(): number {
    return this.#queue.running;
  }

  /** Hashes that wait for their turn. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Hashes a password that `passwordFault` let pass.
   *
   * @returns scrypt's own encoding in base64: 128 characters
   * @throws {Fault} 503 when too many wait already
   */
  async hash(password: string, asker?: HashingFor): Promise<string> {
    const job: Job = { kind: "hash", password: normalisePassword(password), cost: this.#cost };
    return (await this.#inTurn(job, asker)) as string;
  }

  /**
   * Whether `password` is the one that `stored` was made from. What cannot match (no hash, one that is damaged or too costly, a
   * text that is no password) costs the same work as what could, so that time does not tell which it was.
   *
   * @param stored what `hash` returned; null for somebody who has no password or does not exist
   * @throws {Fault} 503 when too many wait already
   */
  async verify(stored: string | null, password: string, asker?: HashingFor): Promise<Verification> {
    const mayMatch = impossiblePassword(password) === undefined;
    // Cut first: normalising or hashing a megabyte would be work that only a long password causes.
    const text = normalisePassword(mayMatch ? password : password.slice(0, MAX_PASSWORD_LENGTH).toWellFormed());
    const found = stored === null ? undefined : readScryptKey(stored);
    const isPayable = found !== undefined && work(found.cost) <= Math.max(MAX_WORK, work(this.#cost));
    const key = isPayable && stored !== null ? { stored, cost: found.cost } : null;

    const matches = await this.#inTurn({ kind: "verify", password: text, key, cost: this.#cost, mayMatch }, asker);
    return matches === true
      ? { matches, outdated: key !== null && !isSameCost(key.cost, this.#cost) }
      : { matches: false, outdated: false };
  }

  async #inTurn(job: Job, asker: HashingFor | undefined): Promise<JobResult> {
    const group = asker === undefined ? "" : this.#groupOf(asker.ipAddress);
    return await this.#queue.run(group, async () => {
      const start = performance.now();
      try {
        return await this.#runner.run(job);
      } finally {
        this.#duration += (performance.now() - start - this.#duration) / 8;
      }
    });
  }

  #overflow(): Fault {
    this.#observe?.({ type: "hashing.overflow", waiting: this.waiting });
    const seconds = Math.ceil((this.waiting * this.#duration) / this.#concurrency / 1000);
    return serviceUnavailable(
      "Too many passwords are being checked just now. Try again in a moment.",
      Math.max(1, seconds),
    );
  }
}

function isSameCost(one: ScryptCost, other: ScryptCost): boolean {
  return one.logN === other.logN && one.r === other.r && one.p === other.p;
}
