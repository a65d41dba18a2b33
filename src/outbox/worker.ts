import type { Knex } from "knex";

import { timestamp, type Clock } from "../db/clock.ts";
import type { Event, Observe } from "../events/event.ts";
import { nextTry } from "./backoff.ts";
import { claimDue, complete, giveUp, presentable, purgeFailed, release, reschedule } from "./outbox.ts";
import type { Claim, Entry } from "./outbox.ts";
import { Quiet } from "./quiet.ts";
import { growing, within } from "./timing.ts";

/**
 * How handling an entry ended: a mailer's `Delivery`, or `nothing` if there was nobody to mail. See mail/mailer.ts for
 * what each means; `afterSeconds` is the pause that the mail service asked for.
 */
export type Outcome =
  | { readonly outcome: "sent"; readonly messageId: string }
  | { readonly outcome: "nothing" }
  | { readonly outcome: "retry"; readonly reason: string; readonly afterSeconds?: number }
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "paused"; readonly reason: string };

/**
 * Does what entries of one kind ask for. `payload` is what was enqueued; a version of the server that is long gone may
 * have written it. A thrown error means: try again later. May be run more than once for an entry.
 */
export type Handler = (payload: unknown, entry: Entry) => Promise<Outcome>;

export interface WorkerOptions {
  readonly db: Knex;
  readonly clock: Clock;
  /** By kind. An entry of a kind that is not here is retried until it expires: another instance may know it. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly observe: Observe;
  /** How often to look for due entries. */
  readonly pollMilliseconds?: number;
  /** How many entries are in hand at once. */
  readonly concurrency?: number;
  /** How long an entry is ours. A handler has two thirds of it, the rest is for writing down how it ended. */
  readonly leaseSeconds?: number;
}

/** From `wake()` to looking: a moment that varies, so that a request's timing says nothing about the work behind it. */
const WAKE_MILLISECONDS = { least: 50, most: 250 };
/** Seconds; doubles up to its most as long as the trouble lasts. */
const SETTLE = { first: 0.25, most: 5 };

const HOUR = 3_600_000;
const KEEP_FAILED = 30 * 24 * HOUR;
const PURGE_AT_ONCE = 500;

/** Works the outbox off, in the background, a bounded number of entries at once. Any number of workers may share a database. */
export class OutboxWorker {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #observe: Observe;
  readonly #poll: number;
  readonly #concurrency: number;
  readonly #lease: number;

  readonly #quiet: Quiet;
  readonly #inHand = new Set<Promise<void>>();
  #taking: Promise<number> = Promise.resolve(0);
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;
  #started = false;
  #closed = false;
  /** The last look found as much as there was room for. */
  #backlog = false;
  #purgeAt = 0;

