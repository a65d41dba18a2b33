import type { Knex } from "knex";

import { commitMark } from "../db/commit-mark.ts";

/** Beyond it all are forgotten; each takes some hundred bytes. */
const MOST = 10_000;

interface Kept<Found> {
  readonly mark: string;
  readonly found: Map<string, Found>;
}

const caches = new WeakMap<object, Kept<unknown>>();

/**
 * What `look` finds for `key`, kept as long as nothing at all is committed to the database: whoever ends a session, changes a password
 * or takes a role away has been answered after the last time that the old answer was used. Where commits cannot be noticed for less
 * than a query, nothing is kept.
 *
 * @param key what it is found by, and everything else that it depends on but the time
 * @returns `undefined`, which is not kept, when there is nothing
 */
export async function keptWhileUnchanged<Found>(
  db: Knex,
  key: string,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  // Before the query: what is committed during it may be in what it finds or not.
  const mark = await commitMark(db);
  if (mark === undefined) return look();
  const client = db.client as object;
  let kept = caches.get(client) as Kept<Found> | undefined;
  if (kept?.mark !== mark) {
    kept = { mark, found: new Map() };
    caches.set(client, kept);
  }
  const known = kept.found.get(key);
  if (known !== undefined) return known;
  const found = await look();
  if (found === undefined) return undefined;
  if (kept.found.size >= MOST) kept.found.clear();
  kept.found.set(key, found);
  return found;
}
