import cors, { type FastifyCorsOptions } from "@fastify/cors";
import type { FastifyInstance, FastifyRequest } from "fastify";

const OPTIONS: FastifyCorsOptions = {
  methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
  allowedHeaders: ["Authorization", "Content-Type", "Accept", "If-Match", "If-None-Match"],
  exposedHeaders: [
    "Location",
    "ETag",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-Id",
    "WWW-Authenticate",
  ],
  // The longest that Chromium keeps an answer.
  maxAge: 7200,
  // No credentials: tokens are sent by scripts, and a cookie would be sent by anyone's.
  credentials: false,
};

/**
 * Lets browsers call from `origins`, each exactly `scheme://host[:port]`: on every answer, refusals too. Any other origin gets the
 * same answers without the permission. https://fetch.spec.whatwg.org/#http-cors-protocol
 *
 * A plain `OPTIONS` is left to whoever answers unrouted requests.
 */
export async function registerCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const plain: FastifyCorsOptions = { ...OPTIONS, origin: [...origins], preflight: false };
  const preflight: FastifyCorsOptions = { ...plain, preflight: true };
  await app.register(cors, {
    // Asked for each request, and so `Vary: Origin` is on each answer.
    delegator: (request: FastifyRequest, done: (error: Error | null, options: FastifyCorsOptions) => void) => {
      done(null, isPreflight(request) ? preflight : plain);
    },
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
}
