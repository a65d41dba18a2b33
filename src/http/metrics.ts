import type { FastifyInstance, FastifyRequest } from "fastify";

import { unauthorized } from "../errors/catalogue.ts";
import { Fault } from "../errors/fault.ts";
import { Counter, Histogram, type Registry } from "../events/prometheus.ts";
import { secretCheck } from "./secret.ts";

/** Everything else, of the dozens that Node lets through, is one. */
const METHODS = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]);

/** Seconds: from a read to a login that waited for others. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Counts and times every request, by method, route pattern and status. Never by URL: ids and tokens stand there, and strangers
 * could make as many series as they like. What has no route is one of its own, `none`.
 */
export function registerRequestMetrics(app: FastifyInstance, registry: Registry): void {
  const labelNames = ["method", "route", "status"] as const;
  const registers = [registry];
  const count = new Counter({
    name: "http_requests_total",
    help: "Requests that were answered.",
    labelNames,
    registers,
  });
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "From the arrival of a request until its answer was sent.",
    labelNames,
    buckets: DURATIONS,
    registers,
  });
  /** By method, route and status: as many as there are series. */
  const series = new Map<string, { count: Counter.Internal; duration: Histogram.Internal<string> }>();
  app.addHook("onResponse", (request, reply, done) => {
    const method = METHODS.has(request.method) ? request.method : "other";
    const route = routeOf(request);
    const status = String(reply.statusCode);
    const key = `${method} ${route} ${status}`;
    let own = series.get(key);
    if (own === undefined) {
      own = { count: count.labels(method, route, status), duration: duration.labels(method, route, status) };
      series.set(key, own);
    }
    own.count.inc();
    own.duration.observe(reply.elapsedTime / 1000);
    done();
  });
}

/** Without a route: an unknown URL, a wrong method, and what the CORS plugin answers for every URL alike. */
function routeOf(request: FastifyRequest): string {
  const pattern = request.routeOptions.url;
  return pattern === undefined || pattern === "*" || request.is404 ? "none" : pattern;
}

export interface MetricsRouteOptions {
  /** The metrics in Prometheus' text format. */
  readonly read: () => Promise<string>;
  readonly contentType: string;
  /** Who sends it as bearer may read; undefined: anybody. */
  readonly token: string | undefined;
}

/**
 * `GET /metrics`, for Prometheus. Where numbers rise with every mail, whoever reads them learns who has an account: ask for a reset,
 * and look whether a mail was sent. So it takes a token of its own. Neither limited (a scraper must get through when it matters
 * most, and 128 random bits are not guessed) nor logged while all is well.
 */
export function registerMetrics(app: FastifyInstance, { read, contentType, token }: MetricsRouteOptions): void {
  const isRight = token === undefined ? undefined : secretCheck(token);
  app.get("/metrics", { config: { rateLimit: false }, logLevel: "warn" }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    if (isRight !== undefined && !isRight(bearerOf(request))) {
      const tokenSent = request.headers.authorization !== undefined;
      request.log.warn({ tokenSent }, "metrics refused");
      throw new Fault({ ...unauthorized(tokenSent), detail: "The metrics need the token that METRICS_TOKEN holds." });
    }
    return reply.type(contentType).send(await read());
  });
}

/** RFC 6750, section 2.1. Empty for anything else. */
function bearerOf({ headers }: FastifyRequest): string {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}
