import { ADMIN_ROLE, guardAdminRole, keepAnAdmin, normalRoleName } from "../accounts/admins.ts";
import type { Caller } from "../accounts/caller.ts";
import { recordGrants } from "../accounts/role-grants.ts";
import type { RoleRow } from "../db/tables.ts";
import { eq, some } from "../jsonapi/resource/condition.ts";
import { defineResource } from "../jsonapi/resource/define.ts";
import { dateTime, string } from "../jsonapi/resource/value-types.ts";
import { admin } from "./access.ts";

const MAX_NAME = 100;

/** What people may be. A user sees the roles they have. */
export const roles = defineResource<RoleRow, Caller>()({
  type: "roles",
  table: "roles",
  counted: true,
  description: "What people may be. Users see the roles they have; only admins make and give them.",
  clientIds: true,
  timestamps: { created: "created_at", updated: "updated_at" },
  scope: (caller) => (caller.isAdmin ? true : caller.userId === null ? false : some("users", eq("id", caller.userId))),
  attributes: {
    name: {
      value: string({ minLength: 1, maxLength: MAX_NAME, trim: true, check: roleNameFault }),
      description: "Unique, whatever its upper and lower case. The role `admin` cannot be renamed.",
      example: "editor",
      normal: { column: "name_normal", of: normalRoleName },
      required: true,
      create: admin,
      update: admin,
      sort: true,
      filter: true,
    },
    description: {
      value: string({ maxLength: 1000 }),
      example: "May edit.",
      nullable: true,
      create: admin,
      update: admin,
      filter: true,
    },
    createdAt: { value: dateTime, sort: true, filter: true },
    updatedAt: { value: dateTime, sort: true, filter: true },
  },
  relationships: {
    users: {
      to: "many",
      type: "users",
      description: "Who has the role.",
      through: { table: "user_roles", from: "role_id", to: "user_id" },
      write: admin,
      changed: async (trx, { id, added, removed }, { caller, now }) => {
        const pairs = (userIds: readonly string[]) => userIds.map((userId) => ({ userId, roleId: id }));
        await recordGrants(trx, now, { granted: pairs(added), revoked: pairs(removed) }, caller);
      },
    },
  },
  create: { access: admin },
  update: {
    scope: admin,
    run: async ({ current, values }) => {
      if (values.name !== undefined) guardAdminRole(current, values.name);
      return undefined;
    },
  },
  delete: {
    scope: admin,
    run: async ({ current }) => {
      guardAdminRole(current);
      return undefined;
    },
  },
  concerns: (write) => write.relationships.includes("users") && !write.onlyAdds,
  around: (trx, _write, run, { caller }) => keepAnAdmin(trx, run, caller),
});

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Scripts that share the shapes of letters: in one name they serve to make it look like another. UTS 39, section 5. */
const ALIKE = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];

/** Two names that look alike must not be two roles, least of all where one of them is the admin's. */
function roleNameFault(name: string): string | undefined {
  if (INVISIBLE.test(name)) return "must not hold control or invisible characters";
  const normal = normalRoleName(name);
  // Some letters are many in their normal form, which has a column as wide as the name's.
  if ([...normal].length > MAX_NAME) return `must have at most ${String(MAX_NAME)} characters in Unicode's form NFKC`;
  if (ALIKE.filter((script) => script.test(normal)).length > 1) {
    return "must not mix Latin, Cyrillic, Greek or Armenian letters";
  }
  if (normal === ADMIN_ROLE && name.trim() !== ADMIN_ROLE) return `must be written ${ADMIN_ROLE}`;
  return undefined;
}
