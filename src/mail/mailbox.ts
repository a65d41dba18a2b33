import { timestamp, type Clock } from "../db/clock.ts";
import { newId } from "../db/id.ts";
import type { Delivery, Mail, Mailer } from "./mailer.ts";

export interface StoredMail {
  readonly id: string;
  /** As `timestamp()` writes it. */
  readonly at: string;
  readonly mail: Mail;
}

/** The mailer of development: sends nothing, keeps the newest mails in memory for a person to look at. */
export class Mailbox implements Mailer {
  readonly #clock: Clock;
  readonly #limit: number;
  /** The oldest first, as a Map keeps them. */
  readonly #mails = new Map<string, StoredMail>();

  constructor({ clock, limit = 100 }: { clock: Clock; limit?: number }) {
    this.#clock = clock;
    this.#limit = limit;
  }

  send(mail: Mail): Promise<Delivery> {
    const id = newId();
    this.#mails.set(id, { id, at: timestamp(this.#clock()), mail });
    for (const oldest of this.#mails.keys()) {
      if (this.#mails.size <= this.#limit) break;
      this.#mails.delete(oldest);
    }
    return Promise.resolve({ outcome: "sent", messageId: id });
  }

  /** The newest first. */
  list(): StoredMail[] {
    return [...this.#mails.values()].reverse();
  }

  get(id: string): StoredMail | undefined {
    return this.#mails.get(id);
  }
}
