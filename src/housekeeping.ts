import type { Knex } from "knex";

import { purgeMailQuota } from "./accounts/mail-quota.ts";
import { purgeExpiredSessions } from "./accounts/sessions.ts";
import type { Clock } from "./db/clock.ts";
import type { Observe } from "./events/event.ts";

const INTERVAL = 10 * 60 * 1000;

/** Now and then forgets what no longer counts: sessions that are over, mails that were counted long ago. */
export function housekeeping(parts: { db: Knex; clock: Clock; observe: Observe; quotaSeconds: number }) {
  const { db, clock, observe, quotaSeconds } = parts;
  let timer: NodeJS.Timeout | undefined;
  const tidy = async () => {
    try {
      await purgeExpiredSessions(db, clock());
      await purgeMailQuota(db, clock(), quotaSeconds);
    } catch (error) {
      observe({ type: "housekeeping.failed", error });
    }
  };
  return {
    start(): void {
      timer = setInterval(() => void tidy(), INTERVAL);
      timer.unref();
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}
