import type { Caller } from "../accounts/caller.ts";
import { eq, type Scope } from "../jsonapi/resource/condition.ts";

/** The rights that the resource types' declarations are written in. */

export const anyone = (): boolean => true;

export const nobody = (): boolean => false;

/** As a scope: all rows or none. */
export const admin = (caller: Caller): boolean => caller.isAdmin;

/** Somebody who is logged in. Whose rows they may touch is said by scopes. */
export const member = (caller: Caller): boolean => caller.userId !== null;

/** Admins: all rows. Others: those whose `column` holds their own id. Nobody else: none. */
export const own =
  <const Column extends string>(column: Column) =>
  (caller: Caller): Scope<Column> =>
    caller.isAdmin ? true : caller.userId === null ? false : eq(column, caller.userId);
