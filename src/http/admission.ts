import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { serviceUnavailable } from "../errors/catalogue.ts";
import { clientKey } from "./limits.ts";

export interface AdmissionOptions {
  /** Requests at work at once. */
  readonly most: number;
  /** How many of them may be of one client; by default half. */
  readonly mostOfOneClient?: number | undefined;
  /** Requests that one connection may send before the first of them is answered. */
  readonly mostOfOneConnection?: number | undefined;
}

/** Seconds: a request takes milliseconds, if not many others are before it. */
const RETRY_AFTER = 1;

/** Browsers do not pipeline at all. */
const PIPELINED = 16;

/**
 * Bounds what is at work: more requests than that would only wait for the database longer than their clients do, and fill the memory
 * meanwhile. Beyond it the answer is 503 at once. A request counts from when its body is there until its answer is, whether or not
 * the client is still there; a slow sender or reader takes nobody's place. Routes without limits (probes) are always served.
 */
export function registerAdmission(app: FastifyInstance, options: AdmissionOptions): void {
  const { most, mostOfOneClient = Math.ceil(most / 2), mostOfOneConnection = PIPELINED } = options;
  const clients = new Map<string, number>();
  const admitted = new WeakMap<FastifyRequest, string>();
  const pipelined = new WeakMap<Socket, number>();
  let count = 0;

  app.addHook("onRequest", (request, reply, done) => {
    const { socket } = request.raw;
    const before = pipelined.get(socket) ?? 0;
    pipelined.set(socket, before + 1);
    reply.raw.once("close", () => pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1));
    if (before < mostOfOneConnection) done();
    else done(serviceUnavailable("This connection has too many requests that wait for an answer.", RETRY_AFTER));
  });

  app.addHook("preValidation", (request, _reply, done) => {
    if (request.routeOptions.config.rateLimit === false) {
      done();
      return;
    }
    const client = clientKey(request);
    const own = clients.get(client) ?? 0;
    if (count >= most || own >= mostOfOneClient) {
      done(serviceUnavailable("Too many requests are at work just now. Try again in a moment.", RETRY_AFTER));
      return;
    }
    count += 1;
    clients.set(client, own + 1);
    admitted.set(request, client);
    done();
  });

  app.addHook("onSend", (request, _reply, payload, done) => {
    const client = admitted.get(request);
    if (client !== undefined) {
      // Once: an answer that cannot be sent is followed by another one.
      admitted.delete(request);
      count -= 1;
      const others = (clients.get(client) ?? 1) - 1;
      if (others === 0) clients.delete(client);
      else clients.set(client, others);
    }
    done(null, payload);
  });
}
