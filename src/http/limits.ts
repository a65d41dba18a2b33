import { isIP } from "node:net";
import rateLimit, {
  normalizeIP,
  type FastifyRateLimitStore,
  type FastifyRateLimitStoreCtor,
  type RateLimitOptions,
} from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { isWrongSecret, tooManyRequests } from "../errors/catalogue.ts";
import { Fault } from "../errors/fault.ts";
import type { Observe } from "../events/event.ts";
import { Attempts } from "./limits/attempts.ts";
import { Counters } from "./limits/counters.ts";
import { RedisLink, type RedisLinkOptions } from "./limits/redis-link.ts";

/** At most `max` in a window of `windowSeconds`, which starts with the first one. */
export interface Rate {
  readonly max: number;
  readonly windowSeconds: number;
}

export interface LimitsOptions {
  /** For all requests of a client; null for none. */
  readonly global: Rate | null;
  /**
   * A Redis in which all instances count together: its URL, and what the keys there begin with, so that several installations may share
   * one. Without it counters are kept in the process, and so they are as long as it is away.
   */
  readonly redis?: Pick<RedisLinkOptions, "url" | "prefix" | "patience"> | undefined;
  readonly observe?: Observe;
}

/**
 * Counters kept per limiter. Beyond it the least recently used is forgotten, so that a flood of addresses cannot fill the memory.
 * Who has so many addresses that their own counter is forgotten within its window gains nothing by it: each of those addresses may
 * try as often as the first.
 */
const COUNTERS = 100_000;

/** Hosts choose any address of their /64: counted singly, one client would be 2^64. */
const IPV6_SUBNET = 64;

const keys = new WeakMap<FastifyRequest, string>();

interface Limits {
  /** Is told of refusals. */
  readonly observe: Observe | undefined;
  readonly link: RedisLink | undefined;
}

/** By server. */
const known = new WeakMap<FastifyInstance, Limits>();

/**
 * What a client is counted by: its address, an IPv6 one by its /64 network, an IPv4-mapped one as IPv4.
 * Asked for first when the request arrives; later its connection may be gone, and the address with it.
 */
export function clientKey(request: FastifyRequest): string {
  const asked = keys.get(request);
  if (asked !== undefined) return asked;
  const address = [request.ip, request.socket.remoteAddress].find((ip) => ip !== undefined && isIP(ip) !== 0);
  const key = networkOf(address ?? "");
  keys.set(request, key);
  return key;
}

/** See {@link clientKey}. */
export function networkOf(address: string): string {
  return isIP(address) === 0 ? "unknown" : normalizeIP(address, IPV6_SUBNET);
}

/**
 * Sets up the counters, and the limit for all requests. Before all routes and all other limiters. Waits a moment for Redis, and goes on
 * without it.
 */
export async function registerLimits(app: FastifyInstance, { global, redis, observe }: LimitsOptions): Promise<void> {
  const link = redis === undefined ? undefined : new RedisLink({ ...redis, observe });
  known.set(app, { observe, link });
  await app.register(rateLimit, { global: false, store: storeOf(link) });
  if (link !== undefined) {
    app.addHook("onClose", (_app, done) => {
      link.close();
      done();
    });
    await link.open();
  }
  app.addHook("onRequest", (request, _reply, done) => {
    clientKey(request);
    done();
  });
  if (global === null) return;
  const limit = requestLimiter(app, "global", global);
  // Our own hook, since the plugin's does not see unknown URLs.
  app.addHook("onRequest", async (request, reply) => {
    if (request.routeOptions.config.rateLimit !== false) await limit(request, reply);
  });
}

/**
 * Counts requests per client and refuses those beyond `rate`. Every answer carries the `RateLimit-*` headers
 * (draft-ietf-httpapi-ratelimit-headers-02).
 *
 * @param name its counters are its own
 * @param counters how many of them are kept
 * @throws {Fault} 429 with `Retry-After`
 */
export function requestLimiter(
  app: FastifyInstance,
  name: string,
  rate: Rate,
  counters = COUNTERS,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const count = counter(app, name, rate, counters);
  const refusal = refusalsOf(app, name, rate);
  return async (request, reply) => {
    const { isExceeded, remaining, resetSeconds } = await count(request);
    if (isExceeded) throw refusal(resetSeconds);
    reply.headers(rateHeaders(rate, remaining, resetSeconds));
  };
}

