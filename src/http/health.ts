import type { FastifyInstance } from "fastify";

import { describeError } from "../events/log.ts";

export interface HealthOptions {
  /** Whether requests can be served: the database answers and is migrated. May reject, and may hang. */
  ready(): Promise<boolean>;
}

/** Probes give up after a second or more; an answer must come whatever hangs. In milliseconds. */
const PATIENCE = 2000;

/**
 * `GET /healthz`: the process answers. `GET /readyz`: it can serve requests; 503 when not, or not known within two seconds.
 * Neither is limited, or logged while all is well: probes come every second, all from one address.
 */
export function registerHealth(app: FastifyInstance, { ready }: HealthOptions): void {
  const route = { config: { rateLimit: false }, logLevel: "warn" } as const;

  app.get("/healthz", route, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    return { status: "ok" };
  });

  // One check at a time, so that probes do not pile up behind one that hangs; given up after a while, so that the next can succeed.
  let check: Promise<boolean> | undefined;
  app.get("/readyz", route, async (request, reply) => {
    check ??= within(PATIENCE, ready())
      .catch((error: unknown) => {
        request.log.warn({ error: describeError(error) }, "not ready");
        return false;
      })
      .finally(() => {
        check = undefined;
      });
    const isReady = await check;
    reply.header("cache-control", "no-store");
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "unavailable" });
  });
}

/** What `check` says, or false when it says nothing in time. */
async function within(milliseconds: number, check: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, milliseconds);
  });
  try {
    return await Promise.race([check, late]);
  } finally {
    clearTimeout(timer);
  }
}
