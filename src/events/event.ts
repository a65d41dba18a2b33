/** Everything noticeable that is no request: logged (and later counted) by whoever observes. Holds no secret, no address, no mail body. */
export type Event =
  | { type: "mail.sent"; kind: string; entry: string; attempts: number; messageId: string }
  | { type: "mail.retried"; kind: string; entry: string; attempts: number; reason: string; inSeconds: number }
  | { type: "mail.refused"; kind: string; entry: string; attempts: number; reason: string }
  | { type: "mail.expired"; kind: string; entry: string; attempts: number; reason: string }
  | { type: "mail.paused"; reason: string; inSeconds: number }
  | { type: "outbox.failed"; kind: string; entry: string; attempts: number; error: unknown; inSeconds: number }
  | { type: "outbox.unreachable"; error: unknown; inSeconds: number }
  | { type: "reset.limited" }
  | { type: "hashing.overflow"; waiting: number }
  /** The process that hashes ended. Another one is started when it is needed. */
  | { type: "hashing.process-lost"; reason: string }
  /** It could not be started: hashing shares the server's own threads until the next try. */
  | { type: "hashing.process-failed"; reason: string; inSeconds: number }
  | { type: "housekeeping.failed"; error: unknown };

export type Observe = (event: Event) => void;
