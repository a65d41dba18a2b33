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

/** The URI by which clients ask for cursors, and answers say that they have them. */
export const CURSOR_PROFILE = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";

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
    // The profile's examples have an array here, as a draft of JSON:API 1.1 had it; the specification itself has one link.
    links: { type: CURSOR_PROFILE + kind },
    profile: CURSOR_PROFILE,
  });
}
