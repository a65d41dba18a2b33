import type { FastifyReply, FastifyRequest } from "fastify";
import type { Knex } from "knex";

import { keepAnAdmin } from "../accounts/admins.ts";
import type { Caller, Client } from "../accounts/caller.ts";
import { deleteUser } from "../accounts/delete-user.ts";
import { prepareRegistration, type RegistrationDeps } from "../accounts/register.ts";
import { prepareUserUpdate, type UserUpdateDeps } from "../accounts/update-user.ts";
import { recordGrants } from "../accounts/role-grants.ts";
import { recordSecurityEvent } from "../accounts/security-events.ts";
import type { UserRow } from "../db/tables.ts";
import { notFound } from "../errors/catalogue.ts";
import { defineResource } from "../jsonapi/resource/define.ts";
import { boolean, dateTime, string, webUrl } from "../jsonapi/resource/value-types.ts";
import { admin, anyone, member, nobody, own } from "./access.ts";
import type { GuardedAttempts } from "./attempts.ts";
import { emailAddress, languageTag, newPassword, normalEmail, secret } from "./value-types.ts";

export type UsersDeps = RegistrationDeps &
  UserUpdateDeps & {
    /** That mails can be written in. */
    readonly languages: readonly string[];
    /** Bounds how often a client may be wrong about a current password. */
    readonly attempts: GuardedAttempts;
    /** Queues a mail with a link that sets the password, for an admin who asks for it. Returns the id of the entry. */
    readonly requestReset: (
      trx: Knex.Transaction,
      request: { readonly normal: string; readonly client: Client },
    ) => Promise<string>;
    /** Bounds how often a client may ask for mails. */
    readonly mailRequests: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  };

/** They stand in mails, too. */
const personName = string({
  trim: true,
  check: (name) => (/\p{Cc}/u.test(name) ? "must not hold control characters" : undefined),
});

const profile = { nullable: true, create: anyone, update: member, sort: true, filter: true };

