/** How often something happened in a window that begins with the first time. */
export interface Count {
  readonly count: number;
  /** Milliseconds until the window ends; 0 where none has begun. */
  readonly left: number;
}

/** Whole milliseconds: with fractions the end of a window less its beginning may be a little more than its length. */
function wholeNow(): number {
  return Math.floor(performance.now());
}

interface Window {
  count: number;
  /** By `performance.now()`. */
  endsAt: number;
}

/** Counters of this process, by key. Of more than `most` the one is forgotten that was used least lately. */
export class OwnCounters {
  readonly #most: number;
  /** The least lately used first. */
  readonly #windows = new Map<string, Window>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more. */
  hit(key: string, windowMs: number): Count {
    const now = wholeNow();
    const known = this.#alive(key, now);
    const window = known ?? { count: 0, endsAt: now + windowMs };
    window.count += 1;
    this.#keep(key, window);
    return { count: window.count, left: window.endsAt - now };
  }

  read(key: string): Count {
    const now = wholeNow();
    const window = this.#alive(key, now);
    return window === undefined ? { count: 0, left: 0 } : { count: window.count, left: window.endsAt - now };
  }

  /**
   * Somebody who counts for all says how it stands. What was counted here since it was asked is not forgotten.
   *
   * @param at when it was asked, by `performance.now()`: so a window ends here no later than there
   */
  learn(key: string, { count, left }: Count, at: number): void {
    const known = this.#alive(key, wholeNow());
    if (count > 0 && (known === undefined || known.count <= count))
      this.#keep(key, { count, endsAt: Math.floor(at) + left });
  }

  #alive(key: string, now: number): Window | undefined {
    const window = this.#windows.get(key);
    return window !== undefined && window.endsAt > now ? window : undefined;
  }

  #keep(key: string, window: Window): void {
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size <= this.#most) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
