import type { Knex } from "knex";

import { commitMark } from "./commit-mark.ts";

/** Longer keys are not kept: with them a stranger could fill the memory (characters). */
const LONGEST_KEY = 500;

interface Kept<Found> {
  readonly mark: string;
  readonly found: Map<string, Found>;
}

/**
 * What was found in a database, kept as long as nothing at all is committed to it: whoever ends a session, changes a password, adds or
 * deletes a row has been answered after the last time that the old finding was used. Where commits cannot be noticed for less than a
 * query (see commitMark()), nothing is kept.
 */
export class KeptWhileUnchanged<Found> {
  readonly #most: number;
  readonly #caches = new WeakMap<object, Kept<Found>>();

  /** @param most findings that are kept of a database; beyond it all are forgotten */
  constructor(most: number) {
    this.#most = most;
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
    // Before the query: what is committed during it may be in what it finds or not.
    const mark = key.length > LONGEST_KEY ? undefined : await commitMark(db);
    if (mark === undefined) return look();
    const client = db.client as object;
    let kept = this.#caches.get(client);
    if (kept?.mark !== mark) {
      kept = { mark, found: new Map() };
      this.#caches.set(client, kept);
    }
    const known = kept.found.get(key);
    if (known !== undefined) return known;
    const found = await look();
    if (found === undefined) return found;
    if (kept.found.size >= this.#most) kept.found.clear();
    kept.found.set(key, found);
    return found;
  }
}
