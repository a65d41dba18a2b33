import type { Knex } from "knex";

import { noticeHandlers } from "./accounts/notices.ts";
import { registrationHandler } from "./accounts/registration-handler.ts";
import { welcomeHandler } from "./accounts/welcome.ts";
import type { Config } from "./config/variables.ts";
import type { Clock } from "./db/clock.ts";
import type { Observe } from "./events/event.ts";
import type { Mailer } from "./mail/mailer.ts";
import type { Templates } from "./mail/render.ts";
import { OutboxWorker } from "./outbox/worker.ts";
import { resetHandler } from "./reset/send.ts";

export interface MailWorkerParts {
  readonly config: Config;
  readonly db: Knex;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly mailer: Mailer;
  readonly templates: Templates;
  readonly frontendUrl: () => string;
}

/** The worker with a handler for every kind of entry that any part of the server enqueues. */
export function mailWorker({
  config,
  db,
  clock,
  observe,
  mailer,
  templates,
  frontendUrl,
}: MailWorkerParts): OutboxWorker {
  const deps = {
    db,
    clock,
    observe,
    mailer,
    templates,
    appName: config.APP_NAME,
    resetTokenTtl: config.RESET_TOKEN_TTL,
    mailRate: config.RESET_LIMIT_PER_ACCOUNT,
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
    },
  });
}
