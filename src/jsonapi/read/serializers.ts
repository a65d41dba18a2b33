import japi from "ts-japi";

import type { ResourceRelationship } from "../resource/registry.ts";
import type { Urls } from "./links.ts";
import type { Node } from "./load.ts";
import type { Selection } from "./plan.ts";
import { specimenOf, templateOf, type Specimen, type Template } from "./template.ts";

const { Relator, Serializer } = japi;

/** Templates that are kept. Fieldsets come from clients, so their number has to be bounded. */
const MAX_KEPT = 500;

export interface ResourceOptions {
  /** Attributes that only this document shows, beside those of the selection. */
  readonly once?: Readonly<Record<string, unknown>> | undefined;
  /** The resources' own cursors, in the order of the nodes. Cursor Pagination profile, "Item Cursors". */
  readonly cursors?: readonly string[] | undefined;
}

/**
 * Turns loaded resources into the JSON text of resource objects. What a resource object of a shape (type, fieldset) looks like is said
 * by ts-japi, once, on a specimen whose values are marks; from then on the values of rows are put in the marks' places, in one pass from
 * row to text. Data is never loaded here.
 */
export class Serializers<Caller> {
  readonly #urls: Urls;
  readonly #kept = new Map<string, Template<Caller>>();

  constructor(urls: Urls) {
    this.#urls = urls;
  }

  /** @returns the JSON texts of resource objects, in the order of the nodes. JSON:API 1.1, "Resource Objects" */
  async resources(nodes: readonly Node<Caller>[], { once = {}, cursors }: ResourceOptions = {}): Promise<string[]> {
    const texts: string[] = [];
    let selection: Selection<Caller> | undefined;
    let template: Template<Caller> | undefined;
    for (const node of nodes) {
      // Neighbours are mostly of one shape.
      if (template === undefined || node.selection !== selection) {
        selection = node.selection;
        template = await this.#for(selection);
      }
      texts.push(template(node, once, cursors?.[texts.length]));
    }
    return texts;
  }

  async #for(selection: Selection<Caller>): Promise<Template<Caller>> {
    let shape = `${this.#urls.base()} ${selection.type.name}`;
    for (const { name } of selection.attributes) shape += ` ${name}`;
    shape += " |";
    for (const { name } of selection.relationships) shape += ` ${name}`;
    let template = this.#kept.get(shape);
    if (template === undefined) {
      template = templateOf(selection, await this.#serialized(selection));
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(shape, template);
    }
    return template;
  }

  async #serialized(selection: Selection<Caller>): Promise<object> {
    const { type, attributes, relationships } = selection;
    const urls = this.#urls;
    const serializer = new Serializer<Specimen>(type.name, {
      projection: Object.fromEntries(attributes.map(({ name }) => [name, 1 as const])),
      // With no relator at all ts-japi writes no `relationships`; with an empty set it writes an empty one.
      ...(relationships.length > 0
        ? { relators: Object.fromEntries(relationships.map((member) => [member.name, this.#relator(member)])) }
        : {}),
      linkers: { resource: asLinker(({ id }: Specimen) => urls.resource(type.name, id)) },
    });
    const { data } = await serializer.serialize(specimenOf(selection));
    return data as object;
  }

  #relator({ name, owner, target }: ResourceRelationship<Caller>): InstanceType<typeof Relator<Specimen, Specimen>> {
    const urls = this.#urls;
    const identifiers = new Serializer<Specimen>(target.name, { onlyIdentifier: true });
    return new Relator<Specimen, Specimen>(async (specimen) => specimen, identifiers, {
      relatedName: name,
      linkers: {
        relationship: asLinker(({ id }: Specimen) => urls.relationship(owner.name, id, name)),
        related: asLinker(({ id }: Specimen) => urls.related(owner.name, id, name)),
      },
    });
  }
}

/**
 * ts-japi calls nothing of a linker but `link`, and puts into the document what it gives. Its own linker parses each link as a URL, which
 * a mark is not.
 */
function asLinker<Arguments extends unknown[], Linker>(link: (...args: Arguments) => string): Linker {
  return { link } as Linker;
}
