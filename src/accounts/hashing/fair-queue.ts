interface Waiter {
  start(): void;
  turnAway(reason: Error): void;
}

export interface FairQueueOptions {
  /** How much is at work at once. */
  readonly concurrency: number;
  /** How much may wait for its turn. */
  readonly maxWaiting: number;
  /** What is thrown at who finds no place. */
  readonly full: () => Error;
}

/**
 * Lets a bounded number of things happen at once, and a bounded number wait. Who waits is served by groups in turns, and where all
 * places are taken a newcomer gets one from the group that has most of them: who asks for everything at once does not keep the
 * others from their turn. («Longest queue drop», B. Suter et al., IEEE INFOCOM 1998.)
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  /** In the order of their turns. None is empty. */
  readonly #groups = new Map<string, Waiter[]>();
  #running = 0;
  #waiting = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** @throws {Error} `full()` when there is no place, or another group's need of it is greater; and what `work` throws */
  async run<T>(group: string, work: () => Promise<T>): Promise<T> {
    await this.#enter(group);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(group: string): Promise<void> | undefined {
    if (this.#running < this.#options.concurrency) {
      this.#running += 1;
      return undefined;
    }
    if (this.#waiting >= this.#options.maxWaiting) this.#makeRoomFor(group);
    return new Promise((resolve, reject) => {
      const waiters = this.#groups.get(group) ?? [];
      waiters.push({ start: resolve, turnAway: reject });
      this.#groups.set(group, waiters);
      this.#waiting += 1;
    });
  }

  /** Turns away the newest of the largest group, unless the newcomer's own would be as large. */
  #makeRoomFor(group: string): void {
    let largest: Waiter[] = [];
    for (const waiters of this.#groups.values()) if (waiters.length > largest.length) largest = waiters;
    const own = this.#groups.get(group)?.length ?? 0;
    if (own + 1 >= largest.length) throw this.#options.full();
    // At least two are in it: it does not become empty.
    largest.pop()?.turnAway(this.#options.full());
    this.#waiting -= 1;
  }

  /** The one who leaves hands the place on, so that nobody who comes later slips in between. */
  #leave(): void {
    const [next] = this.#groups;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    const [group, waiters] = next;
    this.#groups.delete(group);
    const waiter = waiters.shift();
    // To the end of the turn.
    if (waiters.length > 0) this.#groups.set(group, waiters);
    this.#waiting -= 1;
    waiter?.start();
  }
}
