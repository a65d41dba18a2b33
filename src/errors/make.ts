import { errorKinds, type ErrorCode } from "./codes.ts";
import { Fault, type FaultInit } from "./fault.ts";

/** What varies between two faults of one kind. */
export type Occurrence = Pick<FaultInit, "detail"> & Partial<Omit<FaultInit, "code" | "title" | "detail">>;

/** A fault of the kind that the table has under `code`. */
export function faultOf(code: ErrorCode, occurrence: Occurrence): Fault {
  const { status, title } = errorKinds[code];
  return new Fault({ status, code, title, ...occurrence });
}

/** `source` for a pointer that there may be. */
export function at(pointer: string | undefined): FaultInit["source"] {
  return pointer === undefined ? undefined : { pointer };
}
