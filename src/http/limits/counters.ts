import { type Count, OwnCounters } from "./own-counters.ts";
import type { RedisLink } from "./redis-link.ts";

/**
 * Counters by key: in Redis, for all instances, or, where there is none or as long as it is away, of this process. What Redis answers is
 * remembered here, so that whoever was counted there goes on from it when Redis is lost; and what was counted here without it counts
 * there when it is back.
 */
export class Counters {
  readonly #own: OwnCounters;
  readonly #link: RedisLink | undefined;

  /** @param most how many are kept in the process */
  constructor(most: number, link?: RedisLink) {
    this.#own = new OwnCounters(most);
    this.#link = link;
  }

  /** Counts one more. */
  async hit(key: string, windowMs: number): Promise<Count> {
    const at = performance.now();
    const { count, left } = this.#own.read(key);
    const answer = await this.#link?.call("hit", [key], [windowMs, count, Math.ceil(left)]);
    if (answer === undefined) return this.#own.hit(key, windowMs);
    return learned(this.#own, key, answer, at);
  }
}

/** Remembers what Redis answered. */
export function learned(own: OwnCounters, key: string, [count = 0, left = 0]: readonly number[], at: number): Count {
  own.learn(key, { count, left }, at);
  return { count, left };
}
