import type { FastifyPluginCallback, FastifyRequest, preHandlerAsyncHookHandler } from "fastify";

import { clientOf } from "../accounts/client.ts";
import { notAcceptable, unsupportedMediaType } from "../errors/catalogue.ts";
import { acceptsJson, isJson } from "./accepts-json.ts";
import { readRedemption, readResetRequest } from "./body.ts";
import { redeem, type RedeemDeps } from "./redeem.ts";
import { acceptResetRequest, type ResetRequestDeps } from "./request.ts";

export interface ResetRoutesOptions extends ResetRequestDeps, RedeemDeps {
  /** Refuses a client address that asks for too many mails. */
  readonly limitRequests: preHandlerAsyncHookHandler;
  /** Runs a redemption, and refuses a client address that had too many of them fail. */
  readonly limitFailures: { attempt<T>(request: FastifyRequest, run: () => Promise<T>): Promise<T> };
  /** That mails can be written in. */
  readonly languages?: readonly string[];
  /** There is something in the outbox: called after a request was accepted. */
  readonly wake?: (() => void) | undefined;
}

const ACCEPTED = "If your email was registered with us, you'll get an email with reset link shortly";

/**
 * `POST` and `PATCH /v1/auth/reset-password`: ask for a mail, and set the password by its token. Plain JSON, no JSON:API documents.
 * The parsers of both media types, and the words for what is thrown, are the server's.
 */
export const resetRoutes: FastifyPluginCallback<ResetRoutesOptions> = (app, options, done) => {
  // Before the body is read, and on every answer, faults too: neither a token nor an address may stay in a cache.
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store");
    if (!acceptsJson(request.headers.accept)) {
      throw notAcceptable("Answers are application/json.");
    }
    if (!isJson(request.headers["content-type"])) {
      throw unsupportedMediaType("The body must be application/json.");
    }
  });

  const client = (request: FastifyRequest) => clientOf(request, options.languages);

  app.post("/v1/auth/reset-password", { preHandler: options.limitRequests }, async (request) => {
    const { email } = readResetRequest(request.body);
    await acceptResetRequest(options, { normal: email.normal, client: client(request) });
    options.wake?.();
    return { message: ACCEPTED, email: email.address };
  });

  app.patch("/v1/auth/reset-password", async (request) => {
    const { token, password } = readRedemption(request.body);
    const person = await options.limitFailures.attempt(
      request,
      async () => await redeem(options, { token, password, client: client(request) }),
    );
    options.wake?.();
    return person;
  });

  done();
};
