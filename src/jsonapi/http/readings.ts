import { KeptWhileUnchanged } from "../../db/kept-while-unchanged.ts";
import type { Exchange } from "../endpoints/layer.ts";
import type { Reading } from "./reply.ts";

/**
 * All of a caller that scopes and rights may follow from: callers of whom it is the same see the same, and what they ask for again may be
 * given again. How soon that comes tells whether anything was committed meanwhile, so it is undefined for those who may not know.
 */
export type ViewOf<Caller> = (caller: Caller) => string | undefined;

/** Characters of all that is kept, with the keys. */
const MOST = 2 * 1024 * 1024;
/** Milliseconds that an answer is kept at most: what follows from the time, as a scope or a computed attribute may, is so far behind. */
const LONGEST = 1_000;
/** A caller says from where they come, and with which browser. */
const LONGEST_KEY = 2_000;

/**
 * The answers to reads that are asked for again and again, by the same caller: pages that many look at, that refresh themselves, that a
 * client asks for once for each of its parts. Within a second, and as long as nothing at all is committed, they are not made again.
 */
export class Readings<Caller> {
  readonly #kept = new KeptWhileUnchanged<Reading>({
    most: MOST,
    weigh: ({ document }, key) => document.length + key.length,
    longest: LONGEST,
    longestKey: LONGEST_KEY,
    fromTheSecond: true,
  });
  readonly #viewOf: ViewOf<Caller>;

  constructor(viewOf: ViewOf<Caller>) {
    this.#viewOf = viewOf;
  }

  /** @throws what `read` throws */
  async of(exchange: Exchange<Caller>, read: (exchange: Exchange<Caller>) => Promise<Reading>): Promise<Reading> {
    const { layer, caller, request, negotiated } = exchange;
    const view = this.#viewOf(caller);
    if (view === undefined) return await read(exchange);
    const key = `${layer.urls.base()} ${request.url} ${negotiated.profile.join()} ${view}`;
    return await this.#kept.get(layer.db, key, () => read(exchange));
  }
}
