import type { Knex } from "knex";

import { forbidden, invalidAttribute, unknownMember } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import { pointer } from "../../errors/pointer.ts";
import { suggest } from "../read/suggest.ts";
import type { ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";
import { parseLinkage, soleId, type Change, type Linkage } from "./body.ts";
import { isPresentLinkage, isPresentToOne, isSame, presentJson, type Current } from "./present.ts";

/** What a write will do, with every right checked and every value parsed. References are not yet looked up. */
export interface WritePlan<Caller> {
  readonly values: Readonly<Record<string, Scalar>>;
  readonly columns: Readonly<Record<string, Scalar>>;
  readonly links: readonly PlannedLinks<Caller>[];
}

export interface PlannedLinks<Caller> {
  readonly relationship: ResourceRelationship<Caller>;
  readonly linkage: Linkage;
}

/**
 * Plans a creation or an update. Members that the caller may not write, but that say what is the case already, are no write
 * and no fault: real clients send back whole resources.
 *
 * @param isStale `current` may no longer be what it was when the plan is carried out: what seems to change nothing is written too
 * @throws {Fault | Faults} 403 for what the caller may not write, 422 for unknown members and values that cannot be, 400 and
 * 409 for linkage that is none; all of them at once
 */
export async function planWrite<Caller>(
  db: Knex,
  type: ResourceType<Caller>,
  change: Change,
  current: Current,
  caller: Caller,
  isStale = false,
): Promise<WritePlan<Caller>> {
  const faults = new FaultList();
  const values: Record<string, Scalar> = {};
  const columns: Record<string, Scalar> = {};
  const links: PlannedLinks<Caller>[] = [];

  for (const [name, json] of change.attributes) {
    faults.collect(() => {
      const attribute = type.attributes.get(name);
      const value = planAttribute(type, attribute, name, json, current, caller);
      if (attribute === undefined || value === undefined) return;
      if (!isStale && isUnchanged(attribute, value, current, caller)) return;
      values[name] = value;
      if (attribute.column !== null) columns[attribute.column] = value;
      if (attribute.normal !== undefined) {
        columns[attribute.normal.column] = typeof value === "string" ? attribute.normal.of(value) : value;
      }
    });
  }
  for (const [name, { value, pointer: place }] of change.relationships) {
    const relationship = type.relationships.get(name);
    if (relationship === undefined || !mayKnow(relationship, relationship.write, caller)) {
      const known = knownNames(type.relationships.values(), caller);
      faults.add(
        unknownMember("relationship", pointer("data", "relationships", name), name, type.name, suggest(name, known)),
      );
      continue;
    }
    const linkage = faults.collect(() => parseLinkage(value, relationship, place, change.lids));
    if (linkage === undefined) continue;
    if (relationship.write?.(caller) === true) {
      faults.collect(() => checkNullable(relationship, linkage, place));
      if (!isStale && current !== null && (await isPresentToOne(db, relationship, linkage, current, caller))) continue;
      links.push({ relationship, linkage });
      if (relationship.to === "one") columns[relationship.column] = soleId(linkage);
    } else if (!(await isPresentLinkage(db, relationship, linkage, current, caller))) {
      faults.add(forbidden(`You may not change ${name}.`, pointer("data", "relationships", name)));
    }
  }
  if (current === null) {
    for (const fault of missing(type, change, caller)) faults.add(fault);
    for (const relationship of type.relationships.values()) {
      if (relationship.to === "many" || relationship.default === undefined) continue;
      // Null is given too, by whoever may write it.
      if (relationship.column in columns) continue;
      const id = relationship.default(caller);
      if (id === null && relationship.nullable !== true) {
        faults.add(invalidAttribute("/data", relationship.name, "must be given"));
      }
      columns[relationship.column] = id;
    }
  }
  faults.throwIfAny();
  return { values, columns, links };
}

/** The value to write, or `undefined` when there is nothing to write. */
function planAttribute<Caller>(
  type: ResourceType<Caller>,
  attribute: ResourceAttribute<Caller> | undefined,
  name: string,
  json: unknown,
  current: Current,
  caller: Caller,
): Scalar | undefined {
  const place = pointer("data", "attributes", name);
  const write = current === null ? attribute?.create : attribute?.update;
  if (attribute === undefined || !mayKnow(attribute, write, caller)) {
    throw unknownMember(
      "attribute",
      place,
      name,
      type.name,
      suggest(name, knownNames(type.attributes.values(), caller)),
    );
  }
  if (write?.(caller) !== true) {
    const present = presentJson(attribute, current, caller);
    if (json === null && current === null) return undefined;
    if (present !== undefined && isSame(attribute, json, present)) return undefined;
    throw forbidden(`You may not set ${name}.`, place);
  }
  if (json === null) {
    if (attribute.nullable === true) return null;
    // Clients that know no more of a member than its name send null for it: nothing was given.
    const nothingGiven = current === null ? attribute.required !== true : attribute.column === null;
    if (nothingGiven) return undefined;
    throw invalidAttribute(place, name, "must not be null");
  }
  const parsed = attribute.value.parse(json);
  if ("message" in parsed) throw invalidAttribute(place, name, parsed.message);
  return parsed.value;
}

function isUnchanged<Caller>(
  attribute: ResourceAttribute<Caller>,
  value: Scalar,
  current: Current,
  caller: Caller,
): boolean {
  const present = current === null ? undefined : presentJson(attribute, current, caller);
  return present !== undefined && present === (value === null ? null : attribute.value.toJson(value));
}

/** What a caller may neither read nor write does not exist for them. */
function mayKnow<Caller>(
  member: Pick<ResourceAttribute<Caller>, "read">,
  write: ((caller: Caller) => boolean) | undefined,
  caller: Caller,
): boolean {
  return (member.read?.(caller) ?? true) || write?.(caller) === true;
}

function knownNames<Caller>(
  members: Iterable<Pick<ResourceAttribute<Caller>, "name" | "read">>,
  caller: Caller,
): string[] {
  return [...members].filter((member) => member.read?.(caller) ?? true).map(({ name }) => name);
}

function* missing<Caller>(type: ResourceType<Caller>, change: Change, caller: Caller) {
  for (const { name, required, create } of type.attributes.values()) {
    if (required === true && create?.(caller) === true && !change.attributes.has(name)) {
      yield invalidAttribute(change.attributesPointer, name, "must be given");
    }
  }
  for (const relationship of type.relationships.values()) {
    if (relationship.to === "many" || relationship.nullable === true || relationship.default !== undefined) continue;
    const { name, write } = relationship;
    if (write?.(caller) === true && !change.relationships.has(name)) {
      yield invalidAttribute("/data", name, "must be given");
    }
  }
}

/** @throws {Fault} 422 for null where it cannot be; `place` is the pointer to it */
export function checkNullable<Caller>(
  relationship: ResourceRelationship<Caller>,
  linkage: Linkage,
  place: string,
): void {
  if (linkage === null && relationship.to === "one" && relationship.nullable !== true) {
    throw invalidAttribute(place, relationship.name, "must not be null");
  }
}