/** People with an account. Ordinary users see and change themselves. */
export function users(deps: UsersDeps) {
  return defineResource<UserRow, Caller>()({
    type: "users",
    table: "users",
    counted: true,
    description: "People with an account. Ordinary users see and change themselves, admins everybody.",
    clientIds: true,
    timestamps: { created: "created_at", updated: "updated_at" },
    scope: own("id"),
    attributes: {
      email: {
        value: emailAddress,
        description:
          "Unique, whatever its upper and lower case. Who changes their own sends `currentPassword` along; the old address is told by mail.",
        example: "ada@example.org",
        normal: { column: "email_normal", of: normalEmail },
        required: true,
        create: anyone,
        update: member,
        sort: true,
        filter: true,
      },
      firstName: { value: personName, example: "Ada", ...profile },
      lastName: { value: personName, example: "Lovelace", ...profile },
      avatarUrl: { value: webUrl(), nullable: true, create: anyone, update: member, filter: true },
      language: {
        value: languageTag(deps.languages),
        description: "Of mails. Where a new user gives none, the one that the request's `Accept-Language` likes best.",
        example: "en",
        nullable: true,
        create: anyone,
        update: member,
        filter: true,
      },
      password: {
        value: newPassword(deps.passwordRules),
        description: `From ${String(deps.passwordRules.minLength)} to 256 characters of any kind, not among the commonly used ones, not the email address, and not little more than the name of this service. A change ends all other sessions, and needs \`currentPassword\` where it is one's own.`,
        ...(deps.mode === "confirm" ? {} : { example: "walnut-orbit-9" }),
        column: null,
        read: nobody,
        create: anyone,
        update: member,
      },
      // Only a change needs it; clients that send all they know of a new user send it as null.
      currentPassword: {
        value: secret,
        description: "The present password, with a change of one's own `password` or `email`.",
        column: null,
        read: nobody,
        create: anyone,
        update: member,
      },
      isVerified: {
        value: boolean,
        description: "Whether a link that was mailed to the address has been used. Only an admin writes it.",
        default: false,
        create: admin,
        update: admin,
        sort: true,
        filter: true,
      },
      lastLoginAt: { value: dateTime, nullable: true, sort: true, filter: true },
      mailStatus: {
        value: string({ maxLength: 64 }),
        description:
          "For admins alone: why no mail gets to the address, in the mail service's own word (such as `HardBounce`, `SpamComplaint`, `ManualSuppression`, or `InactiveRecipient` where it gave none). Null: no trouble is known.",
        example: "HardBounce",
        nullable: true,
        read: admin,
        filter: true,
      },
      mailStatusAt: {
        value: dateTime,
        description: "For admins alone: since when `mailStatus` is what it is, by the mail service's word.",
        nullable: true,
        read: admin,
        filter: true,
      },
      createdAt: { value: dateTime, sort: true, filter: true },
      updatedAt: { value: dateTime, sort: true, filter: true },
    },
    relationships: {
      roles: {
        to: "many",
        type: "roles",
        description: "What they may do. Only an admin changes it.",
        through: { table: "user_roles", from: "user_id", to: "role_id" },
        write: admin,
        changed: async (trx, { id, added, removed }, { caller, now }) => {
          const pairs = (roleIds: readonly string[]) => roleIds.map((roleId) => ({ userId: id, roleId }));
          await recordGrants(trx, now, { granted: pairs(added), revoked: pairs(removed) }, caller);
        },
      },
      sessions: {
        to: "many",
        type: "sessions",
        description: "Where they are logged in.",
        through: { foreignKey: "user_id" },
      },
    },
    create: {
      access: (caller) => deps.mode !== "admin" || caller.isAdmin,
      mayBeAccepted: deps.mode === "confirm",
      errors: ["service-unavailable"],
      run: async ({ id, isClientId, values }, { caller, request, reply }) => {
        if (deps.mode === "confirm" && !caller.isAdmin) await deps.mailRequests(request, reply);
        const commit = await prepareRegistration(deps, { ...values, id, hasNewId: !isClientId, caller });
        return async (trx) => {
          const registered = await commit(trx);
          if ("accepted" in registered) return { accepted: { message: ACCEPTED } };
          // Whoever registers is not logged in yet, but has just said everything that the answer shows.
          const { userId, row } = registered;
          return { id: userId, as: caller.isAdmin ? caller : { ...caller, userId }, row: { ...row } };
        };
      },
    },
    update: {
      scope: own("id"),
      single: true,
      errors: ["wrong-current-password", "service-unavailable"],
      run: async ({ current, values }, { caller, request }) => {
        const { email, password, currentPassword } = values;
        if (email === undefined && password === undefined && currentPassword === undefined) return undefined;
        const prepare = () => prepareUserUpdate(deps, { user: current, changes: values, caller });
        return await (currentPassword === undefined ? prepare() : deps.attempts(request, prepare));
      },
    },
    actions: {
      reset: {
        summary: "Mail a link that sets the password",
        description:
          "For admins. The mail goes to the user's address as if they had asked for it themselves, past all limits of such mails.",
        scope: admin,
        run: ({ current }, { caller, now }) =>
          Promise.resolve(async (trx) => {
            const { client, userId: actorId } = caller;
            // As it is now: in between the address may have become somebody else's.
            const user = await trx("users").where({ id: current.id }).first("email_normal");
            if (user === undefined) throw notFound();
            const id = await deps.requestReset(trx, { normal: user.email_normal, client });
            // By the id of the entry: whoever handles it writes down no second one.
            const event = {
              id,
              kind: "reset.requested",
              detail: "admin",
              userId: current.id,
              actorId,
              client,
            } as const;
            await recordSecurityEvent(trx, now, event);
            return { message: "A mail with a link that sets the password is on its way to the user." };
          }),
      },
    },
    delete: {
      scope: own("id"),
      run: async ({ id }, { caller, now }) => {
        return async (trx) => {
          if (!(await deleteUser(trx, now, id, caller))) throw notFound();
        };
      },
    },
    concerns: ({ kind, relationships, onlyAdds }) =>
      kind === "delete" || (relationships.includes("roles") && !onlyAdds),
    around: (trx, _write, run, { caller }) => keepAnAdmin(trx, run, caller),
  });
}

const ACCEPTED = "If this address can be used, a mail with a link that goes on from here is on its way to it.";
