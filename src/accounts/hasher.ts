import * as scryptModule from "scrypt-kdf";

import { serviceUnavailable } from "../errors/catalogue.ts";
import type { Observe } from "../events/event.ts";
import { impossiblePassword, MAX_PASSWORD_LENGTH, normalisePassword } from "./password.ts";
import { readScryptKey, type ScryptCost } from "./scrypt-key.ts";

/** The package has a default export only, its types have none. */
const scrypt = (scryptModule as unknown as { default: typeof scryptModule }).default;

const BLOCK_SIZE = 8;

/** A stored hash says itself what verifying costs. Beyond 2^18 · 8 (256 MiB, twice OWASP's heaviest line) we do not pay it. */
const MAX_WORK = 2 ** 18 * BLOCK_SIZE;

export interface HasherOptions {
  /** log2 of scrypt's N. */
  readonly logN: number;
  readonly p: number;
  /**
   * How many hashes run at once: min(cores, UV_THREADPOOL_SIZE − 1). More would gain no throughput, but keep the database,
   * DNS and files waiting, which share libuv's threads.
   */
  readonly concurrency?: number | undefined;
  /** How many may wait for their turn; beyond that the answer is 503. */
  readonly maxWaiting?: number | undefined;
  readonly observe?: Observe | undefined;
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
  readonly #maxWaiting: number;
  readonly #observe: Observe | undefined;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Milliseconds that a hash took lately: a moving average, for `Retry-After`. */
  #duration = 250;

  constructor({ logN, p, concurrency = 2, maxWaiting = 64, observe }: HasherOptions) {
    this.#cost = { logN, r: BLOCK_SIZE, p };
    this.#concurrency = Math.max(1, concurrency);
    this.#maxWaiting = maxWaiting;
    this.#observe = observe;
  }

  /** Hashes at work. */
  get running(): number {
    return this.#running;
  }

  /** Hashes that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Hashes a password that `passwordFault` let pass.
   *
   * @returns scrypt's own encoding in base64: 128 characters
   * @throws {Fault} 503 when too many wait already
   */
  async hash(password: string): Promise<string> {
    return await this.#inTurn(async () => {
      const key = await scrypt.kdf(normalisePassword(password), this.#cost);
      return Buffer.from(key).toString("base64");
    });
  }

  /**
   * Whether `password` is the one that `stored` was made from. What cannot match (no hash, one that is damaged or too costly, a
   * text that is no password) costs the same work as what could, so that time does not tell which it was.
   *
   * @param stored what `hash` returned; null for somebody who has no password or does not exist
   * @throws {Fault} 503 when too many wait already
   */
  async verify(stored: string | null, password: string): Promise<Verification> {
    const possible = impossiblePassword(password) === undefined;
    // Cut first: normalising or hashing a megabyte would be work that only a long password causes.
    const text = normalisePassword(possible ? password : password.slice(0, MAX_PASSWORD_LENGTH).toWellFormed());
    const key = stored === null ? undefined : readScryptKey(stored);

    return await this.#inTurn(async () => {
      if (key === undefined || work(key.cost) > Math.max(MAX_WORK, work(this.#cost))) {
        await scrypt.kdf(text, this.#cost);
        return { matches: false, outdated: false };
      }
      const matches = (await scrypt.verify(key.bytes, text)) && possible;
      if (!matches) await this.#makeUpFor(key.cost, text);
      return { matches, outdated: matches && !isSameCost(key.cost, this.#cost) };
    });
  }

  /** A cheaper hash than today's would answer faster than no hash at all, and so tell that somebody has one: the rest of the work. */
  async #makeUpFor(cost: ScryptCost, text: string): Promise<void> {
    const missing = work(this.#cost) - work(cost);
    if (missing <= 0) return;
    const p = Math.round(missing / (2 ** cost.logN * cost.r));
    if (p > 0) await scrypt.kdf(text, { ...cost, p });
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    await this.#enter();
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.#duration += (performance.now() - start - this.#duration) / 8;
      this.#leave();
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#running < this.#concurrency) {
      this.#running += 1;
      return undefined;
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      this.#observe?.({ type: "hashing.overflow", waiting: this.#waiting.length });
      const seconds = Math.ceil((this.#waiting.length * this.#duration) / this.#concurrency / 1000);
      throw serviceUnavailable(
        "Too many passwords are being checked just now. Try again in a moment.",
        Math.max(1, seconds),
      );
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The one who leaves hands the place on, so that nobody who comes later slips in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

/** scrypt's work in units of 128 bytes mixed; memory is in proportion to the same without p. */
function work({ logN, r, p }: ScryptCost): number {
  return 2 ** logN * r * p;
}

function isSameCost(one: ScryptCost, other: ScryptCost): boolean {
  return one.logN === other.logN && one.r === other.r && one.p === other.p;
}
