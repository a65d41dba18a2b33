import type { Knex } from "knex";

import { notMeLink, type NotMeClaim, type NotMeTokens } from "./accounts/not-me-token.ts";
import { noticeHandlers } from "./accounts/notices.ts";
import { registrationHandler } from "./accounts/registration-handler.ts";
import { welcomeHandler } from "./accounts/welcome.ts";
import type { Config } from "./config/variables.ts";
import type { Clock } from "./db/clock.ts";
import type { Observe } from "./events/event.ts";
import type { Mailer } from "./mail/mailer.ts";
import type { Templates } from "./mail/render.ts";
import { type Handler, OutboxWorker } from "./outbox/worker.ts";
import { resetHandler } from "./reset/send.ts";

export interface MailWorkerParts {
  readonly config: Config;
  readonly db: Knex;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly mailer: Mailer;
  readonly templates: Templates;
  readonly frontendUrl: () => string;
  readonly publicUrl: () => string;
  readonly notMe: NotMeTokens;
}

/** Every kind of entry that any part of the server enqueues. */
export const MAIL_KINDS = [
  "reset.requested",
  "registration.requested",
  "account.welcome",
  "notice.password-changed",
  "notice.email-changed",
] as const;

/** The worker with a handler for each of them. */
export function mailWorker(parts: MailWorkerParts): OutboxWorker {
  const { config, db, clock, observe, mailer, templates, frontendUrl, publicUrl, notMe } = parts;
  const deps = {
    db,
    clock,
    observe,
    mailer,
    templates,
    appName: config.APP_NAME,
    resetTokenTtl: config.RESET_TOKEN_TTL,
    mailRate: config.RESET_LIMIT_PER_ACCOUNT,
    notMeLink: (claim: NotMeClaim) => notMeLink(publicUrl(), notMe.sign(claim, clock())),
    get frontendUrl() {
      return frontendUrl();
    },
  };
  return new OutboxWorker({
    db,
    clock,
    observe,
    handlers: {
      "reset.requested": resetHandler(deps),
      "registration.requested": registrationHandler(deps),
      "account.welcome": welcomeHandler(deps),
      ...noticeHandlers(deps),
    } satisfies Record<(typeof MAIL_KINDS)[number], Handler>,
  });
}
