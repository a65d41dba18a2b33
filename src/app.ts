import type { FastifyInstance } from "fastify";
import type { Knex } from "knex";

import { NOBODY } from "./accounts/caller.ts";
import { clientOf } from "./accounts/client.ts";
import { ensureAdmin } from "./accounts/ensure-admin.ts";
import { callerConfirmed, confirmCaller, findCaller } from "./accounts/find-caller.ts";
import { NotMeTokens } from "./accounts/not-me-token.ts";
import { contextWords } from "./accounts/password.ts";
import { signingSecret } from "./accounts/signing-key.ts";
import type { Config } from "./config/variables.ts";
import { systemClock, type Clock } from "./db/clock.ts";
import { isBusy } from "./db/driver-errors.ts";
import { openDatabase } from "./db/knex.ts";
import { isMigrated, migrateToLatest, migrationStatus } from "./db/migrate.ts";
import { unauthorized } from "./errors/catalogue.ts";
import { tellAll } from "./events/event.ts";
import { logEvents } from "./events/log.ts";
import { countEvents } from "./events/metrics.ts";
import { Registry } from "./events/prometheus.ts";
import { housekeeping } from "./housekeeping.ts";
import { registerAdmission } from "./http/admission.ts";
import { registerCors } from "./http/cors.ts";
import { registerErrorHandling } from "./http/error-handler.ts";
import { healthPaths, metricsPaths, SERVER_TAG } from "./http/describe.ts";
import { registerHealth } from "./http/health.ts";
import { failureLimiter, registerLimits, requestLimiter } from "./http/limits.ts";
import { registerMetrics, registerRequestMetrics } from "./http/metrics.ts";
import { createServer, type ServerOptions } from "./http/server.ts";
import { registerJsonApi } from "./jsonapi/http/plugin.ts";
import { Mailbox } from "./mail/mailbox.ts";
import type { OutboxWorker } from "./outbox/worker.ts";
import { ERRORS_PAGE } from "./pages/docs-page.ts";
import { registerPages } from "./pages/plugin.ts";
import { RESET_TAG, resetPaths } from "./reset/describe.ts";
import { acceptResetRequest } from "./reset/request.ts";
import { resetRoutes } from "./reset/routes.ts";
import { resources } from "./resources/index.ts";
import { WEBHOOK_TAG, webhookPaths, webhookSecurity } from "./webhooks/describe.ts";
import { postmarkWebhook } from "./webhooks/routes.ts";
import { MAIL_KINDS, mailWorker } from "./mail-worker.ts";
import { watchServer } from "./gauges.ts";
import { hasherOf, type HasherBounds, postmark, publicUrlOf, redisOf } from "./parts.ts";
import { loadLocalisation } from "./localisation.ts";

/** The whole server, not yet listening. */
export interface App {
  readonly app: FastifyInstance;
  readonly db: Knex;
  readonly worker: OutboxWorker;
  /** The absolute base of all links, without a slash at the end. */
  publicUrl(): string;
  /** Where mails are when there is no mail service. */
  readonly mailbox: Mailbox | undefined;
}

/** What a caller may bring instead of the usual parts. */
export interface AppParts extends HasherBounds {
  readonly clock?: Clock;
  readonly logger?: ServerOptions["logger"];
  /** How many requests may be at work at once; beyond that the answer is 503. */
  readonly maxRequestsAtWork?: number;
}

/** What SQLite answers in a second or two, while requests wait for its one writer; far more than are ever at work on a server that keeps up. */
const MAX_AT_WORK = 1_000;

/** Milliseconds. Far more than any statement of ours takes; a client that asks for the costliest one does not keep a connection for ever. */
const STATEMENT_TIMEOUT = 30_000;

const PREFIX = "/v1";

/** By their names in counters and metrics. `global` is the one of http/limits.ts. */
const LIMITERS = {
  global: "global",
  mailRequests: "mail-requests",
  failures: "failures",
  webhook: "webhook-failures",
} as const;

