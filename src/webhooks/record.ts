import type { Knex } from "knex";

import { noteMailStatus } from "../accounts/mail-status.ts";
import { type Clock, timestamp } from "../db/clock.ts";
import { transact } from "../db/writer.ts";
import type { Observe } from "../events/event.ts";
import type { MailEvent } from "./postmark-event.ts";

export interface RecordDeps {
  readonly db: Knex;
  readonly clock: Clock;
  readonly observe: Observe;
}

/**
 * Does what an event asks for, once: that it came, and what it changes, are written in one transaction. Of two of the same that come at
 * once the second waits for the first, and finds it taken; if we fall in between, neither is there, and the event is sent again.
 */
export async function recordMailEvent({ db, clock, observe }: RecordDeps, event: MailEvent): Promise<void> {
  const { key, normal, verdict, status } = event;
  const now = clock();
  // What is yet to come is of now: otherwise a wrong clock would silence all that comes until then.
  const at = Math.min(now, Math.max(0, event.at));
  const noted = await transact(db, async (trx) => {
    const taken = await trx("webhook_events")
      .insert({ key, received_at: timestamp(now) })
      .onConflict("key")
      .ignore()
      .returning("key");
    if (taken.length === 0) return undefined;
    if (verdict === "unchanged") return { result: "active" } as const;
    return await noteMailStatus(trx, { normal, status: verdict === "dead" ? status : null, at });
  });
  if (noted === undefined) return;
  if (noted.result !== "changed") {
    if (verdict !== "alive") observe({ type: "mail.bounced", status, reason: noted.result });
  } else if (verdict === "alive") observe({ type: "mail.reactivated", user: noted.userId });
  else observe({ type: "mail.undeliverable", status, user: noted.userId });
}

/** Forgets which events came before `before` (milliseconds). Returns how many. */
export async function purgeWebhookEvents(db: Knex, before: number): Promise<number> {
  return await db("webhook_events").where("received_at", "<", timestamp(before)).delete();
}
