import { isIP } from "node:net";
import rateLimit, { normalizeIP, type RateLimitOptions } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { isWrongSecret, tooManyRequests } from "../errors/catalogue.ts";
import { Fault } from "../errors/fault.ts";
import type { Observe } from "../events/event.ts";

/** At most `max` in a window of `windowSeconds`, which starts with the first one. */
export interface Rate {
  readonly max: number;
  readonly windowSeconds: number;
}

export interface LimitsOptions {
  /** For all requests of a client; null for none. */
  readonly global: Rate | null;
  /** An ioredis client: counters are then shared by all instances. Without it they are kept in the process. */
  readonly redis?: unknown;
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

/** Who is told of refusals, by server. */
const observers = new WeakMap<FastifyInstance, Observe>();

/**
 * What a client is counted by: its address, an IPv6 one by its /64 network, an IPv4-mapped one as IPv4.
 * Asked for first when the request arrives; later its connection may be gone, and the address with it.
 */
export function clientKey(request: FastifyRequest): string {
  const known = keys.get(request);
  if (known !== undefined) return known;
  const address = [request.ip, request.socket.remoteAddress].find((ip) => ip !== undefined && isIP(ip) !== 0);
  const key = networkOf(address ?? "");
  keys.set(request, key);
  return key;
}

/** See {@link clientKey}. */
export function networkOf(address: string): string {
  return isIP(address) === 0 ? "unknown" : normalizeIP(address, IPV6_SUBNET);
}

/** Sets up the counters, and the limit for all requests. Before all routes and all other limiters. */
export async function registerLimits(app: FastifyInstance, { global, redis, observe }: LimitsOptions): Promise<void> {
  if (observe !== undefined) observers.set(app, observe);
  await app.register(rateLimit, {
    global: false,
    // A shared store that is down must not take the server down with it.
    ...(redis === undefined ? {} : { redis, nameSpace: "rekey:limit:", skipOnError: true }),
  });
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
  /** Clients with attempts that are still running: all that is kept beside the counters. */
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
 * that a hundred guesses at once are no more than a hundred in a row.
 *
 * @param name its counter is its own
 * @param counters how many clients' failures are kept
 */
export function failureLimiter(app: FastifyInstance, name: string, rate: Rate, counters = COUNTERS): FailureLimiter {
  const count = counter(app, name, rate, counters);
  const refusal = refusalsOf(app, name, rate);
  const running = new Map<string, number>();
  const change = (key: string, by: 1 | -1) => {
    const now = (running.get(key) ?? 0) + by;
    if (now === 0) running.delete(key);
    else running.set(key, now);
    return now;
  };

  return {
    get clients() {
      return running.size;
    },
    async attempt(request, run) {
      const key = clientKey(request);
      // Counted before the first wait: of many that begin at once each sees those before it.
      const others = change(key, 1) - 1;
      try {
        const { remaining, resetSeconds } = await count(request, { increment: false });
        if (others >= remaining) throw refusal(remaining === 0 ? resetSeconds : 1);
        return await run();
      } catch (error) {
        // Counted before it stops running: in between it would be neither.
        if (isWrongSecret(error)) await count(request);
        throw error;
      } finally {
        change(key, -1);
      }
    },
  };
}

interface Count {
  readonly isExceeded: boolean;
  readonly remaining: number;
  /** Until the window ends; at least 1. */
  readonly resetSeconds: number;
}

function counter(app: FastifyInstance, name: string, { max, windowSeconds }: Rate, counters: number) {
  // `cache` must be said for each limiter: the plugin's own setting does not reach those made by createRateLimit.
  const options: RateLimitOptions = {
    max,
    timeWindow: windowSeconds * 1000,
    cache: counters,
    // With the name: in a shared store all limiters have one name space.
    keyGenerator: (request) => `${name}:${clientKey(request)}`,
  };
  const limit = app.createRateLimit(options);
  return async (request: FastifyRequest, how: { readonly increment?: boolean } = {}): Promise<Count> => {
    const found = await limit(request, how);
    // Only a client on an allow list is; there is none.
    if (found.isAllowed) return { isExceeded: false, remaining: max, resetSeconds: windowSeconds };
    return {
      isExceeded: found.isExceeded,
      remaining: found.remaining,
      resetSeconds: Math.max(1, found.ttlInSeconds),
    };
  };
}

/** Makes the faults of a limiter, and tells of each. */
function refusalsOf(app: FastifyInstance, name: string, rate: Rate): (retryAfter: number) => Fault {
  const observe = observers.get(app);
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
