import type { Knex } from "knex";

import { timestamp, type Clock } from "../db/clock.ts";
import type { Observe } from "../events/event.ts";
import { nextTry } from "./backoff.ts";
import type { Handler, Outcome } from "./handler.ts";
import { complete, giveUp, presentable, putBack, release, reschedule, type Claim } from "./outbox.ts";
import type { Quiet } from "./quiet.ts";
import { settle } from "./settle.ts";
import { within } from "./timing.ts";

interface DeskParts {
  readonly db: Knex;
  readonly clock: Clock;
  /** By kind. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Never throws. */
  readonly tell: Observe;
  readonly quiet: Quiet;
  readonly leaseSeconds: number;
}

/** How many mails are remembered that went out but could not be crossed out. */
const REMEMBERED = 1000;

/** Where one claimed entry is dealt with: its handler is run, how that ended is told, and written down. Nothing here rejects. */
export class Desk {
  readonly #parts: DeskParts;
  /** Entries whose mail went out, but the database could not be told: when they come back they are crossed out, not mailed. */
  readonly #sent = new Set<string>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  async release(claim: Claim): Promise<void> {
    await this.#write(claim, () => release(this.#parts.db, claim));
  }

  async work(claim: Claim): Promise<void> {
    const { entry } = claim;
    if (this.#sent.has(entry.id)) {
      await this.#crossOut(claim);
      return;
    }
    if (timestamp(this.#parts.clock()) >= entry.expiresAt) {
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
    const { handlers, leaseSeconds } = this.#parts;
    const handler = handlers.get(entry.kind);
    if (handler === undefined) throw new Error("No handler for this kind of entry");
    return within((leaseSeconds * 1000 * 2) / 3, handler(parse(payload), entry), "HandlerTimeout");
  }

  async #conclude(claim: Claim, outcome: Outcome): Promise<void> {
    const { id: entry, kind, attempts } = claim.entry;
    const { db, clock, tell } = this.#parts;
    switch (outcome.outcome) {
      case "sent":
        tell({ type: "mail.sent", kind, entry, attempts, messageId: outcome.messageId });
        this.#wentOut();
        await this.#crossOut(claim);
        return;
      case "nothing":
        await this.#write(claim, () => complete(db, claim));
        return;
      case "refused": {
        const reason = presentable(outcome.reason);
        tell({ type: "mail.refused", kind, entry, attempts, reason });
        this.#wentOut();
        await this.#write(claim, () => giveUp(db, claim, clock(), reason));
        return;
      }
      case "paused":
        await this.#paused(claim, presentable(outcome.reason));
        return;
      case "retry":
        if (outcome.afterSeconds !== undefined) this.#parts.quiet.askedToWait(outcome.afterSeconds);
        await this.#retry(claim, presentable(outcome.reason), outcome.afterSeconds);
    }
  }

  async #retry(claim: Claim, reason: string, afterSeconds?: number): Promise<void> {
    const { id: entry, kind, attempts } = claim.entry;
    const inSeconds = await this.#again(claim, reason, afterSeconds);
    if (inSeconds !== null) this.#parts.tell({ type: "mail.retried", kind, entry, attempts, reason, inSeconds });
  }

  async #failed(claim: Claim, error: unknown): Promise<void> {
    const { id: entry, kind, attempts } = claim.entry;
    const inSeconds = await this.#again(claim, nameOf(error));
    this.#parts.tell({ type: "outbox.failed", kind, entry, attempts, error, inSeconds: inSeconds ?? 0 });
  }

  /** Nothing can be mailed: the entry goes to the end of the queue, so that after the pause another one tells whether that is over. */
  async #paused(claim: Claim, reason: string): Promise<void> {
    const { db, clock, quiet, tell } = this.#parts;
    if (quiet.isOwnTrouble(claim.entry.id)) {
      await this.#retry(claim, reason);
      return;
    }
    const inSeconds = quiet.pause(claim.entry.id);
    if (inSeconds !== null) tell({ type: "mail.paused", reason, inSeconds });
    await this.#write(claim, () => putBack(db, claim, clock(), reason));
  }

  #wentOut(): void {
    if (this.#parts.quiet.mailWentOut()) this.#parts.tell({ type: "mail.resumed" });
  }

  /** Puts the entry off, or gives it up when its time is over (`null`). Returns for how many seconds. */
  async #again(claim: Claim, reason: string, afterSeconds?: number): Promise<number | null> {
    const { db, clock } = this.#parts;
    const now = clock();
    const { attempts, expiresAt } = claim.entry;
    const next = nextTry({ now, attempts, expiresAt: Date.parse(expiresAt), afterSeconds });
    if (next === null) {
      await this.#expire(claim, `expired; before: ${reason}`, attempts);
      return null;
    }
    await this.#write(claim, () => reschedule(db, claim, next, reason));
    return Math.round((next - now) / 1000);
  }

  async #expire(claim: Claim, reason: string, attempts: number): Promise<void> {
    const { id: entry, kind } = claim.entry;
    const { db, clock, tell } = this.#parts;
    tell({ type: "mail.expired", kind, entry, attempts, reason });
    await this.#write(claim, () => giveUp(db, claim, clock(), reason));
  }

  async #crossOut(claim: Claim): Promise<void> {
    const { id } = claim.entry;
    if (await this.#write(claim, () => complete(this.#parts.db, claim))) {
      this.#sent.delete(id);
      return;
    }
    if (this.#sent.size >= REMEMBERED) this.#sent.clear();
    this.#sent.add(id);
  }

  async #write(claim: Claim, write: () => Promise<boolean>): Promise<boolean> {
    return settle(write, claim.takenAt + this.#parts.leaseSeconds * 1000, (error, inSeconds) => {
      this.#parts.tell({ type: "outbox.unreachable", error, inSeconds });
    });
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
