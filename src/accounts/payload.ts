import type { AskedBy } from "./client.ts";

/**
 * Who may ask for a mail without being limited: the operator on the command line, an admin, or the server itself after the holder has
 * said «it wasn't me».
 */
export type Origin = "operator" | "admin" | "not-me";

const ORIGINS: readonly Origin[] = ["operator", "admin", "not-me"];

/** What an outbox entry of ours holds. An older version may have written it: nothing of it is taken for granted. */
export interface Payload {
  readonly userId: string | null;
  readonly email: string | null;
  /** Where a notice goes to: as it was when there was something to tell. */
  readonly address: string | null;
  readonly oldAddress: string | null;
  readonly newAddress: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly avatarUrl: string | null;
  /** Of the mail, when the entry was written. There may be no such language any more. */
  readonly language: string | null;
  /** Null: the operator or the server itself. */
  readonly askedBy: AskedBy | null;
  /** Of the account when the entry was made. */
  readonly epoch: number | null;
  /** Who asked; null for anybody at all, whose requests are limited. */
  readonly origin: Origin | null;
}

export function readPayload(payload: unknown): Payload {
  const members = asObject(payload);
  const askedBy = asObject(members.askedBy);
  const ipAddress = asText(askedBy.ipAddress);
  const at = asText(askedBy.at);
  return {
    userId: asText(members.userId),
    email: asText(members.email),
    address: asText(members.address),
    oldAddress: asText(members.oldAddress),
    newAddress: asText(members.newAddress),
    firstName: asText(members.firstName),
    lastName: asText(members.lastName),
    avatarUrl: asText(members.avatarUrl),
    language: asText(members.language),
    askedBy: ipAddress === null || at === null ? null : { ipAddress, userAgent: asText(askedBy.userAgent), at },
    epoch: Number.isSafeInteger(members.epoch) ? (members.epoch as number) : null,
    origin: ORIGINS.find((origin) => origin === members.origin) ?? null,
  };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