const DESCRIPTION = `Users, roles and sessions as JSON:API resources, and the forgotten password.

**Logging in** is creating a session. The answer to \`POST /v1/sessions\` has a \`token\`, which is never shown again: send it as \`Authorization: Bearer TOKEN\`. Ordinary users see and change what is theirs, admins everything. Logging out is deleting the session.

Every kind of error is [explained here](docs/errors).`;

/**
 * Builds the server: opens and migrates the database, and puts every part in its place, in the order in which a request meets
 * them. `app.close()` stops the worker and closes the database.
 *
 * @throws {ConfigFault} when something is wrong with what the operator puts in the place of our words
 * @throws {Error} when the database cannot be reached or migrated
 */
export async function buildApp(config: Config, parts: AppParts = {}): Promise<App> {
  const clock = parts.clock ?? systemClock;
  const { templates, pages } = loadLocalisation(config);
  const { languages } = templates;
  const app = createServer({ logger: parts.logger ?? false, trustProxy: config.TRUST_PROXY });
  const registry = new Registry();
  registerRequestMetrics(app, registry);
  const observe = tellAll(
    logEvents(app.log),
    countEvents({ registry, kinds: MAIL_KINDS, limiters: Object.values(LIMITERS), clock }),
  );
  const publicUrl = publicUrlOf(app, config);
  const frontendUrl = () => config.FRONTEND_URL ?? publicUrl();
  const hasWebhook = config.POSTMARK_WEBHOOK_CREDENTIALS !== undefined;

  const db = openDatabase(config.DATABASE_URL, {
    statementTimeout: STATEMENT_TIMEOUT,
    poolSize: config.DATABASE_POOL_SIZE,
  });
  let secret: string;
  try {
    await migrateToLatest(db);
    const { unknown } = await migrationStatus(db);
    if (unknown.length > 0) observe({ type: "database.newer", migrations: unknown });
    secret = await signingSecret(db, clock, config.SIGNING_KEY);
    if (config.ADMIN_EMAIL !== undefined) await ensureAdmin({ db, clock }, config.ADMIN_EMAIL);
  } catch (error) {
    await db.destroy();
    throw error;
  }

  const notMe = new NotMeTokens(secret);
  const passwordRules = {
    minLength: config.PASSWORD_MIN_LENGTH,
    contextWords: contextWords(config.APP_NAME, config.PUBLIC_URL),
  };
  const { hasher, hashing } = hasherOf(config, parts, observe);
  const token = config.POSTMARK_SERVER_TOKEN;
  const mailer = token === undefined ? new Mailbox({ clock }) : postmark(token, config);
  const mailbox = mailer instanceof Mailbox ? mailer : undefined;
  const worker = mailWorker({ config, db, clock, observe, templates, frontendUrl, publicUrl, notMe, mailer });

  registerErrorHandling(app, { describe: (code) => `${publicUrl()}${ERRORS_PAGE}#${code}`, isBusy });
  await registerCors(app, config.CORS_ORIGINS ?? [new URL(config.FRONTEND_URL ?? publicUrl()).origin]);
  await registerLimits(app, { global: config.GLOBAL_LIMIT_PER_IP, redis: redisOf(config, secret), observe });
  registerAdmission(app, { most: parts.maxRequestsAtWork ?? MAX_AT_WORK });
  const limitMailRequests = requestLimiter(app, LIMITERS.mailRequests, config.RESET_LIMIT_PER_IP);
  const resets = { db, clock, resetTokenTtl: config.RESET_TOKEN_TTL };
  const limitFailures = failureLimiter(app, LIMITERS.failures, config.LOGIN_LIMIT_PER_IP);

  registerHealth(app, { ready: () => isMigrated(db) });
  // Absent rather than open, where strangers may ask.
  const hasMetrics = config.METRICS_TOKEN !== undefined || config.NODE_ENV !== "production";
  const watch = hasMetrics ? watchServer({ registry, db, clock, hasher, logger: app.log }) : undefined;
  if (watch !== undefined) {
    registerMetrics(app, { read: watch.read, contentType: registry.contentType, token: config.METRICS_TOKEN });
  }
  registerJsonApi(app, {
    db,
    clock,
    publicUrl,
    prefix: PREFIX,
    description: {
      title: config.APP_NAME,
      description: DESCRIPTION,
      version: "1",
      nobody: NOBODY,
      somebody: { ...NOBODY, userId: "", sessionId: "", tokenSent: true },
      otherPaths: {
        ...resetPaths,
        ...(hasWebhook ? webhookPaths : {}),
        ...healthPaths,
        ...(hasMetrics ? metricsPaths : {}),
      },
      otherTags: [RESET_TAG, ...(hasWebhook ? [WEBHOOK_TAG] : []), SERVER_TAG],
      otherSecurity: hasWebhook ? webhookSecurity : {},
    },
    pageLimits: { defaultSize: config.DEFAULT_PAGE_SIZE, maxSize: config.MAX_PAGE_SIZE },
    // What commits tell, admins may know: of everybody else a reset of an account that there is must not be told by them.
    viewOf: (caller) => (caller.isAdmin ? JSON.stringify(caller) : undefined),
    authenticate: (request) =>
      findCaller(
        { db, clock, sessionIdleTtl: config.SESSION_IDLE_TTL },
        request.headers.authorization,
        clientOf(request, languages),
      ),
    confirm: (trx, caller) => confirmCaller({ clock }, trx, caller),
    confirmation: (db, caller) => callerConfirmed({ clock }, db, caller),
    challenge: (caller) => (caller.userId === null ? unauthorized(caller.tokenSent) : undefined),
    resources: resources({
      db,
      clock,
      hasher,
      mode: config.REGISTRATION,
      passwordRules,
      sessionTtl: config.SESSION_TTL,
      attempts: (request, run) => limitFailures.attempt(request, run),
      mailRequests: limitMailRequests,
      requestReset: (trx, request) => acceptResetRequest({ ...resets, db: trx }, { ...request, origin: "admin" }),
      languages,
    }),
  });
  await app.register(resetRoutes, {
    ...resets,
    hasher,
    notMe,
    passwordRules,
    limitRequests: limitMailRequests,
    limitFailures,
    languages,
    wake: () => {
      worker.wake();
    },
  });
  if (config.POSTMARK_WEBHOOK_CREDENTIALS !== undefined) {
    await app.register(postmarkWebhook, {
      db,
      clock,
      observe,
      credentials: config.POSTMARK_WEBHOOK_CREDENTIALS,
      stream: config.POSTMARK_MESSAGE_STREAM,
      limitFailures: requestLimiter(app, LIMITERS.webhook, config.LOGIN_LIMIT_PER_IP),
    });
  }
  await registerPages(app, {
    appName: config.APP_NAME,
    publicUrl,
    minPasswordLength: config.PASSWORD_MIN_LENGTH,
    words: pages,
    ...(mailbox !== undefined && config.NODE_ENV !== "production" ? { mailbox } : {}),
  });

  const chores = housekeeping({
    db,
    clock,
    observe,
    sessionIdleTtl: config.SESSION_IDLE_TTL,
    quotaSeconds: config.RESET_LIMIT_PER_ACCOUNT.windowSeconds,
    auditSeconds: config.AUDIT_TTL,
  });
  app.addHook("onListen", async () => {
    worker.start();
    chores.start();
  });
  app.addHook("onClose", async () => {
    chores.stop();
    watch?.close();
    await worker.close();
    if (!(mailer instanceof Mailbox)) await mailer.close();
    await hashing.close();
    await db.destroy();
  });
  return { app, db, worker, publicUrl, mailbox };
}