export interface FailureLimiter {
  /** Clients with attempts that are still running here: all that is kept beside the counters. */
  readonly clients: number;
  /**
   * Runs `run` unless the client had too many failures.
   *
   * @throws {Fault} 429 with `Retry-After`, before `run`; and whatever `run` throws
   */
  attempt<T>(request: FastifyRequest, run: () => Promise<T>): Promise<T>;
}

/**
 * Counts what a client gets wrong, and refuses it once that is `rate.max`. Attempts that are still running count as failed, so
 * that a hundred guesses at once are no more than a hundred in a row; with Redis, whichever instances they go to.
 *
 * @param name its counter is its own
 * @param counters how many clients' failures are kept
 */
export function failureLimiter(app: FastifyInstance, name: string, rate: Rate, counters = COUNTERS): FailureLimiter {
  const refusal = refusalsOf(app, name, rate);
  const { max: most, windowSeconds } = rate;
  const attempts = new Attempts({ most, windowMs: windowSeconds * 1000, name, counters, link: known.get(app)?.link });

  return {
    get clients() {
      return attempts.clients;
    },
    async attempt(request, run) {
      const attempt = await attempts.begin(clientKey(request));
      // Where not all have failed yet, some are still running, and may turn out well.
      if (!("end" in attempt)) throw refusal(attempt.count < most ? 1 : secondsOf(attempt.left));
      let failed = false;
      try {
        return await run();
      } catch (error) {
        failed = isWrongSecret(error);
        throw error;
      } finally {
        await attempt.end(failed);
      }
    },
  };
}

/** Counts a client's requests. */
function counter(app: FastifyInstance, name: string, { max, windowSeconds }: Rate, counters: number) {
  const options: RateLimitOptions = {
    max,
    timeWindow: windowSeconds * 1000,
    // Must be said for each limiter: the plugin's own setting does not reach those made by createRateLimit.
    cache: counters,
    // With the name: in a shared store all limiters have one name space.
    keyGenerator: (request) => `${name}:${clientKey(request)}`,
  };
  const limit = app.createRateLimit(options);
  return async (request: FastifyRequest) => {
    const found = await limit(request);
    // Only a client on an allow list is; there is none.
    if (found.isAllowed) return { isExceeded: false, remaining: max, resetSeconds: windowSeconds };
    return { isExceeded: found.isExceeded, remaining: found.remaining, resetSeconds: secondsOf(found.ttl) };
  };
}

/** As a client is told: whole seconds, at least one. */
function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}

/** Where @fastify/rate-limit counts: it makes one store for itself, and by `child` one for each limiter. */
function storeOf(link: RedisLink | undefined): FastifyRateLimitStoreCtor {
  return class Store implements FastifyRateLimitStore {
    readonly #counters: Counters;

    /** @param options what the plugin was told, and what the limiter was told */
    constructor(options: object) {
      const { cache } = options as RateLimitOptions;
      this.#counters = new Counters(cache ?? COUNTERS, link);
    }

    incr(key: string, callback: Parameters<FastifyRateLimitStore["incr"]>[1], timeWindow: number): void {
      // It never rejects.
      void this.#counters.hit(key, timeWindow).then(({ count, left }) => {
        callback(null, { current: count, ttl: left });
      });
    }

    child(options: object): Store {
      return new Store(options);
    }
  };
}

/** Makes the faults of a limiter, and tells of each. */
function refusalsOf(app: FastifyInstance, name: string, rate: Rate): (retryAfter: number) => Fault {
  const observe = known.get(app)?.observe;
  return (retryAfter) => {
    observe?.({ type: "limit.exceeded", limiter: name });
    const fault = tooManyRequests(retryAfter);
    return new Fault({ ...fault, headers: { ...fault.headers, ...rateHeaders(rate, 0, retryAfter) } });
  };
}

function rateHeaders({ max }: Rate, remaining: number, resetSeconds: number): Record<string, string> {
  return {
    "ratelimit-limit": String(max),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(resetSeconds),
  };
}
