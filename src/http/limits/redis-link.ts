import type { Redis } from "ioredis";

import type { Observe } from "../../events/event.ts";
import { SCRIPTS, type ScriptName } from "./scripts.ts";

/* All in milliseconds. */

/** No request waits longer than this: it is counted in the process then, and so are all others until the answer comes. */
const PATIENCE = 150;
/** An answer that is late comes within this, or Redis is given up. */
const GRACE = 1000;
/** It is given up too if more answers than this were late within this time: one that is always slow would hold up one after another. */
const LATE = { most: 3, within: 10_000 };
/** To connect, encrypt and log in: nobody waits for it. */
const CONNECT_PATIENCE = 2000;
/** The server starts without Redis after this. */
const START_PATIENCE = 1000;
/** From the loss to the next try; doubles as long as tries fail. */
const AGAIN = { first: 500, most: 15_000 };
/** A connection that was lost earlier than this did not last: the next try waits as if it had failed. */
const LASTING = 30_000;

/** Loaded where there is a Redis: it would be a tenth of every start. */
const loadClient = async () => await import("ioredis");

type Script = (...keysAndArguments: readonly (string | number)[]) => Promise<number[]>;
type Scripted = Redis & Readonly<Record<ScriptName, Script>>;

export interface RedisLinkOptions {
  /** `redis://` or `rediss://`. Holds a password, and is never shown. */
  readonly url: string;
  /** What all keys begin with. */
  readonly prefix: string;
  /** How long a request waits for an answer at most (milliseconds). */
  readonly patience?: number | undefined;
  readonly observe?: Observe | undefined;
}

/**
 * Redis, or nothing at once. As long as it answers in time everything goes there; from its first failure on (gone, slow, full, read-only,
 * a wrong password: whatever keeps a script from running) nobody waits for it any more, until a try in the background has had an answer.
 * Told are the moments when that changes, and nothing in between. A single answer that is late changes nothing but that nobody asks until
 * it has come.
 */
export class RedisLink {
  readonly #url: string;
  readonly #prefix: string;
  readonly #patience: number;
  readonly #observe: Observe | undefined;
  /** Answers; undefined while it is away. */
  #redis: Scripted | undefined;
  /** An answer is overdue. */
  #isLate = false;
  /** When answers were overdue of late, by `performance.now()`. */
  #lateAt: readonly number[] = [];
  #trying: Scripted | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #since = 0;
  #isShared: boolean | undefined;
  #closed = false;

  constructor({ url, prefix, patience = PATIENCE, observe }: RedisLinkOptions) {
    this.#url = url;
    this.#prefix = prefix;
    this.#patience = patience;
    this.#observe = observe;
  }

