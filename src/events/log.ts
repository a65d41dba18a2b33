import { inspect } from "node:util";

import type { Event, Observe } from "./event.ts";

type Level = "debug" | "info" | "warn" | "error";

/** The part of a logger that is needed here; pino's fits. */
export type EventLogger = Readonly<Record<Level, (fields: object, message: string) => void>>;

/** How loud each event is: `error` where a person must look, `warn` where it may heal by itself, `debug` where a line of a request says it too. */
const LEVELS = {
  "mail.sent": "info",
  "mail.retried": "warn",
  "mail.refused": "warn",
  "mail.expired": "error",
  "mail.paused": "error",
  "mail.undeliverable": "warn",
  "mail.reactivated": "info",
  "mail.bounced": "info",
  "webhook.ignored": "info",
  "webhook.refused": "warn",
  "mail.resumed": "info",
  "outbox.failed": "error",
  "outbox.backlog": "warn",
  "outbox.unreachable": "error",
  "reset.limited": "info",
  "limit.exceeded": "debug",
  "limits.shared": "info",
  "limits.unshared": "warn",
  "limits.late": "debug",
  "hashing.overflow": "warn",
  "hashing.process-lost": "warn",
  "hashing.process-failed": "error",
  "housekeeping.failed": "error",
  "database.newer": "warn",
} as const satisfies Record<Event["type"], Level>;

/** Writes every event as one line: its type as the message, its members as fields. */
export function logEvents(logger: EventLogger): Observe {
  return (event) => {
    const { type, ...fields } = event;
    logger[LEVELS[type]]("error" in fields ? { ...fields, error: describeError(fields.error) } : fields, type);
  };
}

/** An error as it may stand in the log. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/**
 * Anything thrown, for the log: name, message, code, stack and causes, and no other members. Drivers and HTTP clients hang rows,
 * parameters, and whole requests on their errors.
 */
export function describeError(error: unknown, depth = 4): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: inspect(error, { depth: 0 }).slice(0, 500) };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: describeError(error.cause, depth - 1) }),
  };
}
