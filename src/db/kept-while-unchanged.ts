import type { Knex } from "knex";

import { commitMark } from "./commit-mark.ts";

export interface Keeping<Found> {
  /** Findings that are kept of a database, by their weights; beyond it all are forgotten. */
  readonly most: number;
  /** What keeping a finding takes. Default: 1. */
  readonly weigh?: (found: Found, key: string) => number;
  /** Characters: longer keys are not kept. With them a stranger could fill the memory. Default: 500. */
  readonly longestKey?: number;
  /**
   * Milliseconds that findings are kept at most: for what may follow from more than the database and the key, the time above all.
   * Default: however long.
   */
  readonly longest?: number;
  /** Whether a finding is kept only when it is asked for again: for what is large, and mostly asked for once. Default: false. */
  readonly fromTheSecond?: boolean;
}

/** That somebody has asked for something before. */
const ASKED = Symbol("asked");

/** What was found between two commits. */
interface Kept<Found> {
  readonly mark: string;
  /** As performance.now() has it. */
  readonly end: number;
  /** Whoever asks for what is being looked for waits for that. */
  readonly found: Map<string, Found | Promise<Found | undefined> | typeof ASKED>;
  weight: number;
}

/**
 * What was found in a database, kept as long as nothing at all is committed to it: whoever ends a session, changes a password, adds or
 * deletes a row has been answered after the last time that the old finding was used. Where commits cannot be noticed for less than a
 * query (see commitMark()), nothing is kept.
 */
export class KeptWhileUnchanged<Found> {
  readonly #keeping: Required<Keeping<Found>>;
  readonly #caches = new WeakMap<object, Kept<Found>>();

  constructor(keeping: Keeping<Found>) {
    this.#keeping = { weigh: () => 1, longestKey: 500, longest: Infinity, fromTheSecond: false, ...keeping };
  }

  /**
   * What `look` finds for `key`, now or since the last commit.
   *
   * @param key what it is found by, and everything else that it depends on but the time
   * @param look may find nothing: `undefined` is not kept
   * @throws what `look` throws
   */
  async get<Looked extends Found | undefined>(
    db: Knex,
    key: string,
    look: () => Promise<Looked>,
  ): Promise<Looked | Found> {
    const { longestKey, fromTheSecond } = this.#keeping;
    // Before the query: what is committed during it may be in what it finds or not.
    const mark = key.length > longestKey ? undefined : await commitMark(db);
    if (mark === undefined) return look();
    const kept = this.#since(mark, db.client as object);
    const known = kept.found.get(key);
    if (fromTheSecond && known === undefined) {
      this.#keep(kept, key, ASKED, key.length);
      return look();
    }
    // Whose look fails for somebody else looks again.
    if (known instanceof Promise) return (await known.catch(look)) as Looked | Found;
    if (known !== undefined && known !== ASKED) return known;

    const looking = look();
    kept.found.set(key, looking);
    try {
      const found = await looking;
      if (found === undefined) kept.found.delete(key);
      else this.#keep(kept, key, found, this.#keeping.weigh(found, key));
      return found;
    } catch (error) {
      kept.found.delete(key);
      throw error;
    }
  }

  #since(mark: string, client: object): Kept<Found> {
    const now = performance.now();
    let kept = this.#caches.get(client);
    if (kept?.mark !== mark || kept.end < now) {
      kept = { mark, end: now + this.#keeping.longest, found: new Map(), weight: 0 };
      this.#caches.set(client, kept);
    }
    return kept;
  }

  #keep(kept: Kept<Found>, key: string, found: Found | typeof ASKED, weight: number): void {
    if (weight > this.#keeping.most) {
      kept.found.delete(key);
      return;
    }
    if (kept.weight + weight > this.#keeping.most) {
      kept.found.clear();
      kept.weight = 0;
    }
    kept.found.set(key, found);
    kept.weight += weight;
  }
}
