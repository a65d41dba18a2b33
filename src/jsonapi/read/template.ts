import { holdsForId, type Scope } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceAttribute, ResourceRelationship } from "../resource/registry.ts";
import type { Node } from "./load.ts";
import type { Selection } from "./plan.ts";

/**
 * The JSON text of a resource object.
 *
 * @param once attributes that only this document shows
 * @param cursor the resource's own; undefined: none is shown
 */
export type Template<Caller> = (
  node: Node<Caller>,
  once: Readonly<Record<string, unknown>>,
  cursor: string | undefined,
) => string;

/** A resource whose id and attributes are marks. */
export interface Specimen {
  readonly id: string;
  readonly [attribute: string]: string;
}

/** No text that is escaped in JSON or in a URL, and none that could stand in a name or a base of URLs. */
const MARK = "~rekey-id~";

/** Part of a resource object: text that is the same in all of the shape, or what a node puts there. */
type Part<Caller> = string | ((node: Node<Caller>, once: Readonly<Record<string, unknown>>, id: string) => string);

export function specimenOf<Caller>({ attributes }: Selection<Caller>): Specimen {
  return { ...Object.fromEntries(attributes.map(({ name }) => [name, MARK])), id: MARK };
}

/** The template of a shape, from the resource object that was made of its specimen. JSON:API 1.1, "Resource Objects". */
export function templateOf<Caller>(selection: Selection<Caller>, specimen: object): Template<Caller> {
  const parts: Part<Caller>[] = [];
  // As JSON: without members that are undefined.
  const members = Object.entries(JSON.parse(JSON.stringify(specimen)) as object) as [string, unknown][];
  for (const [member, value] of members) {
    parts.push(`${parts.length === 0 ? "{" : ","}${JSON.stringify(member)}:`);
    if (member === "attributes") parts.push(attributesOf(selection.attributes));
    else if (member === "relationships") parts.push(...relationshipsOf(selection.relationships, value as object));
    else parts.push(...withIds<Caller>(value));
  }
  const joined = join(parts);
  return (node, once, cursor) => {
    const id = JSON.stringify(node.id).slice(1, -1);
    let text = "";
    for (const part of joined) text += typeof part === "string" ? part : part(node, once, id);
    return cursor === undefined ? `${text}}` : `${text},"meta":{"page":{"cursor":${JSON.stringify(cursor)}}}}`;
  };
}

/** Any value, with the node's id in the place of the mark. */
function withIds<Caller>(value: unknown): Part<Caller>[] {
  const texts = JSON.stringify(value).split(MARK);
  return texts.flatMap((text, index): Part<Caller>[] => (index === 0 ? [text] : [(_node, _once, id) => id, text]));
}

/** Neighbouring texts as one. */
function join<Caller>(parts: readonly Part<Caller>[]): Part<Caller>[] {
  const joined: Part<Caller>[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

/** The object of attributes. What stands nowhere (undefined) is left out. */
function attributesOf<Caller>(attributes: readonly ResourceAttribute<Caller>[]): Part<Caller> {
  const members = attributes.map((attribute) => ({
    name: `${JSON.stringify(attribute.name)}:`,
    of: valueOf(attribute),
  }));
  return ({ row }, once) => {
    let text = "";
    for (const { name, of } of members) {
      const value = of(row, once);
      if (value !== undefined) text += text === "" ? name + value : `,${name}${value}`;
    }
    return `{${text}}`;
  };
}

type ValueOf = (row: Row, once: Readonly<Record<string, unknown>>) => string | undefined;

function valueOf<Caller>({ name, column, computed, value }: ResourceAttribute<Caller>): ValueOf {
  if (computed !== undefined) return (row) => JSON.stringify(computed.of(row));
  if (column === null) return (_row, once) => JSON.stringify(once[name]);
  return (row) => {
    const stored = row[column];
    return stored === null ? "null" : JSON.stringify(value.toJson(stored));
  };
}

function relationshipsOf<Caller>(
  relationships: readonly ResourceRelationship<Caller>[],
  specimen: object,
): Part<Caller>[] {
  const parts: Part<Caller>[] = ["{"];
  for (const [name, value] of Object.entries(specimen)) {
    const relationship = relationships.find((candidate) => candidate.name === name);
    if (relationship === undefined) throw new Error(`${name} is no relationship of this shape`);
    // The specimen is related to itself, so as to show where linkage stands; there it is each node's own.
    const rest = Object.entries(value as object).filter(([member]) => member !== "data");
    parts.push(`${parts.length === 1 ? "" : ","}${JSON.stringify(name)}:{`, linkageOf(relationship));
    for (const [index, [member, its]] of rest.entries()) {
      parts.push(`${index === 0 ? "" : ","}${JSON.stringify(member)}:`, ...withIds<Caller>(its));
    }
    parts.push("}");
  }
  return [...parts, "}"];
}

/**
 * The member `data` of a relationship, with a comma: linkage that was loaded, or that the row itself holds and the caller may know. Of
 * all other relationships there are links only.
 */
function linkageOf<Caller>(relationship: ResourceRelationship<Caller>): Part<Caller> {
  const { name } = relationship;
  const before = `{"type":${JSON.stringify(relationship.target.name)},"id":`;
  const identifier = (id: string) => `${before}${JSON.stringify(id)}}`;
  return ({ selection, row, linkage }) => {
    const loaded = linkage.get(name);
    if (Array.isArray(loaded)) return `"data":[${loaded.map((linked) => identifier(linked.id)).join()}],`;
    if (loaded !== undefined) return loaded === null ? '"data":null,' : `"data":${identifier(loaded.id)},`;
    if (relationship.to !== "one") return "";
    const id = row[relationship.column];
    if (typeof id !== "string") return '"data":null,';
    const scope: Scope = selection.targetScopes.get(name) ?? false;
    return holdsForId(scope, id) === true ? `"data":${identifier(id)},` : "";
  };
}
