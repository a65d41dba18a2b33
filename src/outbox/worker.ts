import type { Knex } from "knex";

import type { Clock } from "../db/clock.ts";
import type { Event, Observe } from "../events/event.ts";
import { Desk } from "./desk.ts";
import type { Handler } from "./handler.ts";
import { claimDue, LEASE_SECONDS, purgeFailed, queueDepth, type Claim } from "./outbox.ts";
import { Places } from "./places.ts";
import { Quiet } from "./quiet.ts";
import { within } from "./timing.ts";

export type { Handler, Outcome } from "./handler.ts";

export interface WorkerOptions {
  readonly db: Knex;
  readonly clock: Clock;
  /** By kind. An entry of a kind that is not here is retried until it expires: another instance may know it. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly observe: Observe;
  /** How often to look for due entries. */
  readonly pollMilliseconds?: number;
  /** How many entries are in hand at once, beside those that wait for somebody slow: see `Places`. */
  readonly concurrency?: number;
  /** After how long in hand an entry counts as slow. */
  readonly slowMilliseconds?: number;
  /** How long an entry is ours. A handler has two thirds of it, the rest is for writing down how it ended. */
  readonly leaseSeconds?: number;
}

/** From `wake()` to looking: a moment that varies, so that a request's timing says nothing about the work behind it. */
const WAKE_MILLISECONDS = { least: 50, most: 250 };
/** Entries that have waited for longer are told of at the start (milliseconds). */
const OLD = 5 * 60_000;

const HOUR = 3_600_000;
const KEEP_FAILED = 30 * 24 * HOUR;
const PURGE_AT_ONCE = 500;

/** Works the outbox off, in the background, a bounded number of entries at once. Any number of workers may share a database. */
export class OutboxWorker {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #poll: number;
  readonly #lease: number;

  readonly #quiet: Quiet;
  readonly #places: Places;
  readonly #desk: Desk;
  #taking: Promise<number> = Promise.resolve(0);
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;
  #started = false;
  #closed = false;
  /** The last look found as much as there was room for. */
  #backlog = false;
  #purgeAt = 0;

  constructor(options: WorkerOptions) {
    const { db, clock } = options;
    this.#db = db;
    this.#clock = clock;
    this.#observe = options.observe;
    this.#poll = options.pollMilliseconds ?? 1000;
    this.#lease = options.leaseSeconds ?? LEASE_SECONDS;
    this.#places = new Places(options.concurrency ?? 5, options.slowMilliseconds);
    this.#quiet = new Quiet(clock);
    this.#desk = new Desk({
      db,
      clock,
      handlers: new Map(Object.entries(options.handlers)),
      tell: (event) => {
        this.#tell(event);
      },
      quiet: this.#quiet,
      leaseSeconds: this.#lease,
    });
  }

  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    this.#taking = this.#taking.then(() => this.#lookBack());
    this.#schedule(0);
  }

  /** There may be something to do. Costs nothing; any number of calls in a moment are one. */
  wake(): void {
    const { least, most } = WAKE_MILLISECONDS;
    this.#schedule(Math.min(this.#poll, least + Math.random() * (most - least)));
  }

  /** Works until nothing is due now, started or not. Ends early when mail is paused or the database is out of reach. */
  async drain(): Promise<void> {
    for (;;) {
      const taken = await this.#take();
      if (!this.#places.isIdle) await this.#places.change();
      else if (taken === 0) return;
    }
  }

  /** Finishes what is in hand and takes nothing new. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#taking;
    await this.#places.allDone();
  }

  /** Looks again after `milliseconds`, or earlier if that is already planned. */
  #schedule(milliseconds: number): void {
    if (!this.#started || this.#closed) return;
    const at = performance.now() + milliseconds;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#take().then(() => {
        this.#schedule(this.#poll);
      });
    }, milliseconds);
  }

  /** One after the other, so that two looks never fill the same room. Never rejects. */
  #take(): Promise<number> {
    this.#taking = this.#taking.then(() => this.#takeNow());
    return this.#taking;
  }

  /** Takes as much as there is room for. Returns how many entries. */
  async #takeNow(): Promise<number> {
    if (this.#closed || this.#quiet.isOn) return 0;
    const room = this.#places.room({ single: this.#quiet.isProbing });
    if (room <= 0) {
      this.#backlog = true;
      return 0;
    }
    let claims: Claim[];
    try {
      // A connection that died without a word would hold up everything. What it still claims comes free when the lease ends.
      claims = await within(this.#lease * 1000, this.#look(room));
    } catch (error) {
      this.#tell({ type: "outbox.unreachable", error, inSeconds: this.#quiet.outOfReach() });
      return 0;
    }
    this.#quiet.databaseAnswered();
    this.#backlog = claims.length === room;
    for (const claim of claims) this.#hold(claim);
    return claims.length;
  }

  #hold(claim: Claim): void {
    const isStopped = this.#closed || this.#quiet.isOn;
    this.#places.hold(isStopped ? this.#desk.release(claim) : this.#desk.work(claim), () => {
      if (this.#backlog) this.#schedule(0);
    });
  }

  async #look(room: number): Promise<Claim[]> {
    await this.#purge();
    return await claimDue(this.#db, this.#clock(), room, this.#lease);
  }

  async #purge(): Promise<void> {
    const now = this.#clock();
    if (now < this.#purgeAt) return;
    const purged = await purgeFailed(this.#db, now - KEEP_FAILED, PURGE_AT_ONCE);
    this.#purgeAt = purged === PURGE_AT_ONCE ? now : now + HOUR;
  }

  /** At the start: is there anything that an operator should look at? Takes nothing. */
  async #lookBack(): Promise<0> {
    try {
      const { waiting, failed, oldestCreatedAt } = await within(this.#lease * 1000, queueDepth(this.#db));
      const age = oldestCreatedAt === null ? 0 : this.#clock() - Date.parse(oldestCreatedAt);
      if (failed > 0 || age > OLD) {
        this.#tell({ type: "outbox.backlog", waiting, failed, oldestSeconds: Math.max(0, Math.round(age / 1000)) });
      }
    } catch {
      // Whether the database can be reached is told by the first look for what is due.
    }
    return 0;
  }

  /** An observer's own trouble is not ours. */
  #tell(event: Event): void {
    try {
      this.#observe(event);
    } catch {
      // Nobody is left to tell.
    }
  }
}
