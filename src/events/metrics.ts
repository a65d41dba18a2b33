import type { Event, Observe } from "./event.ts";
import { Counter, Gauge, Histogram, type Registry } from "./prometheus.ts";

type Type = Event["type"];

/** What became of a mail, by the event that tells of it. */
const OUTCOMES = {
  "mail.sent": "sent",
  "mail.retried": "retried",
  "mail.refused": "refused",
  "mail.expired": "expired",
  "outbox.failed": "failed",
} as const satisfies Partial<Record<Type, string>>;

/** Events that are counted and nothing more. */
const COUNTERS = {
  "reset.limited": ["rekey_resets_limited_total", "Mails that were not sent because the address had too many of late."],
  "hashing.overflow": [
    "rekey_hashing_overflow_total",
    "Requests refused because too many passwords were being hashed.",
  ],
  "outbox.unreachable": ["rekey_outbox_unreachable_total", "Failed attempts of the mail worker to reach the database."],
  "housekeeping.failed": ["rekey_housekeeping_failures_total", "Failed attempts to clear away what no longer counts."],
  "hashing.process-lost": ["rekey_hashing_process_lost_total", "How often the process that hashes ended by itself."],
  "hashing.process-failed": [
    "rekey_hashing_process_failures_total",
    "How often no process for hashing could be started, so that hashing went on in the server's.",
  ],
  "mail.undeliverable": [
    "rekey_addresses_undeliverable_total",
    "Accounts whose address was marked, since the mail service says that it is dead.",
  ],
  "mail.reactivated": [
    "rekey_addresses_reactivated_total",
    "Accounts whose mark was taken away, since mail gets to the address again.",
  ],
  "mail.bounced": ["rekey_mails_bounced_total", "Bounces and complaints that marked no account."],
  "limits.unshared": [
    "rekey_shared_limits_lost_total",
    "How often Redis was lost, so that limits were no longer shared.",
  ],
  "limits.late": [
    "rekey_shared_limits_late_total",
    "Answers of Redis that were late, so that requests were counted in the process for a moment.",
  ],
  "webhook.ignored": ["rekey_webhook_ignored_total", "Events of the mail service that are of no use here."],
  "webhook.refused": ["rekey_webhook_refused_total", "Events of the mail service that could not be taken."],
} as const satisfies Record<
  Exclude<
    Type,
    | keyof typeof OUTCOMES
    | "mail.paused"
    | "mail.resumed"
    | "limit.exceeded"
    | "limits.shared"
    | "outbox.backlog"
    | "database.newer"
  >,
  readonly [name: string, help: string]
>;

/** Seconds: from a mail that leaves at once to one that waited for a mail service that was down. */
const DELAYS = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

export interface CountedOptions {
  readonly registry: Registry;
  /** The kinds of outbox entries there are; others, of another version of the server, are counted as `other`. */
  readonly kinds: readonly string[];
  /** The names of the limits on requests. */
  readonly limiters: readonly string[];
  /** Milliseconds. */
  readonly clock: () => number;
}

/**
 * Counts every event, for Prometheus. Names and units: https://prometheus.io/docs/practices/naming/. Labels come from fixed lists, so
 * that nothing a stranger does makes new series; and each series is there from the start, at 0, so that its first rise is seen.
 */
export function countEvents({ registry, kinds, limiters, clock }: CountedOptions): Observe {
  const registers = [registry];
  const mails = new Counter({
    name: "rekey_mails_total",
    help: "Attempts to handle an entry of the outbox that came to something, by what they came to.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const delay = new Histogram({
    name: "rekey_mail_delay_seconds",
    help: "From the moment that a mail was asked for until the mail service took it.",
    buckets: DELAYS,
    registers,
  });
  const paused = new Gauge({
    name: "rekey_mail_paused",
    help: "1 from the moment that the mail service refuses all mail (token, sender, account) until one goes out again.",
    registers,
  });
  const limited = new Counter({
    name: "rekey_rate_limited_total",
    help: "Requests refused with 429, by the limit that was reached.",
    labelNames: ["limiter"],
    registers,
  });
  const shared = new Gauge({
    name: "rekey_shared_limits",
    help: "Whether limits are shared by all instances: 1, or 0 as long as Redis does not answer. Absent without REDIS_URL.",
    registers,
  });
  // It has a value from the first event on.
  shared.remove();
  const plain = new Map(
    Object.entries(COUNTERS).map(([type, [name, help]]) => [type, new Counter({ name, help, registers })]),
  );
  const known = new Set(kinds);
  const nameOf = (kind: string) => (known.has(kind) ? kind : "other");
  for (const kind of [...kinds, "other"]) {
    for (const outcome of Object.values(OUTCOMES)) mails.inc({ kind, outcome }, 0);
  }
  for (const limiter of limiters) limited.inc({ limiter }, 0);

  return (event) => {
    plain.get(event.type)?.inc();
    switch (event.type) {
      case "mail.sent": {
        const seconds = (clock() - bornAt(event.entry)) / 1000;
        if (seconds >= 0) delay.observe(seconds);
        break;
      }
      case "mail.paused":
        paused.set(1);
        break;
      case "mail.resumed":
        paused.set(0);
        break;
      case "limits.shared":
        shared.set(1);
        break;
      case "limits.unshared":
        shared.set(0);
        break;
      case "limit.exceeded":
        limited.inc({ limiter: event.limiter });
        break;
      default:
    }
    if (event.type in OUTCOMES && "kind" in event) {
      mails.inc({ kind: nameOf(event.kind), outcome: OUTCOMES[event.type] });
    }
  };
}

/** When an entry was made (milliseconds): its id says so. RFC 9562, section 5.7. NaN for an id of another kind. */
function bornAt(id: string): number {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : Number.NaN;
}
