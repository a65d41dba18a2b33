import { randomUUID } from "node:crypto";

import { learned } from "./counters.ts";
import { type Count, OwnCounters } from "./own-counters.ts";
import type { RedisLink } from "./redis-link.ts";

/**
 * How long an attempt may take at most (milliseconds): then a shared one counts as running no more, since its process may have died. Far
 * longer than the queue for hashing, which refuses whoever would wait for many seconds.
 */
const LEASE = 60_000;

/** One that is running, and the only one to end it. */
export interface Attempt {
  end(failed: boolean): Promise<void>;
}

interface AttemptsOptions {
  /** How many may fail in a window. */
  readonly most: number;
  readonly windowMs: number;
  /** What the keys of its counters begin with. */
  readonly name: string;
  /** How many clients' failures are kept in the process. */
  readonly counters: number;
  readonly link?: RedisLink | undefined;
}

/**
 * Failures of clients, and attempts of theirs that are still running: an attempt is begun only while both together are fewer than may
 * fail. With Redis that is so for all instances together; without it for each by itself.
 */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #failures: OwnCounters;
  /** Of this process, however they were begun. */
  readonly #running = new Map<string, number>();

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#failures = new OwnCounters(options.counters);
  }

  /** Clients with attempts that are running in this process. */
  get clients(): number {
    return this.#running.size;
  }

  /** Begins one; or says how many of this client's have failed, where no more may be begun. */
  async begin(client: string): Promise<Attempt | Count> {
    // Counted before the first wait: of many that begin at once each sees those before it.
    const others = this.#change(client, 1) - 1;
    const refusal = await this.#ask(client, others);
    if ("end" in refusal) return refusal;
    this.#change(client, -1);
    return refusal;
  }

  async #ask(client: string, others: number): Promise<Attempt | Count> {
    const { most, link } = this.#options;
    const known = this.#failures.read(client);
    const member = link === undefined ? "" : randomUUID();
    const at = performance.now();
    const values = [most, LEASE, member, known.count, Math.ceil(known.left), others];
    const answer = await link?.call("begin", this.#keys(client), values);
    if (answer === undefined) return known.count + others < most ? this.#begun(client, member) : known;
    const failures = learned(this.#failures, client, answer, at);
    return answer[2] === 1 ? this.#begun(client, member) : failures;
  }

  #begun(client: string, member: string): Attempt {
    return {
      end: async (failed) => {
        const { link, windowMs } = this.#options;
        const at = performance.now();
        if (failed) this.#failures.hit(client, windowMs);
        // Counted before it stops running: in between it would be neither.
        this.#change(client, -1);
        if (link === undefined) return;
        const { count, left } = this.#failures.read(client);
        const values = [windowMs, count, Math.ceil(left), member, failed ? 1 : 0];
        const answer = await link.call("end", this.#keys(client), values);
        if (answer !== undefined) learned(this.#failures, client, answer, at);
      },
    };
  }

  /** In braces what decides where a cluster keeps them: both together. */
  #keys(client: string): string[] {
    const key = `{${this.#options.name}:${client}}`;
    return [key, `${key}:running`];
  }

  #change(client: string, by: 1 | -1): number {
    const now = (this.#running.get(client) ?? 0) + by;
    if (now === 0) this.#running.delete(client);
    else this.#running.set(client, now);
    return now;
  }
}
