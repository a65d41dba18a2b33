import { invalidDocument, unknownTarget } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import type { Registry, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { isObject, localKey, unknownLid } from "./body.ts";

/** The URI of the extension. https://jsonapi.org/ext/atomic/ */
export const ATOMIC = "https://jsonapi.org/ext/atomic";

/** What an operation is about: a type, one of its resources, or a relationship of one. */
export interface Target<Caller> {
  readonly type: ResourceType<Caller>;
  /** Absent for a creation. */
  readonly id?: string;
  readonly relationship?: ResourceRelationship<Caller>;
}

export interface Operation<Caller> {
  readonly op: "add" | "update" | "remove";
  readonly target: Target<Caller>;
  /** A document with the operation's `data`, as the endpoint of its own would get it; pointers into it start with `/data`. */
  readonly document: unknown;
  /** Of a resource that this operation makes, for those after it. */
  readonly lid?: string;
}

/** Resources that operations of this request make, by type and local id. */
export type LocalIds = Map<string, string>;

/** Operations in one request. */
export const MAX_OPERATIONS = 100;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The operations of a request document, not yet resolved. Atomic Operations, "Document Structure".
 *
 * @throws {Fault} 400
 */
export function parseOperations(body: unknown): readonly unknown[] {
  if (!isObject(body)) throw invalidDocument("", "The document must be an object.");
  const operations = body["atomic:operations"];
  if (!Array.isArray(operations)) {
    const place = operations === undefined ? "" : "/atomic:operations";
    throw invalidDocument(place, "atomic:operations must be an array of operations.");
  }
  if (operations.length === 0) throw invalidDocument("/atomic:operations", "There must be an operation.");
  if (operations.length > MAX_OPERATIONS) {
    throw invalidDocument("/atomic:operations", `There may be ${String(MAX_OPERATIONS)} operations at most.`);
  }
  return operations as unknown[];
}

/**
 * One operation, with its target looked up in the registry. Atomic Operations, "Operation Objects".
 *
 * @param prefix where resources stand, e.g. `https://example.org/v1`; `href` may also leave out the origin
 * @throws {Fault | Faults} 400 and 404, with pointers below the operation
 */
export function parseOperation<Caller>(
  json: unknown,
  registry: Registry<Caller>,
  prefix: string,
  lids: LocalIds,
): Operation<Caller> {
  if (!isObject(json)) throw invalidDocument("", "An operation must be an object.");
  const { op, ref, href, data } = json;
  const faults = new FaultList();
  if (op !== "add" && op !== "update" && op !== "remove") {
    faults.add(invalidDocument(op === undefined ? "" : "/op", "op must be add, update or remove."));
  }
  if (ref !== undefined && href !== undefined) faults.add(invalidDocument("/href", "Take either ref or href."));
  faults.throwIfAny();

  const target =
    ref !== undefined
      ? refTarget(ref, registry, lids, op as string)
      : href !== undefined
        ? hrefTarget(href, registry, prefix)
        : dataTarget(data, registry, lids, op as string);
  checkShape(op as string, target, ref !== undefined ? "/ref" : href !== undefined ? "/href" : "");
  const lid = isObject(data) && target.relationship === undefined ? data["lid"] : undefined;
  if (op === "add" && typeof lid === "string" && lids.has(localKey(target.type.name, lid))) {
    throw invalidDocument("/data/lid", "An operation before this one makes a resource with this lid.");
  }
  return {
    op: op as Operation<Caller>["op"],
    target,
    document: Object.hasOwn(json, "data") ? { data: withResolvedId(data, target) } : {},
    ...(op === "add" && typeof lid === "string" ? { lid } : {}),
  };
}

/** Atomic Operations, "Processing Specific Operations": a creation is about a collection, all else about what is there. */
function checkShape<Caller>(op: string, { type, id, relationship }: Target<Caller>, place: string): void {
  if (op === "add" && relationship === undefined) {
    if (id !== undefined) throw invalidDocument(place, `${type.name} are added to their collection.`);
    return;
  }
  if (id === undefined) throw invalidDocument(place, `${op} needs to know which of ${type.name}: give an id.`);
}

/** An update may name its resource by `lid`; the endpoint of its own knows ids alone. */
function withResolvedId<Caller>(data: unknown, { id, relationship }: Target<Caller>): unknown {
  if (!isObject(data) || relationship !== undefined || id === undefined || data["id"] !== undefined) return data;
  const { lid: _, ...rest } = data;
  return { ...rest, id };
}

function refTarget<Caller>(ref: unknown, registry: Registry<Caller>, lids: LocalIds, op: string): Target<Caller> {
  if (!isObject(ref)) throw invalidDocument("/ref", "ref must be an object.");
  const type = typeNamed(ref["type"], registry, "/ref");
  const { relationship } = ref;
  // Orbit names what it adds here too; the id or lid that counts stands in the data.
  if (op === "add" && relationship === undefined) return { type };
  const id = idNamed(ref, type, lids, "/ref");
  return {
    type,
    ...(id === undefined ? {} : { id }),
    ...(relationship === undefined ? {} : { relationship: relationshipNamed(relationship, type, "/ref/relationship") }),
  };
}

function dataTarget<Caller>(data: unknown, registry: Registry<Caller>, lids: LocalIds, op: string): Target<Caller> {
  if (!isObject(data) || op === "remove")
    throw invalidDocument("", "The operation does not say by ref or href what it is about.");
  const type = typeNamed(data["type"], registry, "/data");
  if (op === "add") return { type };
  const id = idNamed(data, type, lids, "/data");
  return id === undefined ? { type } : { type, id };
}

function hrefTarget<Caller>(href: unknown, registry: Registry<Caller>, prefix: string): Target<Caller> {
  const base = new URL(prefix);
  const url = typeof href === "string" && URL.canParse(href, prefix) ? new URL(href, `${prefix}/`) : undefined;
  const isOurs = url?.origin === base.origin && url.search === "" && url.pathname.startsWith(`${base.pathname}/`);
  if (!isOurs) throw invalidDocument("/href", "href must be a URL of a resource, a collection or a relationship here.");
  const [name, id, relationships, relationship, ...more] = url.pathname.slice(base.pathname.length + 1).split("/");
  const type = typeNamed(name, registry, "/href", true);
  if (relationships === undefined) return id === undefined ? { type } : { type, id };
  if (relationships !== "relationships" || relationship === undefined || more.length > 0) {
    throw invalidDocument("/href", "href must be a URL of a resource, a collection or a relationship here.");
  }
  return { type, id: id ?? "", relationship: relationshipNamed(relationship, type, "/href") };
}

function typeNamed<Caller>(
  name: unknown,
  registry: Registry<Caller>,
  place: string,
  isPath = false,
): ResourceType<Caller> {
  if (name === undefined) throw invalidDocument(place, "There is no type.");
  if (typeof name !== "string") throw invalidDocument(`${place}/type`, "type must be a string.");
  const type = registry.get(name);
  if (type === undefined) {
    throw unknownTarget(isPath ? place : `${place}/type`, `There is no resource type ${JSON.stringify(name)}.`);
  }
  return type;
}

function relationshipNamed<Caller>(
  name: unknown,
  type: ResourceType<Caller>,
  place: string,
): ResourceRelationship<Caller> {
  if (typeof name !== "string") throw invalidDocument(place, "relationship must be a string.");
  const relationship = type.relationships.get(name);
  if (relationship !== undefined) return relationship;
  throw unknownTarget(place, `${type.name} has no relationship ${JSON.stringify(name)}.`);
}

function idNamed<Caller>(
  named: JsonObject,
  type: ResourceType<Caller>,
  lids: LocalIds,
  place: string,
): string | undefined {
  const { id, lid } = named;
  if (id !== undefined && id !== null) {
    if (typeof id === "string") return id;
    throw invalidDocument(`${place}/id`, "id must be a string.");
  }
  if (lid === undefined || lid === null) return undefined;
  const known = typeof lid === "string" ? lids.get(localKey(type.name, lid)) : undefined;
  if (known !== undefined) return known;
  throw unknownLid(lid, `${place}/lid`);
}
