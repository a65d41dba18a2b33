import type { Clock } from "../db/clock.ts";
import { growing } from "./timing.ts";

/** Seconds; each doubles up to its most as long as the trouble lasts. */
const PAUSE = { first: 30, most: 900 };
const UNREACHABLE = { first: 1, most: 60 };

/** As many mails in a row that the mail service asks us to send later, and it means all of them; for so long at most (seconds). */
const ASKED_IN_A_ROW = 3;
const LONGEST_REST = 60;

/** How many entries that mail was paused with are remembered. */
const REMEMBERED = 1000;

/** When a worker keeps still: no mail can be sent at all, the mail service wants a rest, or the database is out of reach. */
export class Quiet {
  readonly #clock: Clock;
  /** Milliseconds: nothing is taken before. */
  #until = 0;
  /** How often in a row nothing could be mailed, the mail service asked for a pause, or the database could not be reached. */
  #pauses = 0;
  #asked = 0;
  #unreachable = 0;
  /** Mails that went out. */
  #sent = 0;
  /** By entry that no mail could be sent with: how many mails had gone out then. */
  readonly #pausedWith = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A clock that was set back makes no pause longer. */
  get isOn(): boolean {
    const left = this.#until - this.#clock();
    return left > 0 && left <= PAUSE.most * 1000;
  }

  /** After a pause one entry tells whether mail goes out again; the others wait for its answer. */
  get isProbing(): boolean {
    return this.#pauses > 0;
  }

  /**
   * Whether it is for this entry alone that no mail can be sent: it was so the last time, and others have been sent since. A proxy or a
   * filter in between may answer one mail like that.
   */
  isOwnTrouble(entry: string): boolean {
    const before = this.#pausedWith.get(entry);
    return before !== undefined && this.#sent > before;
  }

  /** Mail cannot go out. Returns for how many seconds, or null where that is known already: several in hand learn of the same trouble. */
  pause(entry: string): number | null {
    if (this.#pausedWith.size >= REMEMBERED) this.#pausedWith.clear();
    this.#pausedWith.set(entry, this.#sent);
    if (this.isOn) return null;
    const inSeconds = growing(PAUSE, this.#pauses);
    this.#pauses += 1;
    this.#until = this.#clock() + inSeconds * 1000;
    return inSeconds;
  }

  /** The mail service wants a mail later. One is that mail's affair; several in a row, and all rest. RFC 6585, section 4. */
  askedToWait(seconds: number): void {
    this.#asked += 1;
    if (this.#asked < ASKED_IN_A_ROW) return;
    this.#until = Math.max(this.#until, this.#clock() + Math.min(seconds, LONGEST_REST) * 1000);
  }

  /** The database cannot be reached. Returns for how many seconds. */
  outOfReach(): number {
    const inSeconds = growing(UNREACHABLE, this.#unreachable);
    this.#unreachable += 1;
    this.#until = this.#clock() + inSeconds * 1000;
    return inSeconds;
  }

  /** The mail service lets us in. Returns whether that is news. */
  mailWentOut(): boolean {
    const isNews = this.#pauses > 0;
    this.#pauses = 0;
    this.#asked = 0;
    this.#sent += 1;
    return isNews;
  }

  databaseAnswered(): void {
    this.#unreachable = 0;
  }
}
