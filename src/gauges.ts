import type { Knex } from "knex";

import type { Hasher } from "./accounts/hasher.ts";
import type { Clock } from "./db/clock.ts";
import { describeError, type EventLogger } from "./events/log.ts";
import { watchProcess } from "./events/process-metrics.ts";
import { Gauge, type Registry } from "./events/prometheus.ts";
import { queueDepth } from "./outbox/outbox.ts";
import { within } from "./outbox/timing.ts";

/** Prometheus waits ten seconds for an answer: the database has less (milliseconds). */
const PATIENCE = 2000;

export interface Watched {
  readonly registry: Registry;
  readonly db: Knex;
  readonly clock: Clock;
  readonly hasher: Pick<Hasher, "running" | "waiting">;
  readonly logger: EventLogger;
}

/** What is measured when somebody looks, not when it happens: queues, and the process. */
export function watchServer({ registry, db, clock, hasher, logger }: Watched) {
  const registers = [registry];
  const gauge = (name: string, help: string, collect?: (this: Gauge) => void) =>
    new Gauge({ name, help, registers, ...(collect === undefined ? {} : { collect }) });

  gauge("rekey_hashing_running", "Passwords that are being hashed.", function () {
    this.set(hasher.running);
  });
  gauge("rekey_hashing_waiting", "Passwords that wait to be hashed.", function () {
    this.set(hasher.waiting);
  });
  const up = gauge("rekey_outbox_up", "Whether the database told of the outbox in time: 1 or 0.");
  const depth = {
    waiting: gauge("rekey_outbox_waiting", "Mails that are still to be sent."),
    failed: gauge("rekey_outbox_failed", "Mails that were given up, and are kept for the operator to see."),
    oldest: gauge("rekey_outbox_oldest_age_seconds", "Age of the oldest mail that is still to be sent; 0 without any."),
  };
  const stopWatching = watchProcess(registry);

  /** Numbers that are not known are not shown: an old one would look like a new one. */
  async function readDepth(): Promise<void> {
    try {
      const { waiting, failed, oldestCreatedAt } = await within(PATIENCE, queueDepth(db));
      const age = oldestCreatedAt === null ? 0 : Math.max(0, clock() - Date.parse(oldestCreatedAt)) / 1000;
      depth.waiting.set(waiting);
      depth.failed.set(failed);
      depth.oldest.set(age);
      up.set(1);
    } catch (error) {
      logger.warn({ error: describeError(error) }, "outbox not measured");
      for (const gauge of Object.values(depth)) gauge.remove();
      up.set(0);
    }
  }

  // One look at a time: scrapes do not pile up behind a database that hangs.
  let looking: Promise<void> | undefined;
  return {
    /** All metrics in Prometheus' text format. Never waits for long, and never rejects because of the database. */
    read: async (): Promise<string> => {
      looking ??= readDepth().finally(() => {
        looking = undefined;
      });
      await looking;
      return await registry.metrics();
    },
    close: stopWatching,
  };
}
