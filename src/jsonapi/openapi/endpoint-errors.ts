import type { ErrorCode } from "../../errors/codes.ts";
import type { Registry, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { writableRelationships } from "./members.ts";

/** What an endpoint can refuse a request with. */
export interface EndpointErrors {
  /** By what the answers are called. */
  readonly name: string;
  readonly codes: readonly ErrorCode[];
  /** Those of which several may come in one document. */
  readonly together: readonly ErrorCode[];
}

const EVERYWHERE: readonly ErrorCode[] = [
  "invalid-parameter",
  "malformed-url",
  "bad-request",
  "not-acceptable",
  "too-many-requests",
  "internal-error",
];
const BY_ID: readonly ErrorCode[] = ["not-found", "uri-too-long"];
const BODY: readonly ErrorCode[] = ["malformed-body", "payload-too-large", "unsupported-media-type"];
const RESOURCE: readonly ErrorCode[] = [
  "invalid-document",
  "forbidden",
  "conflict",
  "invalid-attribute",
  "unknown-attribute",
  "unknown-relationship",
];
const LINKAGE: readonly ErrorCode[] = ["invalid-document", "conflict"];

/** @param access what refuses those who may not read at all */
export function readErrors(access: readonly ErrorCode[]): EndpointErrors {
  return { name: "Read", codes: [...EVERYWHERE, ...BY_ID, ...access], together: ["invalid-parameter"] };
}

/** @param isBelow the list is of what one resource leads to */
export function listErrors(access: readonly ErrorCode[], isBelow: boolean): EndpointErrors {
  return {
    name: "List",
    codes: [...EVERYWHERE, ...access, ...(isBelow ? BY_ID : []), "unsupported-sort", "max-size-exceeded"],
    together: ["invalid-parameter", "max-size-exceeded"],
  };
}

export function createErrors<Caller>(type: ResourceType<Caller>, isOpen: boolean): EndpointErrors {
  return writeErrors("Create", type, [
    ...(isOpen ? [] : (["unauthorized"] as const)),
    // What it refers to may be gone by the time it is made.
    "not-found",
    ...(type.definition.create?.errors ?? []),
  ]);
}

export function updateErrors<Caller>(type: ResourceType<Caller>): EndpointErrors {
  const ofHook = type.definition.update?.errors ?? [];
  return writeErrors("Update", type, [...BY_ID, "unauthorized", "precondition-failed", ...ofHook]);
}

function writeErrors<Caller>(name: string, type: ResourceType<Caller>, more: readonly ErrorCode[]): EndpointErrors {
  const together = [...RESOURCE, ...referenceErrors(type)];
  return { name, codes: [...EVERYWHERE, ...BODY, ...together, ...more], together: ["invalid-parameter", ...together] };
}

/** @param access what refuses those who may not delete */
export function deleteErrors(access: readonly ErrorCode[]): EndpointErrors {
  return {
    name: "Delete",
    // A body means nothing, but what is sent as one must be one.
    codes: [...EVERYWHERE, ...BY_ID, ...BODY, ...access, "conflict", "precondition-failed"],
    together: ["invalid-parameter"],
  };
}

/** @param access what refuses those who may not do it */
export function actionErrors(access: readonly ErrorCode[], ofHook: readonly ErrorCode[] = []): EndpointErrors {
  return {
    name: "Action",
    // As for a deletion.
    codes: [...EVERYWHERE, ...BY_ID, ...BODY, ...access, "precondition-failed", ...ofHook],
    together: ["invalid-parameter"],
  };
}

/** A change of a relationship that is not to be changed so. */
export const neverErrors: EndpointErrors = {
  name: "Never",
  codes: [...EVERYWHERE, ...BY_ID, ...BODY, "unauthorized", "forbidden"],
  together: ["invalid-parameter"],
};

export type LinkChange = "replace" | "add" | "remove";

export function linkErrors<Caller>({ to }: ResourceRelationship<Caller>, change: LinkChange): EndpointErrors {
  const together: ErrorCode[] = [...LINKAGE, ...(change === "remove" ? [] : (["unknown-reference"] as const))];
  return {
    name: change === "remove" ? "Unlink" : "Link",
    codes: [
      ...EVERYWHERE,
      ...BY_ID,
      ...BODY,
      ...together,
      "unauthorized",
      "forbidden",
      "precondition-failed",
      ...(to === "one" ? (["invalid-attribute"] as const) : []),
    ],
    together: ["invalid-parameter", ...together],
  };
}

/** Everything that any operation can be refused with. */
export function operationErrors<Caller>(registry: Registry<Caller>): EndpointErrors {
  const ofHooks = [...registry.values()].flatMap(({ definition: { create, update } }) => [
    ...(create?.alone === true ? [] : (create?.errors ?? [])),
    ...(update?.errors ?? []),
  ]);
  const together: ErrorCode[] = [...RESOURCE, "unknown-reference", "unknown-target", "not-found", ...ofHooks];
  return {
    name: "Operations",
    codes: [...EVERYWHERE, ...BODY, "unauthorized", ...together],
    together: ["invalid-parameter", ...together],
  };
}

function referenceErrors<Caller>(type: ResourceType<Caller>): readonly ErrorCode[] {
  return writableRelationships(type).length > 0 ? ["unknown-reference"] : [];
}
