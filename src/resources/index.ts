import type { Caller } from "../accounts/caller.ts";
import type { AnyResource } from "../jsonapi/resource/define.ts";
import type { SessionsDeps } from "./sessions.ts";
import * as types from "./types.ts";
import type { UsersDeps } from "./users.ts";

export type ResourcesDeps = UsersDeps & SessionsDeps;

/** A declaration, or a function that makes one for those hooks that need more of the server. */
type Declaration = AnyResource<Caller> | ((deps: ResourcesDeps) => AnyResource<Caller>);

/** All resource types that `types.ts` lists. */
export function resources(deps: ResourcesDeps): readonly AnyResource<Caller>[] {
  const declarations: readonly Declaration[] = Object.values(types);
  return declarations.map((declaration) => (typeof declaration === "function" ? declaration(deps) : declaration));
}
