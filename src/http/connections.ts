import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

import { networkOf } from "./limits.ts";

export interface ConnectionBounds {
  /** Open connections. Beyond it new ones are closed at once. */
  readonly most: number;
  /** How many of them may come from one address (IPv6: network) that is no trusted proxy. */
  readonly mostOfOneAddress: number;
  /** Answers that are ready, and that their clients have not taken yet. Beyond it the oldest one is given up, with its connection. */
  readonly mostUntaken: number;
  /** Milliseconds within which a client must have taken an answer. */
  readonly takeWithin: number;
  /** Whether an address is a proxy that is believed: its connections are those of many clients. */
  readonly isProxy: (address: string, hop: number) => boolean;
}

/** How often answers that nobody takes are looked for, and how often the log tells of refused connections (milliseconds). */
const SWEEP = 1_000;
const TELL = 60_000;

/**
 * Bounds what clients can hold by doing nothing: connections, and the memory of answers that they asked for and do not read. (A
 * request that does not arrive is cut by the server's timeouts.)
 */
export function boundConnections(app: FastifyInstance, bounds: ConnectionBounds): void {
  const { server } = app;
  server.maxConnections = bounds.most;

  const counts = new Map<string, number>();
  const tellOfRefused = atMostEvery(TELL, (refused: number) => {
    app.log.warn({ refused }, "too many connections: some were refused");
  });
  server.on("drop", tellOfRefused);
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (bounds.isProxy(address, 0)) return;
    const key = networkOf(address);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    socket.once("close", () => {
      const left = (counts.get(key) ?? 1) - 1;
      if (left === 0) counts.delete(key);
      else counts.set(key, left);
    });
    if (count <= bounds.mostOfOneAddress) return;
    tellOfRefused();
    socket.destroy();
  });
  giveUpUntaken(app, bounds);
}

function giveUpUntaken(app: FastifyInstance, { mostUntaken, takeWithin }: ConnectionBounds): void {
  /** The oldest first. */
  const untaken = new Map<ServerResponse, { readonly socket: Socket; readonly since: number }>();
  app.addHook("onSend", (request, reply, payload, done) => {
    const answer = reply.raw;
    if (!untaken.has(answer) && !answer.closed) {
      untaken.set(answer, { socket: request.raw.socket, since: performance.now() });
      answer.once("close", () => untaken.delete(answer));
      const [oldest] = untaken;
      if (untaken.size > mostUntaken && oldest !== undefined) giveUp(oldest[0], oldest[1].socket);
    }
    done(null, payload);
  });

  const giveUp = (answer: ServerResponse, socket: Socket) => {
    untaken.delete(answer);
    socket.destroy();
  };
  const sweep = setInterval(
    () => {
      const before = performance.now() - takeWithin;
      for (const [answer, { socket, since }] of untaken) {
        if (since > before) return;
        giveUp(answer, socket);
      }
    },
    Math.min(SWEEP, takeWithin / 2),
  );
  sweep.unref();
  app.addHook("onClose", async () => {
    clearInterval(sweep);
  });
}

/** Calls `tell` at once, then at most so often, with how many times it was called for. */
function atMostEvery(milliseconds: number, tell: (times: number) => void): () => void {
  let times = 0;
  let next = 0;
  return () => {
    times += 1;
    if (performance.now() < next) return;
    next = performance.now() + milliseconds;
    tell(times);
    times = 0;
  };
}
