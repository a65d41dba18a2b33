/** One mail to one person. Text and HTML say the same. */
export interface Mail {
  /** The address as it is stored, nothing else: no name, no list. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the mail is about, for the mail service's statistics: the template's name. */
  readonly tag: string;
  /** The outbox entry behind the mail, so that an operator finds it again at the mail service. */
  readonly reference: string;
}

/**
 * How an attempt to send ended.
 * - `sent`: the mail service has it.
 * - `retry`: not now; perhaps later. `afterSeconds` when the service asked for a pause.
 * - `refused`: never, for this mail. `isInactive` when that is because the service mails to its recipient no more.
 * - `paused`: no mail can be sent at present (wrong token, sender not confirmed, account blocked …): the operator must act.
 */
export type Delivery =
  | { readonly outcome: "sent"; readonly messageId: string }
  | { readonly outcome: "retry"; readonly reason: string; readonly afterSeconds?: number }
  | { readonly outcome: "refused"; readonly reason: string; readonly isInactive?: true }
  | { readonly outcome: "paused"; readonly reason: string };

/** The one way out for mail. Never throws for what the mail service does: every answer of it is a `Delivery`. */
export interface Mailer {
  send(mail: Mail): Promise<Delivery>;
  /** For somebody who does not exist: what `send` does in this thread, to no effect. Absent where sending is no work. */
  drop?(mail: Omit<Mail, "to">): Promise<void>;
}
