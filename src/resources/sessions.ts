import type { Caller } from "../accounts/caller.ts";
import { endSession, prepareLogIn, type LogInDeps } from "../accounts/sessions.ts";
import type { SessionRow } from "../db/tables.ts";
import { notFound } from "../errors/catalogue.ts";
import { defineResource } from "../jsonapi/resource/define.ts";
import { dateTime, string } from "../jsonapi/resource/value-types.ts";
import { anyone, nobody, own } from "./access.ts";
import type { GuardedAttempts } from "./attempts.ts";
import { secret } from "./value-types.ts";

export interface SessionsDeps extends LogInDeps {
  /** Bounds how often a client may be wrong about a password. */
  readonly attempts: GuardedAttempts;
}

const credential = { value: secret, column: null, read: nobody, create: anyone, required: true } as const;

/** Being logged in: made by logging in, deleted by logging out. */
export function sessions(deps: SessionsDeps) {
  return defineResource<SessionRow, Caller>()({
    type: "sessions",
    table: "sessions",
    counted: true,
    description: "Being logged in: made by logging in, deleted by logging out.",
    scope: own("user_id"),
    attributes: {
      email: { ...credential, example: "ada@example.org" },
      password: { ...credential, example: "walnut-orbit-9" },
      token: {
        value: string(),
        description: "For `Authorization: Bearer TOKEN`. This answer shows it, and no other will.",
        column: null,
      },
      userAgent: { value: string({ maxLength: 512 }), nullable: true, filter: true },
      ipAddress: { value: string({ maxLength: 45 }), nullable: true, filter: true },
      createdAt: { value: dateTime, sort: true, filter: true },
      lastUsedAt: { value: dateTime, sort: true, filter: true },
      expiresAt: { value: dateTime, sort: true, filter: true },
    },
    relationships: {
      user: { to: "one", type: "users", description: "Who is logged in.", column: "user_id" },
    },
    create: {
      access: anyone,
      alone: true,
      errors: ["wrong-credentials", "service-unavailable"],
      run: async ({ values }, { caller, request }) => {
        const { email, password } = values;
        const commit = await deps.attempts(request, () => prepareLogIn(deps, { email, password, caller }));
        return async (trx) => {
          const opened = await commit(trx);
          return { id: opened.sessionId, as: opened.caller, once: { token: opened.token }, row: { ...opened.row } };
        };
      },
    },
    delete: {
      scope: own("user_id"),
      run: async ({ current }, { caller, now }) => {
        return async (trx) => {
          if (!(await endSession(trx, now, current, caller))) throw notFound();
        };
      },
    },
  });
}
