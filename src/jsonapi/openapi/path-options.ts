import type { PageLimits } from "../read/page.ts";
import type { ResourceType } from "../resource/registry.ts";
import type { Components } from "./components.ts";
import { SHARED_PARAMETERS } from "./parameter.ts";

export interface PathOptions<Caller> {
  readonly prefix: string;
  readonly pageLimits: PageLimits;
  /** Somebody of whom nothing is known: what they may do needs no token. */
  readonly nobody: Caller | undefined;
}

/** Whether nobody in particular may read resources of the type. */
export function isOpenToRead<Caller>(type: ResourceType<Caller>, nobody: Caller | undefined): boolean {
  return nobody !== undefined && type.scope(nobody) !== false;
}

/** A parameter of the components, by its key. */
export function shared(components: Components, ...keys: readonly string[]) {
  return components.use(new Map([...SHARED_PARAMETERS].filter(([key]) => keys.includes(key))));
}
