import type { Caller } from "../accounts/caller.ts";
import { SECURITY_EVENT_KINDS } from "../accounts/security-events.ts";
import type { SecurityEventRow } from "../db/tables.ts";
import { defineResource } from "../jsonapi/resource/define.ts";
import { dateTime, oneOf, string } from "../jsonapi/resource/value-types.ts";
import { own } from "./access.ts";

const kinds = Object.entries(SECURITY_EVENT_KINDS)
  .map(([kind, meaning]) => `\`${kind}\`: ${meaning}`)
  .join("; ");

/** The audit trail. Written by what happens, changed by nobody. Users see what is about themselves. */
export const securityEvents = defineResource<SecurityEventRow, Caller>()({
  type: "securityEvents",
  table: "security_events",
  counted: true,
  description:
    "What happened to accounts: who, when, from where, and how it ended. Users see what is about themselves, admins everything. Nobody changes it.",
  // By the id that stays: whom an event refers to is not known of those that came while the account was held fast. No id is given twice.
  scope: own("account_id"),
  attributes: {
    kind: {
      value: oneOf(...Object.keys(SECURITY_EVENT_KINDS)),
      description: `What happened. ${kinds}.`,
      example: "session.created",
      filter: true,
    },
    outcome: {
      value: oneOf("done", "refused"),
      description: "Whether it was done, or refused.",
      example: "refused",
      filter: true,
    },
    detail: {
      value: string(),
      description: "Why it was refused, or what it was about.",
      example: "wrong-password",
      nullable: true,
      filter: true,
    },
    accountId: {
      value: string({ maxLength: 36 }),
      description: "The id of the account that it is about; it stays when the account is deleted.",
      nullable: true,
      filter: true,
    },
    ipAddress: { value: string({ maxLength: 45 }), nullable: true, filter: true },
    userAgent: { value: string({ maxLength: 512 }), nullable: true, filter: true },
    createdAt: { value: dateTime, sort: true, filter: true },
  },
  relationships: {
    user: { to: "one", type: "users", description: "Whom it is about.", column: "user_id", nullable: true },
    actor: { to: "one", type: "users", description: "Who did it, where known.", column: "actor_id", nullable: true },
  },
});
