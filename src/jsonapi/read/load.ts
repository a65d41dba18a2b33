import type { Knex } from "knex";

import { invalidParameter } from "../../errors/catalogue.ts";
import { holdsForRow } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { checkCursorOrder } from "./cursor.ts";
import { readsBackwards, type OffsetPage } from "./page.ts";
import type { CollectionPlan, Inclusion, Selection } from "./plan.ts";
import { countRows, pageRows, relatedRows, rowById } from "./rows.ts";
import { PARENT } from "./sql.ts";

/** A resource identifier's id; the type is the relationship's. */
export interface Linked {
  readonly id: string;
}

/** A resource as it was loaded. */
export interface Node<Caller> {
  readonly id: string;
  readonly selection: Selection<Caller>;
  readonly row: Row;
  /** By relationship; only where it was loaded. */
  readonly linkage: Map<string, Linked | Linked[] | null>;
}

/** Everything that a document shows: primary resources in their order, and all that was included, each once. */
export interface Graph<Caller> {
  readonly primary: readonly Node<Caller>[];
  readonly included: readonly Node<Caller>[];
}

/** Resources that one document may include; more would be an answer of megabytes. */
const MAX_INCLUDED = 5_000;

class Nodes<Caller> {
  readonly #byKey = new Map<string, Node<Caller>>();

  /** The node of this row: the one that stands already, where another path led to the same resource. */
  add(selection: Selection<Caller>, row: Row): Node<Caller> {
    const id = String(row["id"]);
    const key = `${selection.type.name} ${id}`;
    let node = this.#byKey.get(key);
    if (node === undefined) {
      node = { id, selection, row, linkage: new Map() };
      this.#byKey.set(key, node);
    }
    return node;
  }

  get size(): number {
    return this.#byKey.size;
  }

  except(primary: readonly Node<Caller>[]): Node<Caller>[] {
    const left = new Set(primary);
    return [...this.#byKey.values()].filter((node) => !left.has(node));
  }
}

/** A page of a collection, and what is known of the rest. */
export interface LoadedPage<Caller> {
  readonly graph: Graph<Caller>;
  /** Resources of the whole collection; not counted for pages by cursor, which can do without. */
  readonly total?: number;
  /** For pages by cursor: there are more in the direction in which it was read. */
  readonly hasMore?: boolean;
}

/**
 * One query for the page, one for the total (none for a last page and for pages by cursor), one for each relationship path of
 * `include`.
 *
 * @throws {Fault} 400 for cursors that are none, or that cannot stand in the order; for an `include` that leads to too many
 */
export async function loadCollection<Caller>(db: Knex, plan: CollectionPlan<Caller>): Promise<LoadedPage<Caller>> {
  const { page, selection, order } = plan;
  if (page.kind === "cursor") {
    checkCursorOrder(order);
    const rows = await pageRows(db, plan);
    const hasMore = rows.length > page.size;
    if (hasMore) rows.pop();
    if (readsBackwards(page)) rows.reverse();
    return { graph: await loadGraph(db, selection, rows), hasMore };
  }
  const rows = await pageRows(db, plan);
  const total = totalSeen(page, rows.length) ?? (await countRows(db, plan));
  return { graph: await loadGraph(db, selection, rows), total };
}

/** A page that is not full, and not beyond the end, is the last one: what stands before it is known. */
function totalSeen({ offset, size }: OffsetPage, found: number): number | undefined {
  return found < size && (found > 0 || offset === 0) ? offset + found : undefined;
}

/** One query for the resource, one for each relationship path of `include`. `undefined`: not there, or not in the scope. */
export async function loadResource<Caller>(
  db: Knex,
  selection: Selection<Caller>,
  id: string,
): Promise<Graph<Caller> | undefined> {
  const row = await rowById(db, selection, id);
  return row === undefined ? undefined : loadGraph(db, selection, [row]);
}

/**
 * The same of a row that was written a moment ago, and need not be asked for again where it says itself whether the selection's scope
 * has it.
 */
export async function loadWritten<Caller>(
  db: Knex,
  selection: Selection<Caller>,
  id: string,
  row: Row | undefined,
): Promise<Graph<Caller> | undefined> {
  const isInScope = row === undefined ? undefined : holdsForRow(selection.scope, row);
  if (row === undefined || isInScope === undefined) return await loadResource(db, selection, id);
  return isInScope ? await loadGraph(db, selection, [row]) : undefined;
}

/** What is to be included with rows that are loaded already. */
export async function loadGraph<Caller>(
  db: Knex,
  selection: Selection<Caller>,
  rows: readonly Row[],
): Promise<Graph<Caller>> {
  const nodes = new Nodes<Caller>();
  const primary = rows.map((row) => nodes.add(selection, row));
  await loadIncludes(db, selection, primary, nodes, primary.length + MAX_INCLUDED);
  return { primary, included: nodes.except(primary) };
}

async function loadIncludes<Caller>(
  db: Knex,
  selection: Selection<Caller>,
  parents: readonly Node<Caller>[],
  nodes: Nodes<Caller>,
  maxNodes: number,
): Promise<void> {
  if (parents.length === 0) return;
  for (const inclusion of selection.includes.values()) {
    const related = await loadInclusion(db, inclusion, parents, nodes);
    if (nodes.size > maxNodes) throw tooManyIncluded();
    await loadIncludes(db, inclusion.selection, related, nodes, maxNodes);
  }
}

/** Loads what one relationship leads to from all parents together, and notes the linkage at each of them. */
async function loadInclusion<Caller>(
  db: Knex,
  { relationship, selection }: Inclusion<Caller>,
  parents: readonly Node<Caller>[],
  nodes: Nodes<Caller>,
): Promise<Node<Caller>[]> {
  const ids = relationship.to === "one" ? toOneIds(relationship, parents) : parents.map((parent) => parent.id);
  const rows = ids.length === 0 ? [] : await relatedRows(db, relationship, selection, ids, MAX_INCLUDED + 1);
  if (rows.length > MAX_INCLUDED) throw tooManyIncluded();

  const related = new Map<string, Node<Caller>>();
  const byParent = new Map<string, Linked[]>();
  for (const row of rows) {
    const node = nodes.add(selection, row);
    related.set(node.id, node);
    const parent = row[PARENT] as string | undefined;
    if (parent === undefined) continue;
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [{ id: node.id }]);
    else siblings.push({ id: node.id });
  }
  for (const parent of parents) {
    if (relationship.to === "one") {
      const id = parent.row[relationship.column];
      // A related resource that the caller may not see is answered like one that does not exist.
      parent.linkage.set(relationship.name, typeof id === "string" && related.has(id) ? { id } : null);
    } else {
      parent.linkage.set(relationship.name, byParent.get(parent.id) ?? []);
    }
  }
  return [...related.values()];
}

function toOneIds<Caller>(
  relationship: Extract<ResourceRelationship<Caller>, { to: "one" }>,
  parents: readonly Node<Caller>[],
): string[] {
  const ids = new Set<string>();
  for (const { row } of parents) {
    const id = row[relationship.column];
    if (typeof id === "string") ids.add(id);
  }
  return [...ids];
}

function tooManyIncluded() {
  return invalidParameter(
    "include",
    `include asks for more than ${String(MAX_INCLUDED)} resources. Ask for smaller pages, or for the related resources by themselves.`,
  );
}
