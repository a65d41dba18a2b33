import type { Fault } from "./fault.ts";
import { at, faultOf } from "./make.ts";

/** Faults of request documents, and of what they ask for. */

/** RFC 9110, section 15.5.13. */
export function preconditionFailed(header: "If-Match" | "If-None-Match"): Fault {
  return faultOf("precondition-failed", {
    detail: "The resource is not what it was when you read it. Read it again, and repeat the change if it still fits.",
    source: { header },
  });
}

/** The document has not the shape that JSON:API asks for at `pointer`. */
export function invalidDocument(pointer: string, detail: string): Fault {
  return faultOf("invalid-document", { detail, source: { pointer } });
}

/** An operation is about a type, a relationship or a local id that there is not. */
export function unknownTarget(pointer: string, detail: string): Fault {
  return faultOf("unknown-target", { detail, source: { pointer } });
}

export function conflict(detail: string, pointer?: string): Fault {
  return faultOf("conflict", { detail, source: at(pointer) });
}

/** A well-formed value that cannot be taken. `meta` is what Graphiti's clients (Spraypaint) read. */
export function invalidAttribute(pointer: string, attribute: string, message: string): Fault {
  return faultOf("invalid-attribute", {
    detail: `${attribute} ${message}`,
    source: { pointer },
    meta: { attribute, message },
  });
}

/** A name that a client made up, which the pointer has in full. */
const quoted = (name: string) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100).toWellFormed()}…` : name);

export function unknownMember(
  kind: "attribute" | "relationship",
  pointer: string,
  name: string,
  type: string,
  suggestions: readonly string[] = [],
): Fault {
  return faultOf(`unknown-${kind}`, {
    detail: `${type} has no ${kind} ${quoted(name)}.`,
    source: { pointer },
    meta: { attribute: name, message: "is not known", ...(suggestions.length > 0 ? { suggestions } : {}) },
  });
}

/** JSON:API 1.1, "Creating Resources": a reference to a resource that does not exist, or that the caller may not see. */
export function unknownReference(pointer: string, type: string, id: string): Fault {
  return faultOf("unknown-reference", {
    detail: `There is no ${type} ${JSON.stringify(id)}, or you may not see it.`,
    source: { pointer },
  });
}

/** In the place of errors that one document has no room for. `status` is that of the whole answer. */
export function moreErrors(omitted: number, status: number): Fault {
  return faultOf("more-errors", {
    status,
    detail: `There are ${String(omitted)} more errors of which this document does not tell.`,
    meta: { omitted },
  });
}
