import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { badRequest } from "../errors/catalogue.ts";

/** RFC 3986, section 3.2.2: a name or an address, with a port or without. May be empty. */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/**
 * Takes over two refusals that Node would send by itself, without a document and past every hook:
 * - a request that has no `Host`, several or an impossible one is answered 400. RFC 9112, section 3.2.
 * - an `Expect` that nobody knows is ignored, as RFC 9110, section 10.1.1, allows; Node's own answer is 417.
 *
 * The server must be made with `requireHostHeader: false`.
 */
export function requireHost(app: FastifyInstance): void {
  // Not in onRequest: a refusal is counted, logged, and readable across origins as any other.
  app.addHook("preParsing", (request, _reply, payload, done) => {
    if (hasOneHost(request)) done(null, payload);
    else done(badRequest("The request must have one Host header, which names a host."), payload);
  });
  app.server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    app.routing(request, response);
  });
}

function hasOneHost({ raw }: FastifyRequest): boolean {
  const hosts = raw.rawHeaders.filter(
    (_value, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === "host",
  );
  const [host] = hosts;
  if (host === undefined) return raw.httpVersion === "1.0";
  return hosts.length === 1 && HOST.test(host);
}
