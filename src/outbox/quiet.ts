import type { Clock } from "../db/clock.ts";
import { growing } from "./timing.ts";

/** Seconds; each doubles up to its most as long as the trouble lasts. */
const PAUSE = { first: 30, most: 900 };
const UNREACHABLE = { first: 1, most: 60 };

/** When a worker keeps still: no mail can be sent at all, or the database is out of reach. */
export class Quiet {
  readonly #clock: Clock;
  /** Milliseconds: nothing is taken before. */
  #until = 0;
  /** How often in a row nothing could be mailed, or the database could not be reached. */
  #pauses = 0;
  #unreachable = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOn(): boolean {
    return this.#clock() < this.#until;
  }

  /** After a pause one entry tells whether mail goes out again; the others wait for its answer. */
  get isProbing(): boolean {
    return this.#pauses > 0;
  }

  /** Mail cannot go out. Returns for how many seconds, or null where that is known already: several in hand learn of the same trouble. */
  pause(): number | null {
    if (this.isOn) return null;
    const inSeconds = growing(PAUSE, this.#pauses);
    this.#pauses += 1;
    this.#until = this.#clock() + inSeconds * 1000;
    return inSeconds;
  }

  /** The database cannot be reached. Returns for how many seconds. */
  outOfReach(): number {
    const inSeconds = growing(UNREACHABLE, this.#unreachable);
    this.#unreachable += 1;
    this.#until = this.#clock() + inSeconds * 1000;
    return inSeconds;
  }

  mailWentOut(): void {
    this.#pauses = 0;
  }

  databaseAnswered(): void {
    this.#unreachable = 0;
  }
}