  /** Begins to connect, and waits a moment for how that goes. Never rejects. */
  async open(): Promise<void> {
    await loadClient();
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, START_PATIENCE);
    });
    await Promise.race([this.#try(), enough]);
    clearTimeout(timer);
  }

  /** What a script returns; undefined, without waiting, while Redis is away. Never rejects. */
  async call(
    script: ScriptName,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<readonly number[] | undefined> {
    const redis = this.#redis;
    if (redis === undefined || this.#isLate) return undefined;
    const answer = this.#run(redis, script, keys, values);
    try {
      return await within(this.#patience, answer);
    } catch (error) {
      if (this.#redis !== redis) return undefined;
      if (error instanceof NoAnswer) this.#standAside(redis, answer);
      else this.#lost(error);
      return undefined;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#redis?.disconnect();
    this.#trying?.disconnect();
    this.#redis = undefined;
  }

  #run(redis: Scripted, script: ScriptName, keys: readonly string[], values: readonly (string | number)[]) {
    return redis[script](...keys.map((key) => this.#prefix + key), ...values);
  }

  /** Connects, and counts for a try: whether it may write is seen by no less. */
  async #try(): Promise<void> {
    const { Redis } = await loadClient();
    const redis = new Redis(this.#url, {
      lazyConnect: true,
      // When to try again is decided here; what waits in a queue would come too late.
      retryStrategy: () => null,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_PATIENCE,
      keepAlive: 10_000,
      // Who does not answer does not close its end either.
      disconnectTimeout: 50,
      protocol: 2,
      disableClientInfo: true,
      connectionName: "rekey",
      scripts: SCRIPTS,
    }) as Scripted;
    this.#trying = redis;
    let cause: unknown;
    redis.on("error", (error) => {
      cause ??= error;
    });
    const probe = () => this.#run(redis, "hit", ["probe"], [1000, 0, 0]);
    try {
      await within(CONNECT_PATIENCE, redis.connect());
      // SELECT may have failed without ending the connection.
      if (cause !== undefined) throw new NoAnswer();
      // The first time it also learns the script.
      await within(CONNECT_PATIENCE, probe());
      await within(this.#patience, probe());
      if (this.#closed) throw new NoAnswer();
      redis.on("close", () => {
        if (this.#redis === redis) this.#lost(cause ?? new NoAnswer("closed"));
      });
      this.#redis = redis;
      this.#since = performance.now();
      this.#tell(true);
    } catch (error) {
      redis.disconnect();
      this.#later(cause ?? error);
    }
    this.#trying = undefined;
  }

  /** Until an answer that is overdue has come. */
  #standAside(redis: Scripted, answer: Promise<unknown>): void {
    // Others that wait learn of the same trouble.
    if (this.#isLate) return;
    this.#observe?.({ type: "limits.late" });
    const now = performance.now();
    this.#lateAt = [...this.#lateAt.filter((at) => at > now - LATE.within), now];
    if (this.#lateAt.length > LATE.most) {
      this.#lost(new NoAnswer());
      return;
    }
    this.#isLate = true;
    within(GRACE, answer).then(
      () => {
        if (this.#redis === redis) this.#isLate = false;
      },
      (error: unknown) => {
        if (this.#redis === redis) this.#lost(error);
      },
    );
  }

  #lost(error: unknown): void {
    const redis = this.#redis;
    this.#redis = undefined;
    this.#isLate = false;
    this.#lateAt = [];
    redis?.disconnect();
    if (performance.now() - this.#since > LASTING) this.#failures = 0;
    this.#later(error);
  }

  #later(error: unknown): void {
    if (this.#closed) return;
    this.#tell(false, reasonOf(error));
    const wait = Math.min(AGAIN.most, AGAIN.first * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    // Instances that lost it together do not come back together.
    this.#timer = setTimeout(() => void this.#try(), wait * (0.75 + Math.random() / 2));
    this.#timer.unref();
  }

  #tell(isShared: boolean, reason = ""): void {
    if (this.#isShared === isShared) return;
    this.#isShared = isShared;
    try {
      this.#observe?.(isShared ? { type: "limits.shared" } : { type: "limits.unshared", reason });
    } catch {
      // An observer's own trouble is not ours.
    }
  }
}

class NoAnswer extends Error {
  readonly code: string;

  constructor(code = "no answer in time") {
    super(code);
    this.code = code;
  }
}

/**
 * @throws {NoAnswer} when `work` takes longer. Not if it is this process that was held up: after the time is over, what has arrived
 *   meanwhile is read first.
 */
function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      setImmediate(() => {
        reject(new NoAnswer());
      });
    }, milliseconds);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/**
 * Why, in a word: a system's or TLS' error code, or the first word of Redis' answer (`WRONGPASS`, `OOM`, `READONLY`). Never the message:
 * it may hold a part of the URL.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "error";
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  // Whether a request or the connection itself says so first is chance.
  if (/connection is closed|isn't writeable/i.test(error.message)) return "closed";
  return /^[A-Z]{2,}\b/.exec(error.message)?.[0] ?? error.name;
}
