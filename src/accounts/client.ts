import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

import type { Client } from "./caller.ts";

const MAX_USER_AGENT = 512;
/** The longest text of an IPv6 address; a zone behind it says nothing to anybody else. */
const MAX_IP_ADDRESS = 45;

/** A client and when it asked for something, as it stands in an outbox entry and in the mail to the account's holder. */
export interface AskedBy extends Client {
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** From where a request comes. */
export function clientOf(request: FastifyRequest): Client {
  const userAgent = request.headers["user-agent"];
  return {
    ipAddress: addressOf(request),
    userAgent: userAgent === undefined || userAgent === "" ? null : userAgent.slice(0, MAX_USER_AGENT),
  };
}

/**
 * `request.ip` is the proxy's word, and only where the proxy is trusted. One that reports no address is taken for the client itself; an
 * IPv4 address in IPv6's clothes is one of IPv4. Empty when the connection is gone.
 */
function addressOf({ ip, socket }: FastifyRequest): string {
  const addresses: readonly (string | undefined)[] = [ip, socket.remoteAddress];
  const address = addresses.find((candidate) => candidate !== undefined && isIP(candidate) !== 0) ?? "";
  return (/^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address).slice(0, MAX_IP_ADDRESS);
}
