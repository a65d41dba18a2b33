import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

import { timestamp } from "../db/clock.ts";
import { matchLanguage } from "../languages/match.ts";
import type { Client } from "./caller.ts";

const MAX_USER_AGENT = 512;
/** The longest text of an IPv6 address; a zone behind it says nothing to anybody else. */
const MAX_IP_ADDRESS = 45;

/** A client and when it asked for something, as it stands in an outbox entry and in the mail to the account's holder. */
export interface AskedBy extends Omit<Client, "language"> {
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What of a client is written down when it asks for something; null for the operator or the server itself. */
export function askedBy(client: Client | null, now: number): AskedBy | null {
  return client && { ipAddress: client.ipAddress, userAgent: client.userAgent, at: timestamp(now) };
}

/**
 * From where a request comes; `request.ip` is the proxy's word only where the proxy is trusted.
 *
 * @param languages that mails can be written in
 */
export function clientOf(request: FastifyRequest, languages: readonly string[] = []): Client {
  const userAgent = request.headers["user-agent"];
  return {
    ipAddress: addressOf(request),
    userAgent: userAgent === undefined || userAgent === "" ? null : userAgent.slice(0, MAX_USER_AGENT),
    language: matchLanguage(request.headers["accept-language"], languages),
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
