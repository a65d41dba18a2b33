import type { Knex } from "knex";

import { hasOneWriter } from "../db/dialect.ts";
import type { RoleRow } from "../db/tables.ts";
import { conflict } from "../errors/catalogue.ts";
import type { Caller } from "./caller.ts";

/** The role that may do everything, by its normal name. The first migration of the roles makes it. */
export const ADMIN_ROLE = "admin";

/** What makes a role's name unique: «Admin» and «admin» are one. */
export function normalRoleName(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

export async function isAdmin(db: Knex, userId: string): Promise<boolean> {
  const found: unknown = await admins(db).where("user_roles.user_id", userId).first("user_roles.user_id");
  return found !== undefined;
}

/**
 * Runs a change that may take somebody's role or delete somebody, and sees to it that an admin is left. The admin role's row is
 * locked, so that of two admins who leave at once the second one waits, and is refused.
 *
 * @param run the change, in the same transaction
 * @param caller who makes it, as confirmed in this transaction: where that is an admin, there is one
 * @throws {Fault} 409 when there was an admin before and none after; the transaction must then be rolled back
 */
export async function keepAnAdmin<T>(
  trx: Knex.Transaction,
  run: () => Promise<T>,
  caller?: Pick<Caller, "isAdmin">,
): Promise<T> {
  if (!hasOneWriter(trx)) await trx("roles").where({ name_normal: ADMIN_ROLE }).forUpdate().first("id");
  const wasOne = caller?.isAdmin === true || (await isAnAdminThere(trx));
  const result = await run();
  if (wasOne && !(await isAnAdminThere(trx))) {
    throw conflict("There must be an admin: this would take away the last one.");
  }
  return result;
}

/**
 * Refuses to rename or delete the role `admin`, which the server itself knows by its name.
 *
 * @param newName the name it shall have; `undefined` to delete it
 * @throws {Fault} 409
 */
export function guardAdminRole(role: Pick<RoleRow, "name_normal">, newName?: string): void {
  if (role.name_normal !== ADMIN_ROLE) return;
  if (newName === undefined) throw conflict("The role admin cannot be deleted.");
  if (normalRoleName(newName) !== ADMIN_ROLE) {
    throw conflict("The role admin cannot be renamed.", "/data/attributes/name");
  }
}

function admins(db: Knex): Knex.QueryBuilder {
  return db("user_roles").join("roles", "roles.id", "user_roles.role_id").where("roles.name_normal", ADMIN_ROLE);
}

async function isAnAdminThere(db: Knex): Promise<boolean> {
  return (await admins(db).first("user_roles.user_id")) !== undefined;
}
