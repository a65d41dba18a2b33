import { Fault } from "./fault.ts";
import { at, faultOf } from "./make.ts";

/** Faults of who may do what, and of secrets that are wrong. */

/** RFC 6750, section 3: no error code when no token was sent, `invalid_token` when one was. */
export function unauthorized(tokenSent: boolean): Fault {
  return faultOf("unauthorized", {
    detail: tokenSent
      ? "The session is unknown, ended or expired. Log in again."
      : "Log in first: this needs a session.",
    headers: { "www-authenticate": tokenSent ? 'Bearer error="invalid_token"' : "Bearer" },
  });
}

/** RFC 7617, section 2, with its `charset`. Never 403: Postmark would not send the event again. */
export function wrongWebhookCredentials(areSent: boolean): Fault {
  return faultOf("wrong-webhook-credentials", {
    detail: areSent
      ? "The name or the password of the webhook is wrong."
      : "The webhook needs its name and password, as HTTP Basic authentication.",
    headers: { "www-authenticate": 'Basic realm="webhooks", charset="UTF-8"' },
  });
}

export function forbidden(detail: string, pointer?: string): Fault {
  return faultOf("forbidden", { detail, source: at(pointer) });
}

/** One answer for every token that lets nobody in: unknown, used, expired, replaced, truncated, or of a user that is gone. */
export function unknownResetToken(): Fault {
  return faultOf("user-not-found", { detail: "User not found" });
}

/** One answer for every link «it wasn't me» that does nothing: forged, expired, used, or of an account that changed or went since. */
export function unknownNotMeToken(): Fault {
  return faultOf("link-not-found", { detail: "The link is not good any more" });
}

/** One answer for an unknown address and for a wrong password. */
export function wrongCredentials(): Fault {
  return faultOf("wrong-credentials", {
    detail:
      "The email address or the password is wrong. After many failed attempts an account lets nobody in from new places for a while; setting a new password by mail ends that.",
    headers: { "www-authenticate": "Bearer" },
  });
}

/** Somebody who is logged in gave a wrong present password with a change that asks for it. */
export function wrongCurrentPassword(): Fault {
  return faultOf("wrong-current-password", {
    detail: "currentPassword is not the present password",
    source: { pointer: "/data/attributes/currentPassword" },
    meta: { attribute: "currentPassword", message: "is not the present password" },
  });
}

const WRONG_SECRETS: ReadonlySet<string> = new Set([
  "wrong-credentials",
  "wrong-current-password",
  "user-not-found",
  "link-not-found",
]);

/** Whether the fault is what somebody gets who guesses: a password, an account or a token. */
export function isWrongSecret(error: unknown): boolean {
  return error instanceof Fault && WRONG_SECRETS.has(error.code);
}