  constructor(options: WorkerOptions) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#quiet = new Quiet(options.clock);
    this.#handlers = new Map(Object.entries(options.handlers));
    this.#observe = options.observe;
    this.#poll = options.pollMilliseconds ?? 1000;
    this.#concurrency = options.concurrency ?? 5;
    this.#lease = options.leaseSeconds ?? 90;
  }

  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
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
      if (this.#inHand.size > 0) await Promise.race(this.#inHand);
      else if (taken === 0) return;
    }
  }

  /** Finishes what is in hand and takes nothing new. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#taking;
    await Promise.all(this.#inHand);
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
    const width = this.#quiet.isProbing ? 1 : this.#concurrency;
    const room = width - this.#inHand.size;
    if (room <= 0) {
      this.#backlog = true;
      return 0;
    }
    let claims: Claim[];
    try {
      await this.#purge();
      claims = await claimDue(this.#db, this.#clock(), room, this.#lease);
    } catch (error) {
      this.#outOfReach(error);
      return 0;
    }
    this.#quiet.databaseAnswered();
    this.#backlog = claims.length === room;
    for (const claim of claims) this.#hold(claim);
    return claims.length;
  }

  #hold(claim: Claim): void {
    const work = this.#work(claim).finally(() => {
      this.#inHand.delete(work);
      if (this.#backlog) this.#schedule(0);
    });
    this.#inHand.add(work);
  }

  /** Never rejects. */
  async #work(claim: Claim): Promise<void> {
    const { entry } = claim;
    if (this.#closed || this.#quiet.isOn) {
      await this.#settle(() => release(this.#db, claim));
      return;
    }
    if (timestamp(this.#clock()) >= entry.expiresAt) {
      const reason = claim.lastError === null ? "expired" : `expired; before: ${claim.lastError}`;
      await this.#expire(claim, reason, entry.attempts - 1);
      return;
    }
    try {
      await this.#conclude(claim, await this.#handle(claim));
    } catch (error) {
      await this.#failed(claim, error);
    }
  }

  async #handle({ entry, payload }: Claim): Promise<Outcome> {
    const handler = this.#handlers.get(entry.kind);
    if (handler === undefined) throw new Error("No handler for this kind of entry");
    return within((this.#lease * 1000 * 2) / 3, handler(parse(payload), entry));
  }

  async #conclude(claim: Claim, outcome: Outcome): Promise<void> {
    const { id: entry, kind, attempts } = claim.entry;
    switch (outcome.outcome) {
      case "sent":
        this.#quiet.mailWentOut();
        this.#tell({ type: "mail.sent", kind, entry, attempts, messageId: outcome.messageId });
        await this.#settle(() => complete(this.#db, claim));
        return;
      case "nothing":
        await this.#settle(() => complete(this.#db, claim));
        return;
      case "refused": {
        this.#quiet.mailWentOut();
        const reason = presentable(outcome.reason);
        this.#tell({ type: "mail.refused", kind, entry, attempts, reason });
        await this.#settle(() => giveUp(this.#db, claim, this.#clock(), reason));
        return;
      }
      case "paused": {
        const reason = presentable(outcome.reason);
        this.#pause(reason);
        await this.#settle(() => release(this.#db, claim, reason));
        return;
      }
      case "retry": {
        const reason = presentable(outcome.reason);
        const inSeconds = await this.#again(claim, reason, outcome.afterSeconds);
        if (inSeconds !== null) this.#tell({ type: "mail.retried", kind, entry, attempts, reason, inSeconds });
      }
    }
  }

  async #failed(claim: Claim, error: unknown): Promise<void> {
    const { id: entry, kind, attempts } = claim.entry;
    const inSeconds = await this.#again(claim, nameOf(error));
    this.#tell({ type: "outbox.failed", kind, entry, attempts, error, inSeconds: inSeconds ?? 0 });
  }

  /** Puts the entry off, or gives it up when its time is over (`null`). Returns for how many seconds. */
  async #again(claim: Claim, reason: string, afterSeconds?: number): Promise<number | null> {
    const now = this.#clock();
    const { attempts, expiresAt } = claim.entry;
    const next = nextTry({ now, attempts, expiresAt: Date.parse(expiresAt), afterSeconds });
    if (next === null) {
      await this.#expire(claim, `expired; before: ${reason}`, attempts);
      return null;
    }
    await this.#settle(() => reschedule(this.#db, claim, next, reason));
    return Math.round((next - now) / 1000);
  }

  async #expire(claim: Claim, reason: string, attempts: number): Promise<void> {
    const { id: entry, kind } = claim.entry;
    this.#tell({ type: "mail.expired", kind, entry, attempts, reason });
    await this.#settle(() => giveUp(this.#db, claim, this.#clock(), reason));
  }

  /**
   * Writes down how an entry ended. If the database is out of reach, tries again as long as the entry is surely ours:
   * a mail that went out but stayed in the table would go out a second time.
   */
  async #settle(write: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + (this.#lease * 1000) / 3;
    for (let tries = 0; ; tries += 1) {
      try {
        await write();
        return;
      } catch (error) {
        const inSeconds = growing(SETTLE, tries);
        this.#tell({ type: "outbox.unreachable", error, inSeconds });
        if (performance.now() + inSeconds * 1000 > giveUpAt) return;
        await new Promise((resolve) => setTimeout(resolve, inSeconds * 1000));
      }
    }
  }

  #pause(reason: string): void {
    const inSeconds = this.#quiet.pause();
    if (inSeconds !== null) this.#tell({ type: "mail.paused", reason, inSeconds });
  }

  #outOfReach(error: unknown): void {
    this.#tell({ type: "outbox.unreachable", error, inSeconds: this.#quiet.outOfReach() });
  }

  async #purge(): Promise<void> {
    const now = this.#clock();
    if (now < this.#purgeAt) return;
    const purged = await purgeFailed(this.#db, now - KEEP_FAILED, PURGE_AT_ONCE);
    this.#purgeAt = purged === PURGE_AT_ONCE ? now : now + HOUR;
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

/** An error's name and code: unlike its message these hold no secret and no address. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "error";
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? `${error.name} ${code}` : error.name;
}

/** JSON's own error would quote the payload, and with it an address. @throws {Error} */
function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    throw new Error("The payload is not JSON");
  }
}
