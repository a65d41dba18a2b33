import type { FastifyPluginCallback, FastifyRequest, preHandlerAsyncHookHandler } from "fastify";

import { clientOf } from "../accounts/client.ts";
import { notAcceptable, unsupportedMediaType } from "../errors/catalogue.ts";
import { acceptsJson, isJson } from "./accepts-json.ts";
import { readNotMe, readRedemption, readResetRequest } from "./body.ts";
import { disown, type NotMeDeps } from "./not-me.ts";
import { redeem, type RedeemDeps } from "./redeem.ts";
import { acceptResetRequest, type ResetRequestDeps } from "./request.ts";

export interface ResetRoutesOptions extends ResetRequestDeps, RedeemDeps, NotMeDeps {
  /** Refuses a client address that asks for too many mails. */
  readonly limitRequests: preHandlerAsyncHookHandler;
  /** Runs what a token is for, and refuses a client address that had too many of them fail. */
  readonly limitFailures: { attempt<T>(request: FastifyRequest, run: () => Promise<T>): Promise<T> };
  /** That mails can be written in. */
  readonly languages?: readonly string[];
  /** There is something in the outbox: called after a request was accepted. */
  readonly wake?: (() => void) | undefined;
}

const ACCEPTED = "If your email was registered with us, you'll get an email with reset link shortly";

const STOPPED = {
  reset:
    "The link in the mail is void, all sessions have ended, and for a day no such mail goes to the address. The password is as it was.",
  "password-changed":
    "The password is void, and all sessions have ended. A mail with a link that sets a new one is on its way.",
} as const;

/**
 * `POST` and `PATCH /v1/auth/reset-password`: ask for a mail, and set the password by its token. `POST /v1/auth/not-me`: say that it was
 * somebody else who did; by this method alone, since mail scanners follow links. Plain JSON, no JSON:API documents.
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

  app.post("/v1/auth/not-me", async (request) => {
    const { token } = readNotMe(request.body);
    const kind = await options.limitFailures.attempt(
      request,
      async () => await disown(options, { token, client: client(request) }),
    );
    options.wake?.();
    return { kind, message: STOPPED[kind] };
  });

  done();
};
