import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";

import { wrongWebhookCredentials } from "../errors/catalogue.ts";
import { Fault, Faults, faultsOf } from "../errors/fault.ts";
import { credentialCheck } from "./credentials.ts";
import { readPostmarkEvent } from "./postmark-event.ts";
import { recordMailEvent, type RecordDeps } from "./record.ts";

export interface PostmarkWebhookOptions extends RecordDeps {
  /** `name:password` */
  readonly credentials: string;
  /** Our message stream. */
  readonly stream: string;
  /** Counts wrong credentials, and refuses a client address that sent too many. */
  readonly limitFailures: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** Bytes. A bounce may bring the whole mail that came back, where the webhook is set up so. */
const BODY_LIMIT = 1_048_576;

/**
 * `POST /v1/webhooks/postmark`: what Postmark says of addresses. Plain JSON, no JSON:API documents; the answer is the same whatever
 * comes of the event.
 *
 * Postmark repeats what is not answered 2xx, ten times within hours, but never after a 403: that one is not among the answers.
 * https://postmarkapp.com/developer/webhooks/webhooks-overview
 */
export const postmarkWebhook: FastifyPluginCallback<PostmarkWebhookOptions> = (app, options, done) => {
  const isRight = credentialCheck(options.credentials);

  // Before the body is read. Failures are counted once the credentials are known to be wrong, never before: behind one proxy
  // somebody else's must not keep Postmark out. What keeps guesses out is the length of the password.
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store");
    const { authorization } = request.headers;
    if (isRight(authorization)) return;
    await options.limitFailures(request, reply);
    throw wrongWebhookCredentials(authorization !== undefined);
  });

  // The operator must see what is refused: it will not come for ever. Not what is limited: there would be no end of it.
  app.addHook("onError", (_request, _reply, error, hookDone) => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) options.observe({ type: "webhook.refused", ...refusal });
    hookDone();
  });

  app.post("/v1/webhooks/postmark", { bodyLimit: BODY_LIMIT }, async (request) => {
    const event = readPostmarkEvent(request.body, options.stream);
    if ("ignored" in event) options.observe({ type: "webhook.ignored", reason: event.ignored });
    else await recordMailEvent(options, event);
    return { message: "Thank you" };
  });

  done();
};

/** Names members of the body, never what they hold. Nothing for what is limited, and for faults of ours, which the log tells anyway. */
function refusalOf(error: unknown): { status: number; reason: string } | undefined {
  if (error instanceof Fault || error instanceof Faults) {
    const { status } = error;
    if (status === 429 || status >= 500) return undefined;
    const reasons = faultsOf(error).map(({ code, detail }) => (code === "invalid-attribute" ? detail : code));
    return { status, reason: reasons.join("; ") };
  }
  const { statusCode = 500, code = "" } = error as { statusCode?: number; code?: string };
  return statusCode >= 500 ? undefined : { status: statusCode, reason: code };
}
