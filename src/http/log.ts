import { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";

import { describeError } from "../events/log.ts";

/** Noted when a request arrives: once its connection is gone, so is the address. */
const clients = new WeakMap<FastifyRequest, string>();

/**
 * Logs one line a request, when it is answered or given up by the client. Names the route's pattern, never the URL (tokens stand
 * there), and no header and no body.
 */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    clients.set(request, request.ip);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    request.log.info(
      { ...fieldsOf(request), status: reply.statusCode, durationMs: Math.round(reply.elapsedTime * 10) / 10 },
      "request",
    );
    done();
  });
  app.addHook("onRequestAbort", (request, done) => {
    request.log.info(fieldsOf(request), "request aborted");
    done();
  });
}

function fieldsOf(request: FastifyRequest) {
  return { method: request.method, route: request.routeOptions.url ?? null, client: clients.get(request) };
}

/** Fastify's own log lines: without those that would say the same again, or the URL. */
export class QuietLogController extends LogController {
  constructor() {
    super({ requestIdLogLabel: "requestId" });
  }

  override incomingRequest(): void {
    // The line comes when the request is answered.
  }

  override requestCompleted(): void {
    // Said by registerRequestLog.
  }

  override routeNotFound(): void {
    // It would say the URL.
  }

  override defaultErrorLog(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
    reply.log.error({ error: describeError(error) }, "the error handler failed");
  }

  override writeHeadError(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
    reply.log.error({ error: describeError(error) }, "the headers of an answer could not be written");
  }
}
