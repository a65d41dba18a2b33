import { conflict, invalidDocument, malformedBody, unknownTarget } from "../../errors/catalogue.ts";
import { FaultList, type Fault } from "../../errors/fault.ts";
import { pointer } from "../../errors/pointer.ts";
import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";

/** A resource identifier of a request, and where it stands. */
export interface Reference {
  readonly type: string;
  readonly id: string;
  readonly pointer: string;
}

/** Ids by type and local id, with a space between them. */
export type KnownLids = ReadonlyMap<string, string>;

export const localKey = (type: string, lid: string): string => `${type} ${lid}`;

/** What a request wants a relationship to lead to. */
export type Linkage = readonly Reference[] | Reference | null;

/** A change that a request document asks for. Knows the grammar and the names of relationships, no permissions, no values. */
export interface Change {
  /** The client's own id; absent or null as good as none. */
  readonly id?: string;
  /** By this, other parts of the request refer to a resource that is to be made. */
  readonly lid?: string;
  readonly attributes: ReadonlyMap<string, unknown>;
  /** Those that came with data. */
  readonly relationships: ReadonlyMap<string, { readonly value: unknown; readonly pointer: string }>;
  readonly lids: KnownLids;
  /** Where a missing attribute is to be pointed out: the nearest value that is in the request. */
  readonly attributesPointer: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The resource object of a request. JSON:API 1.1, "Creating Resources" and "Updating Resources".
 *
 * @param options.expectedId on an update: the id in the URL
 * @param options.lids ids of resources that are made in the same request, by type and local id
 * @throws {Fault | Faults} 400 for another shape, 409 for another type or id; all of them at once
 */
export function parseResource(
  body: unknown,
  type: string,
  { expectedId, lids }: { readonly expectedId?: string; readonly lids?: KnownLids } = {},
): Change {
  const data = primaryData(body);
  if (!isObject(data)) throw invalidDocument("/data", "data must be a resource object.");
  const faults = new FaultList();

  if (!Object.hasOwn(data, "type")) faults.add(invalidDocument("/data", "The resource has no type."));
  else if (typeof data["type"] !== "string") faults.add(invalidDocument("/data/type", "type must be a string."));
  else if (data["type"] !== type)
    faults.add(conflict(`This is the place of ${type}, not of ${data["type"]}.`, "/data/type"));

  const id = data["id"] ?? undefined;
  if (id !== undefined && typeof id !== "string") faults.add(invalidDocument("/data/id", "id must be a string."));
  else if (expectedId !== undefined && id === undefined)
    faults.add(invalidDocument("/data", "The resource has no id."));
  else if (expectedId !== undefined && id !== expectedId) {
    faults.add(conflict("The id is not the one in the URL.", "/data/id"));
  }
  const lid = data["lid"] ?? undefined;
  if (lid !== undefined && typeof lid !== "string") faults.add(invalidDocument("/data/lid", "lid must be a string."));

  const attributes = memberObject(data, "attributes", faults);
  const relationships = new Map<string, { value: unknown; pointer: string }>();
  for (const [name, relationship] of fieldsOf(memberObject(data, "relationships", faults))) {
    const place = pointer("data", "relationships", name);
    if (!isObject(relationship)) faults.add(invalidDocument(place, "A relationship must be an object."));
    else if (Object.hasOwn(relationship, "data")) {
      relationships.set(name, { value: relationship["data"], pointer: `${place}/data` });
    } else if (!Object.hasOwn(relationship, "links") && !Object.hasOwn(relationship, "meta")) {
      faults.add(invalidDocument(place, "A relationship must have data, links or meta."));
    }
  }
  faults.throwIfAny();
  return {
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof lid === "string" ? { lid } : {}),
    attributes: new Map(fieldsOf(attributes)),
    relationships,
    lids: lids ?? new Map(),
    attributesPointer: attributes === undefined ? "/data" : "/data/attributes",
  };
}

/**
 * The linkage in a request to a relationship's own URL. JSON:API 1.1, "Updating Relationships".
 *
 * @throws {Fault | Faults} 400 for another shape, 409 for identifiers of another type
 */
export function parseRelationshipBody<Caller>(
  body: unknown,
  relationship: ResourceRelationship<Caller>,
  lids: KnownLids = new Map(),
): Linkage {
  return parseLinkage(primaryData(body), relationship, "/data", lids);
}

