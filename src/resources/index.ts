import type { Caller } from "../accounts/caller.ts";
import type { AnyResource } from "../jsonapi/resource/define.ts";
import { roles } from "./roles.ts";
import { sessions, type SessionsDeps } from "./sessions.ts";
import { users, type UsersDeps } from "./users.ts";

/** The list of resource types: a new one is a declaration of its own and a line here. */
export function resources(deps: UsersDeps & SessionsDeps): readonly AnyResource<Caller>[] {
  return [users(deps), roles, sessions(deps)];
}
