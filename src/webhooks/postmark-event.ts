import { createHash } from "node:crypto";

import { parseEmail } from "../accounts/email.ts";
import { invalidAttribute } from "../errors/catalogue.ts";
import { attemptAll } from "../errors/fault.ts";

/** What Postmark says of an address. https://postmarkapp.com/developer/webhooks/webhooks-overview */
export interface MailEvent {
  /** The same for an event that is sent again, another one for every other event. Holds no address. */
  readonly key: string;
  /** The address in its normal form; empty for what is no address of ours, and thus nobody's. */
  readonly normal: string;
  /** When it happened (milliseconds), by Postmark's clock. */
  readonly at: number;
  /** Whether Postmark mails to the address no more, does so again, or goes on as before. */
  readonly verdict: "dead" | "alive" | "unchanged";
  /** Postmark's word for what happened: letters alone, 64 at most. */
  readonly status: string;
}

export type Ignored = { readonly ignored: "record type" | "other stream" };

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads what Postmark sent. Whatever says nothing about an address is ignored: also a delivery, since it is no word about the address
 * being active. A mail that was under way when another one bounced or was complained about is delivered after that. When an address
 * is reactivated, Postmark says so by a SubscriptionChange.
 *
 * @param stream our message stream. Suppressions are per stream: what happens to other mails is none of our concern
 * @throws {Fault | Faults} 422 for what says something that we cannot read. Postmark sends it again for some hours, its own pages show
 *   that it failed, and our log says why: an answer of 200 would lose it in silence
 */
export function readPostmarkEvent(body: unknown, stream: string): MailEvent | Ignored {
  if (!isObject(body)) throw invalidAttribute("", "body", "must be an object");
  const recordType = text(body, "RecordType");
  const read = READERS.get(recordType);
  if (read === undefined) return { ignored: "record type" };
  // A webhook belongs to a stream. Old ones do not name it.
  if ((body["MessageStream"] ?? null) !== null && text(body, "MessageStream") !== stream) {
    return { ignored: "other stream" };
  }
  const { address, time, ...said } = read(body);
  const email = parseEmail(address);
  const normal = "message" in email ? "" : email.normal;
  return { ...said, normal, at: milliseconds(time), key: keyOf(body, recordType, normal, time, said.verdict) };
}

type Said = Pick<MailEvent, "verdict" | "status"> & { readonly address: string; readonly time: string };

function bounce(body: Members): Said {
  const [address, isInactive, time] = attemptAll(
    () => text(body, "Email"),
    () => boolean(body, "Inactive"),
    () => moment(body, "BouncedAt"),
  );
  // Whatever its type: a soft bounce may be the one too many, a hard one may be forgiven.
  return { address, time, verdict: isInactive ? "dead" : "unchanged", status: word(body["Type"]) };
}

function spamComplaint(body: Members): Said {
  const [address, time] = attemptAll(
    () => text(body, "Email"),
    () => moment(body, "BouncedAt"),
  );
  return { address, time, verdict: "dead", status: "SpamComplaint" };
}

function subscriptionChange(body: Members): Said {
  const [address, isSuppressed, time] = attemptAll(
    () => text(body, "Recipient"),
    () => boolean(body, "SuppressSending"),
    () => moment(body, "ChangedAt"),
  );
  return { address, time, verdict: isSuppressed ? "dead" : "alive", status: word(body["SuppressionReason"]) };
}

const READERS: ReadonlyMap<string, (body: Members) => Said> = new Map([
  ["Bounce", bounce],
  ["SpamComplaint", spamComplaint],
  ["SubscriptionChange", subscriptionChange],
]);

/**
 * By much more than the ID: IDs are 64 bits long, and JavaScript reads those that are near each other as one number; a SubscriptionChange
 * has none; and one message may bounce more than once.
 */
function keyOf(body: Members, recordType: string, normal: string, time: string, verdict: string): string {
  const { ServerID, ID, MessageID } = body;
  const parts = [recordType, ServerID ?? null, ID ?? null, MessageID ?? null, normal, time, verdict];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function text(body: Members, name: string): string {
  const value = member(body, name);
  if (typeof value !== "string") throw invalidAttribute(`/${name}`, name, "must be a string");
  return value;
}

function boolean(body: Members, name: string): boolean {
  const value = member(body, name);
  if (typeof value !== "boolean") throw invalidAttribute(`/${name}`, name, "must be a boolean");
  return value;
}

/** RFC 3339, section 5.6; Postmark has seven digits of a second, with an offset or in UTC. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/i;

function moment(body: Members, name: string): string {
  const value = text(body, name);
  if (!DATE_TIME.test(value) || Number.isNaN(milliseconds(value))) {
    throw invalidAttribute(`/${name}`, name, "must be a point in time such as 2026-01-31T12:00:00.0000000Z");
  }
  return value;
}

/** Without an offset it is UTC, and not where this server happens to stand. */
function milliseconds(time: string): number {
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/i.test(time) ? time : `${time}Z`);
}

function member(body: Members, name: string): unknown {
  if (!Object.hasOwn(body, name)) throw invalidAttribute("", name, "is missing");
  return body[name];
}

/** It is shown to admins and stands in the log. */
function word(value: unknown): string {
  return typeof value === "string" && /^[A-Za-z]{1,64}$/.test(value) ? value : "Unknown";
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
