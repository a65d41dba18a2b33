import type { Knex } from "knex";

import { purgeFamiliarPlaces } from "./accounts/familiar-places.ts";
import { purgeLoginFailures } from "./accounts/login-guard.ts";
import { purgeMailQuota } from "./accounts/mail-quota.ts";
import { purgeResetPauses } from "./accounts/reset-pause.ts";
import { purgeEventsOfNobody, purgeSecurityEvents } from "./accounts/security-events.ts";
import { purgeExpiredSessions } from "./accounts/sessions.ts";
import type { Clock } from "./db/clock.ts";
import type { Observe } from "./events/event.ts";
import { purgeWebhookEvents } from "./webhooks/record.ts";

const INTERVAL = 10 * 60 * 1000;
/** What is kept of events about nobody's account (milliseconds): long enough to see an attack. */
const NOBODYS_EVENTS = 7 * 24 * 60 * 60 * 1000;

/** How long a webhook's events are known again (milliseconds). They come again within a day. */
const WEBHOOK_EVENTS = 30 * 24 * 60 * 60 * 1000;

export interface Housekeeping {
  readonly db: Knex;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Seconds that a session may go unused; 0 for ever. */
  readonly sessionIdleTtl?: number;
  /** Seconds that a mail counts against an address. */
  readonly quotaSeconds: number;
  /** Seconds that security events are kept. */
  readonly auditSeconds: number;
}

/** Forgets what no longer counts. Each part stands alone: one that fails does not keep the others from being done. */
export async function tidy({
  db,
  clock,
  observe,
  sessionIdleTtl,
  quotaSeconds,
  auditSeconds,
}: Housekeeping): Promise<void> {
  const now = clock();
  const parts: readonly (() => Promise<unknown>)[] = [
    () => purgeExpiredSessions(db, now, sessionIdleTtl),
    () => purgeMailQuota(db, now, quotaSeconds),
    () => purgeResetPauses(db, now),
    () => purgeLoginFailures(db, now),
    () => purgeFamiliarPlaces(db, now),
    () => purgeSecurityEvents(db, now - auditSeconds * 1000),
    () => purgeEventsOfNobody(db, now - NOBODYS_EVENTS),
    () => purgeWebhookEvents(db, now - WEBHOOK_EVENTS),
  ];
  for (const part of parts) {
    try {
      await part();
    } catch (error) {
      observe({ type: "housekeeping.failed", error });
    }
  }
}

/** Tidies up now and then. */
export function housekeeping(parts: Housekeeping) {
  let timer: NodeJS.Timeout | undefined;
  return {
    start(): void {
      timer = setInterval(() => void tidy(parts), INTERVAL);
      timer.unref();
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}
