import type { Entry } from "./outbox.ts";

/**
 * How handling an entry ended: a mailer's `Delivery`, or `nothing` if there was nobody to mail. See mail/mailer.ts for
 * what each means; `afterSeconds` is the pause that the mail service asked for.
 */
export type Outcome =
  | { readonly outcome: "sent"; readonly messageId: string }
  | { readonly outcome: "nothing" }
  | { readonly outcome: "retry"; readonly reason: string; readonly afterSeconds?: number }
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "paused"; readonly reason: string };

/**
 * Does what entries of one kind ask for. `payload` is what was enqueued; a version of the server that is long gone may
 * have written it. A thrown error means: try again later. May be run more than once for an entry, and at once with another run of it
 * where one is held up for longer than its claim lasts: see `stillClaimed`.
 */
export type Handler = (payload: unknown, entry: Entry) => Promise<Outcome>;
