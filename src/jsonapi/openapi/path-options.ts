import type { ErrorCode } from "../../errors/codes.ts";
import type { PageLimits } from "../read/page.ts";
import { isSameScope, type Scope } from "../resource/condition.ts";
import type { ResourceType } from "../resource/registry.ts";
import type { Components } from "./components.ts";
import { SHARED_PARAMETERS } from "./parameter.ts";

/** Examples of callers: what they may do tells which operations need a token, and which may be forbidden with one. */
export interface SampleCallers<Caller> {
  /** Somebody of whom nothing is known. Default: no operation is known to be open. */
  readonly nobody?: Caller | undefined;
  /** Somebody who is known, with no rights but those that everybody has. Default: everything may be forbidden. */
  readonly somebody?: Caller | undefined;
}

export interface PathOptions<Caller> extends SampleCallers<Caller> {
  readonly prefix: string;
  /** What the URLs of resources begin with. */
  readonly base: string;
  readonly pageLimits: PageLimits;
}

/** Whether nobody in particular may read resources of the type. */
export function isOpenToRead<Caller>(type: ResourceType<Caller>, { nobody }: SampleCallers<Caller>): boolean {
  return nobody !== undefined && type.scope(nobody) !== false;
}

/** What refuses those who may read no resource of the type. */
export function readRefusals<Caller>(type: ResourceType<Caller>, callers: SampleCallers<Caller>): ErrorCode[] {
  if (isOpenToRead(type, callers)) return [];
  const { somebody } = callers;
  return somebody === undefined || type.scope(somebody) === false ? ["unauthorized", "forbidden"] : ["unauthorized"];
}

/** What refuses those who see resources of the type, but may not write to them all: what they do not see is not found. */
export function writeRefusals<Caller>(
  type: ResourceType<Caller>,
  { somebody }: SampleCallers<Caller>,
  scope: (caller: Caller) => Scope,
): ErrorCode[] {
  const isSame = somebody !== undefined && isSameScope(scope(somebody), type.scope(somebody));
  return isSame && type.scope(somebody) !== false ? ["unauthorized"] : ["unauthorized", "forbidden"];
}

/** References to what many operations take, by its keys. */
export function shared(components: Components, ...keys: readonly string[]) {
  return components.use(new Map([...SHARED_PARAMETERS].filter(([key]) => keys.includes(key))));
}
