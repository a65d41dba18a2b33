/** Everything noticeable that is no request: logged and counted by whoever observes. Holds no secret, no address, no mail body. */
export type Event =
  | { type: "mail.sent"; kind: string; entry: string; attempts: number; messageId: string }
  | { type: "mail.retried"; kind: string; entry: string; attempts: number; reason: string; inSeconds: number }
  | { type: "mail.refused"; kind: string; entry: string; attempts: number; reason: string }
  | { type: "mail.expired"; kind: string; entry: string; attempts: number; reason: string }
  | { type: "mail.paused"; reason: string; inSeconds: number }
  /** The mail service says that an account's address is dead; `status` is its word for why. */
  | { type: "mail.undeliverable"; status: string; user: string }
  /** It says that mail gets to the address again. */
  | { type: "mail.reactivated"; user: string }
  /** A mail came back, and marked no account: the address is still mailed to, or marked already, or nobody's, or something newer is known of it. */
  | { type: "mail.bounced"; status: string; reason: "active" | "known" | "nobody" | "outdated" }
  /** What a webhook was sent and has no use for. */
  | { type: "webhook.ignored"; reason: "record type" | "other stream" }
  /** What a webhook was sent and did not take: it will be sent again, a number of times. */
  | { type: "webhook.refused"; status: number; reason: string }
  | { type: "mail.resumed" }
  | { type: "outbox.failed"; kind: string; entry: string; attempts: number; error: unknown; inSeconds: number }
  | { type: "outbox.backlog"; waiting: number; failed: number; oldestSeconds: number }
  | { type: "outbox.unreachable"; error: unknown; inSeconds: number }
  | { type: "reset.limited" }
  | { type: "limit.exceeded"; limiter: string }
  /** Redis answers: from now on limits hold for all instances together. */
  | { type: "limits.shared" }
  /** It does not: until it does, each instance counts by itself. */
  | { type: "limits.unshared"; reason: string }
  /** An answer of Redis was late, and the request was counted in the process. */
  | { type: "limits.late" }
  | { type: "hashing.overflow"; waiting: number }
  /** The process that hashes ended. Another one is started when it is needed. */
  | { type: "hashing.process-lost"; reason: string }
  /** It could not be started: hashing shares the server's own threads until the next try. */
  | { type: "hashing.process-failed"; reason: string; inSeconds: number }
  | { type: "housekeeping.failed"; error: unknown }
  /** At the start: a newer version of the server has migrated the database, by what is named. */
  | { type: "database.newer"; migrations: readonly string[] };

export type Observe = (event: Event) => void;

/** Tells every event to each of them, in this order. */
export function tellAll(...observers: readonly Observe[]): Observe {
  return (event) => {
    for (const observe of observers) observe(event);
  };
}
