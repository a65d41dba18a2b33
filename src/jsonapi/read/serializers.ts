import japi from "ts-japi";
import type { Serializer as JapiSerializer } from "ts-japi";

import { holdsForId } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceAttribute, ResourceRelationship } from "../resource/registry.ts";
import type { Urls } from "./links.ts";
import type { Linked, Node } from "./load.ts";
import type { Selection } from "./plan.ts";

const { Cache, Relator, Serializer } = japi;

/** What ts-japi is given for a resource: plain values by name, and its relationships' linkage under a key of ours. */
interface Values {
  readonly id: string;
  readonly [LINKAGE]: (relationship: string) => Linked | Linked[] | null | undefined;
  readonly [name: string]: unknown;
}

const LINKAGE = Symbol("linkage");

/** ts-japi would keep the last documents of every serializer, with whatever secret stands in them. */
class Forgetful extends Cache<Values> {
  override get(): false {
    return false;
  }

  override set<Document>(_data: unknown, document: Document): Document {
    return document;
  }
}

/** Serializers that are kept. Fieldsets come from clients, so their number has to be bounded. */
const MAX_KEPT = 500;

/**
 * Turns loaded resources into resource objects by ts-japi. One serializer a shape (type, fieldset), built once: merging its
 * options at every call would cost more than the serialising. Data is never loaded here: relators look into the node.
 */
export class Serializers<Caller> {
  readonly #urls: Urls;
  readonly #kept = new Map<string, JapiSerializer<Values>>();

  constructor(urls: Urls) {
    this.#urls = urls;
  }

  /**
   * @param once attributes that only this document shows, beside those of the selection
   * @returns resource objects, in the order of the nodes. JSON:API 1.1, "Resource Objects"
   */
  async resources(nodes: readonly Node<Caller>[], once: Readonly<Record<string, unknown>> = {}): Promise<object[]> {
    const resources: object[] = [];
    for (const run of runsOfOneShape(nodes)) {
      const { data } = await this.#for(run.selection).serialize(run.nodes.map((node) => valuesOf(node, once)));
      resources.push(...(data as object[]));
    }
    return resources;
  }

  #for(selection: Selection<Caller>): JapiSerializer<Values> {
    const shape = [
      selection.type.name,
      ...selection.attributes.map(({ name }) => name),
      "|",
      ...selection.relationships.map(({ name }) => name),
    ].join(" ");
    let serializer = this.#kept.get(shape);
    if (serializer === undefined) {
      serializer = this.#build(selection);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(shape, serializer);
    }
    return serializer;
  }

  #build({ type, attributes, relationships }: Selection<Caller>): JapiSerializer<Values> {
    const urls = this.#urls;
    return new Serializer<Values>(type.name, {
      cache: new Forgetful(),
      projection: Object.fromEntries(attributes.map(({ name }) => [name, 1 as const])),
      // With no relator at all ts-japi writes no `relationships`; with an empty set it writes an empty one.
      ...(relationships.length > 0
        ? { relators: Object.fromEntries(relationships.map((member) => [member.name, this.#relator(member)])) }
        : {}),
      // A linker of ts-japi parses each link as a URL, which is most of its cost; ours are known to be well-formed.
      linkers: { resource: asLinker(({ id }: Values) => urls.resource(type.name, id)) },
    });
  }

  #relator({ name, owner, target }: ResourceRelationship<Caller>): InstanceType<typeof Relator<Values, Linked>> {
    const urls = this.#urls;
    const identifiers = new Serializer<Linked>(target.name, { onlyIdentifier: true });
    return new Relator<Values, Linked>(async (values) => values[LINKAGE](name), identifiers, {
      relatedName: name,
      linkers: {
        relationship: asLinker(({ id }: Values) => urls.relationship(owner.name, id, name)),
        related: asLinker(({ id }: Values) => urls.related(owner.name, id, name)),
      },
    });
  }
}

/** ts-japi calls nothing of a linker but `link`, and puts into the document what it gives: text is as good as its own link object. */
function asLinker<Arguments extends unknown[], Linker>(link: (...args: Arguments) => string): Linker {
  return { link } as Linker;
}

function valuesOf<Caller>(node: Node<Caller>, once: Readonly<Record<string, unknown>>): Values {
  const attributes: Record<string, unknown> = {};
  for (const attribute of node.selection.attributes) {
    attributes[attribute.name] = jsonOf(attribute, node.row, once);
  }
  return { ...attributes, id: node.id, [LINKAGE]: (name) => linkageOf(node, name) };
}

function jsonOf<Caller>(
  { name, column, computed, value }: ResourceAttribute<Caller>,
  row: Row,
  once: Readonly<Record<string, unknown>>,
): unknown {
  if (computed !== undefined) return computed.of(row);
  if (column === null) return once[name];
  const stored = row[column];
  return stored === null ? null : value.toJson(stored);
}

/** Linkage that was loaded, or that the row itself holds and the caller may know. `undefined`: links only. */
function linkageOf<Caller>(
  { selection, row, linkage }: Node<Caller>,
  name: string,
): Linked | Linked[] | null | undefined {
  const loaded = linkage.get(name);
  if (loaded !== undefined) return loaded;
  const relationship = selection.relationships.find((candidate) => candidate.name === name);
  if (relationship?.to !== "one") return undefined;
  const id = row[relationship.column];
  if (typeof id !== "string") return null;
  const scope = selection.targetScopes.get(name) ?? false;
  return holdsForId(scope, id) === true ? { id } : undefined;
}

/** Neighbours of one shape together; the order stays. */
function* runsOfOneShape<Caller>(nodes: readonly Node<Caller>[]) {
  let run: Node<Caller>[] = [];
  for (const node of nodes) {
    if (run[0] !== undefined && run[0].selection !== node.selection) {
      yield { selection: run[0].selection, nodes: run };
      run = [];
    }
    run.push(node);
  }
  if (run[0] !== undefined) yield { selection: run[0].selection, nodes: run };
}