/**
 * Resource linkage. JSON:API 1.1, "Resource Linkage". Duplicates are one; unknown members of identifiers are ignored.
 *
 * @throws {Fault | Faults} 400 for another shape, 409 for identifiers of another type
 */
export function parseLinkage<Caller>(
  value: unknown,
  relationship: ResourceRelationship<Caller>,
  place: string,
  lids: KnownLids,
): Linkage {
  const { name, target } = relationship;
  if (relationship.to === "one") {
    return value === null
      ? null
      : parseReference(value, target, place, lids, `${name} must be a resource identifier or null.`);
  }
  if (!Array.isArray(value)) throw invalidDocument(place, `${name} must be an array of resource identifiers.`);
  if (value.length > MAX_LINKED) {
    throw invalidDocument(place, `One request may name ${String(MAX_LINKED)} resources of ${name} at most.`);
  }
  const faults = new FaultList();
  const references = new Map<string, Reference>();
  for (const [index, item] of value.entries()) {
    faults.collect(() => {
      const reference = parseReference(
        item,
        target,
        place + pointer(index),
        lids,
        `${name} must hold resource identifiers.`,
      );
      if (!references.has(reference.id)) references.set(reference.id, reference);
    });
  }
  faults.throwIfAny();
  return [...references.values()];
}

/** Attributes, or relationships, of one resource. Each may be a fault of its own, and the answer would grow with them. */
const MAX_MEMBERS = 200;

/** Identifiers in one to-many linkage. */
export const MAX_LINKED = 1_000;

function parseReference<Caller>(
  value: unknown,
  target: ResourceType<Caller>,
  place: string,
  lids: KnownLids,
  otherwise: string,
): Reference {
  if (!isObject(value)) throw invalidDocument(place, otherwise);
  const { type, lid } = value;
  const id = value["id"] ?? (typeof lid === "string" ? lids.get(localKey(target.name, lid)) : undefined);
  const faults = new FaultList();
  if (type === undefined) faults.add(invalidDocument(place, "The resource identifier has no type."));
  else if (typeof type !== "string") faults.add(invalidDocument(`${place}/type`, "type must be a string."));
  else if (type !== target.name) faults.add(conflict(`This leads to ${target.name}, not to ${type}.`, `${place}/type`));
  if (id === undefined && lid !== undefined) faults.add(unknownLid(lid, `${place}/lid`));
  else if (id === undefined) faults.add(invalidDocument(place, "The resource identifier has no id."));
  else if (typeof id !== "string") faults.add(invalidDocument(`${place}/id`, "id must be a string."));
  faults.throwIfAny();
  return { type: target.name, id: typeof id === "string" ? id : "", pointer: place };
}

/** The fault of a `lid` that nothing in the request has. */
export function unknownLid(lid: unknown, place: string): Fault {
  return typeof lid === "string"
    ? unknownTarget(place, "Nothing that this request makes, or has made so far, has this lid.")
    : invalidDocument(place, "lid must be a string.");
}

/** All identifiers in a linkage. */
export function references(linkage: Linkage) {
  return linkage === null ? [] : "id" in linkage ? [linkage] : linkage;
}

/** The identifier of a to-one linkage. */
export function soleId(linkage: Linkage): string | null {
  return references(linkage)[0]?.id ?? null;
}

function primaryData(body: unknown): unknown {
  if (body === undefined) throw malformedBody("The request needs a body.");
  if (!isObject(body)) throw invalidDocument("", "A JSON:API document must be an object.");
  if (!Object.hasOwn(body, "data")) throw invalidDocument("", "The document has no data.");
  return body["data"];
}

function memberObject(data: JsonObject, name: string, faults: FaultList): JsonObject | undefined {
  const member = data[name];
  if (member === undefined) return undefined;
  const isMembers = isObject(member);
  if (isMembers && Object.keys(member).length <= MAX_MEMBERS) return member;
  const detail = isMembers ? `may have ${String(MAX_MEMBERS)} members at most.` : "must be an object.";
  faults.add(invalidDocument(pointer("data", name), `${name} ${detail}`));
  return undefined;
}

/** All members but @-Members, which are no fields. JSON:API 1.1, "@-Members". */
function fieldsOf(members: JsonObject = {}): [string, unknown][] {
  return Object.entries(members).filter(([name]) => !name.startsWith("@"));
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
