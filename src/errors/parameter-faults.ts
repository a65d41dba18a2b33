import type { Fault } from "./fault.ts";
import { faultOf } from "./make.ts";

/** Faults of query parameters. */

export function invalidParameter(parameter: string, detail: string, suggestions: readonly string[] = []): Fault {
  return faultOf("invalid-parameter", {
    detail,
    source: { parameter },
    meta: suggestions.length > 0 ? { suggestions } : undefined,
  });
}

/** An error of the Cursor Pagination profile, which names its kinds by links. */
export function cursorProfileFault(
  kind: "unsupported-sort" | "max-size-exceeded",
  parameter: string,
  detail: string,
  meta?: Readonly<Record<string, unknown>>,
): Fault {
  return faultOf(kind, {
    detail,
    source: { parameter },
    meta,
    links: { type: [`https://jsonapi.org/profiles/ethanresnick/cursor-pagination/${kind}`] },
  });
}
