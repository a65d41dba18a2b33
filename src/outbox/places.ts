/** An entry that takes longer than this (milliseconds) gives up its place: it is waiting for somebody, and others need not. */
const SLOW = 2000;
/** Never more in hand than this many times the places. */
const MOST = 5;

/**
 * What is in hand at once: as many as there are places, and beside them those that gave up theirs by being slow. So a mail service
 * that hangs for some recipients does not hold up the mails of others, and one that is slow for all gets no storm: at most all places
 * anew every two seconds.
 */
export class Places {
  readonly #width: number;
  readonly #slow: number;
  readonly #taken = new Set<Promise<void>>();
  readonly #inHand = new Set<Promise<void>>();

  constructor(width: number, slowMilliseconds = SLOW) {
    this.#width = width;
    this.#slow = slowMilliseconds;
  }

  /** How many more may be taken in hand; with `single` one at a time, however long it takes. */
  room({ single }: { readonly single: boolean }): number {
    if (single) return 1 - this.#inHand.size;
    return Math.min(this.#width - this.#taken.size, this.#width * MOST - this.#inHand.size);
  }

  get isIdle(): boolean {
    return this.#inHand.size === 0;
  }

  /** `work` never rejects. `change` is called whenever there may be more room than before. */
  hold(work: Promise<void>, change: () => void): void {
    let timer: NodeJS.Timeout | undefined;
    const tooSlow = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#slow);
    });
    const place = Promise.race([work, tooSlow]).then(() => {
      this.#taken.delete(place);
      change();
    });
    const whole = work.then(() => {
      clearTimeout(timer);
      this.#inHand.delete(whole);
      change();
    });
    this.#taken.add(place);
    this.#inHand.add(whole);
  }

  /** Until a place comes free, or, if all are free, one of the slow ones ends. */
  async change(): Promise<void> {
    await Promise.race(this.#taken.size > 0 ? this.#taken : this.#inHand);
  }

  async allDone(): Promise<void> {
    await Promise.all(this.#inHand);
  }
}
