import { compile } from "@fastify/proxy-addr";
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";

import { newId } from "../db/id.ts";
import { answerClientError } from "./client-error.ts";
import { refuseUrl } from "./error-handler.ts";
import { boundConnections, type ConnectionBounds } from "./connections.ts";
import { closeGracefully } from "./graceful-close.ts";
import { requireHost } from "./host.ts";
import { registerJson } from "./json.ts";
import { QuietLogController, registerRequestLog } from "./log.ts";
import { schemaCompilers } from "./schema-compilers.ts";

/** All in milliseconds. */
export interface Timeouts {
  /** For the headers of a request to arrive. */
  readonly headers: number;
  /** For a whole request to arrive. */
  readonly request: number;
  /** For a connection on which nothing moves, also while we work on its request. */
  readonly connection: number;
  /** For a client to take an answer that is ready. */
  readonly answer: number;
  /** For the next request on a connection. Longer than a load balancer's (60 s), which must be the one to close. */
  readonly keepAlive: number;
  /** For the requests at hand when the server closes. */
  readonly drain: number;
}

export interface ServerOptions {
  /** pino's options, `true` for its defaults, `false` for no log. */
  readonly logger?: NonNullable<FastifyServerOptions["logger"]>;
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy?: readonly string[];
  /** Bytes of a request body. */
  readonly bodyLimit?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly connections?: Partial<Omit<ConnectionBounds, "isProxy" | "takeWithin">>;
}

const TIMEOUTS: Timeouts = {
  headers: 10_000,
  request: 30_000,
  connection: 60_000,
  answer: 60_000,
  keepAlive: 72_000,
  drain: 8_000,
};

/** An idle connection takes some ten kilobytes. An address may be a company's, or a frontend's that serves many people. */
const CONNECTIONS = { most: 5_000, mostOfOneAddress: 1_000, mostUntaken: 1_000 };

/** An id has 36 characters; a client that sends a longer one learns so by 404 or 422, not by 414. */
const MAX_PARAM_LENGTH = 256;

/**
 * A Fastify server that is strict with what it reads (no coercion, JSON only, bounded in size and time), gives every request an id
 * of its own (a UUIDv7, answered as `X-Request-Id`) and logs it. It has no routes.
 *
 * @throws {TypeError} when `trustProxy` holds something that is no address and no CIDR range
 */
export function createServer(options: ServerOptions = {}): FastifyInstance {
  const { logger = false, trustProxy = [], bodyLimit = 262_144 } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };

  const app: FastifyInstance = fastify({
    logger,
    logController: new QuietLogController(),
    bodyLimit,
    // Never a number or `true`: a client could then choose its address.
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // Never from a header: ids would no longer be unique, and a client could write into the log.
    requestIdHeader: false,
    genReqId: () => newId(),
    schemaController: { compilersFactory: schemaCompilers },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    http: {
      // See requireHost().
      requireHostHeader: false,
      headersTimeout: timeouts.headers,
      connectionsCheckingInterval: Math.max(100, Math.min(timeouts.headers, timeouts.request) / 4),
    },
    requestTimeout: timeouts.request,
    connectionTimeout: timeouts.connection,
    keepAliveTimeout: timeouts.keepAlive,
    forceCloseConnections: "idle",
    // A request that comes in on an open connection while we close is served; nobody else would.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      refuseUrl(app, error, request, reply);
    },
    clientErrorHandler: answerClientError,
  });

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    // What somebody sent may stand in an answer: it is what its media type says, and no page. OWASP ASVS 5, 3.4.4.
    reply.header("x-content-type-options", "nosniff");
    done();
  });
  requireHost(app);
  registerJson(app);
  registerRequestLog(app);
  boundConnections(app, {
    ...CONNECTIONS,
    ...options.connections,
    takeWithin: timeouts.answer,
    isProxy: trustProxy.length > 0 ? compile([...trustProxy]) : () => false,
  });
  closeGracefully(app, timeouts.drain);
  return app;
}
