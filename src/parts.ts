import { availableParallelism } from "node:os";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

import { Hasher } from "./accounts/hasher.ts";
import { HashingProcess } from "./accounts/hashing/hashing-process.ts";
import { derivedKey } from "./accounts/signing-key.ts";
import type { Config } from "./config/variables.ts";
import type { Observe } from "./events/event.ts";
import { networkOf } from "./http/limits.ts";
import { threadedMailer } from "./mail/threaded.ts";

/** Parts of the server that follow from its configuration. */

export interface HasherBounds {
  /**
   * How many threads libuv has in the server's process (`UV_THREADPOOL_SIZE`). No more hashes than that run at once, and no more than
   * there are processors: the process that hashes has a thread for each. Default 4, as libuv's.
   */
  readonly threads?: number;
  /** How many passwords may wait to be hashed; beyond that the answer is 503. */
  readonly maxWaitingHashes?: number;
}

/** Hashing in a process of its own, as wide as there are processors and the operator allows threads. */
export function hasherOf(config: Config, { threads = 4, maxWaitingHashes }: HasherBounds, observe: Observe) {
  const cores = availableParallelism();
  const concurrency = Math.max(1, Math.min(cores, threads));
  const concurrencyHere = Math.max(1, Math.min(cores, threads - 1));
  const hashing = new HashingProcess({ concurrency, concurrencyHere, observe });
  const hasher = new Hasher({
    logN: config.SCRYPT_LOG_N,
    p: config.SCRYPT_P,
    concurrency,
    maxWaiting: maxWaitingHashes,
    runner: hashing,
    groupOf: networkOf,
    observe,
  });
  return { hasher, hashing };
}

/**
 * Where all instances count together. What makes instances one installation is the secret that they share; a copy of its database that
 * is served under another URL, as for a trial, counts by itself.
 */
export function redisOf({ REDIS_URL, PUBLIC_URL }: Config, secret: string) {
  if (REDIS_URL === undefined) return undefined;
  const installation = derivedKey(secret, `limits of ${PUBLIC_URL ?? ""}`)
    .toString("hex")
    .slice(0, 16);
  return { url: REDIS_URL, prefix: `rekey:${installation}:` };
}

/** Postmark, in a thread of its own. */
export function postmark(token: string, config: Config) {
  return threadedMailer({
    token,
    apiUrl: config.POSTMARK_API_URL,
    stream: config.POSTMARK_MESSAGE_STREAM,
    from: config.MAIL_FROM,
  });
}

/**
 * The base of all links: as configured, or where the server listens. With port 0 only the listening server knows, and asking
 * it for every link of a document would cost a tenth of the answer: it is asked once.
 */
export function publicUrlOf(app: FastifyInstance, config: Config): () => string {
  let known = config.PUBLIC_URL;
  return () => {
    if (known !== undefined) return known;
    const address = app.server.address() as AddressInfo | null;
    const host = config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST;
    const url = `http://${host}:${String(address?.port ?? config.PORT)}`;
    if (address !== null) known = url;
    return url;
  };
}
