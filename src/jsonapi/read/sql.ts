import type { Knex } from "knex";

import { orderBy } from "../../db/dialect.ts";
import { countedRows } from "../../db/row-counts.ts";
import type { Condition, Scope } from "../resource/condition.ts";
import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";
import type { Beyond } from "./cursor.ts";
import type { Order } from "./order.ts";
import { readsBackwards } from "./page.ts";
import type { CollectionPlan, Selection } from "./plan.ts";
import { addCondition, addScope, OPERATORS, whereInScope } from "./where.ts";

/**
 * Plans as SQL: the only SELECTs of the layer. Knows no caller and no document; every name comes from a declaration, every
 * value is a bind.
 */

/** The name that the table of a relationship goes by in a query. */
const LINKS = "linked_by";

/**
 * The rows of a collection's page. For a page by cursor one row more, which tells whether there are others beyond; and where
 * only its end is known, in reverse order.
 *
 * @param beyond what the page's cursors mean
 */
export function selectPage<Caller>(
  db: Knex,
  plan: CollectionPlan<Caller>,
  beyond: readonly Beyond[],
): Knex.QueryBuilder {
  const { selection, order, page } = plan;
  const { table } = selection.type;
  const query = matching(db, plan);
  const columns = new Set(columnsOf(selection));
  const isReversed = page.kind === "cursor" && readsBackwards(page);
  if (page.kind === "cursor") {
    for (const { column } of order) columns.add(column);
    for (const { condition, bound } of beyond) {
      addCondition(query, selection.type, table, condition);
      if (bound !== undefined) query.where(columnIn(plan, bound.column), OPERATORS[bound.operator], bound.value);
    }
    query.limit(page.size + 1);
  } else {
    query.limit(page.size);
    if (page.offset > 0) query.offset(page.offset);
  }
  query.select([...columns].map((column) => `${table}.${column}`));
  for (const term of order) {
    const descends = term.descending !== isReversed;
    orderBy(query, orderedBy(db, plan, term), descends ? "desc" : "asc", term.nullable);
  }
  return query;
}

/** The column of a term; behind to-one relationships, the subquery that reads it. */
function orderedBy<Caller>(db: Knex, plan: CollectionPlan<Caller>, term: Order<Caller>): string | Knex.QueryBuilder {
  const [first, ...more] = term.path;
  if (first === undefined) return columnIn(plan, term.column);
  const { type } = plan.selection;
  let alias = `${type.table}_${first.relationship.name}`;
  const query = db(`${first.relationship.target.table} as ${alias}`).whereRaw("?? = ??", [
    `${alias}.id`,
    `${type.table}.${first.relationship.column}`,
  ]);
  addScope(query, first.relationship.target, alias, first.scope);
  for (const { relationship, scope } of more) {
    const below = `${alias}_${relationship.name}`;
    query.join(`${relationship.target.table} as ${below}`, `${below}.id`, `${alias}.${relationship.column}`);
    addScope(query, relationship.target, below, scope);
    alias = below;
  }
  return query.select(`${alias}.${term.column}`);
}

/**
 * How many rows the collection has in all, as `total`. Without reading the table where that is possible: all rows of a table are
 * counted already, and all that a relationship leads to are as many as its links.
 */
export function countAll<Caller>(db: Knex, plan: CollectionPlan<Caller>): Knex.QueryBuilder {
  const { selection, related, where } = plan;
  const isUnfiltered = selection.scope === true && where.length === 0;
  if (isUnfiltered && related === undefined && selection.type.definition.counted === true) {
    return countedRows(db, selection.type.table);
  }
  const through = related?.relationship.through;
  if (isUnfiltered && related !== undefined && through !== undefined && "table" in through) {
    return db(through.table).where(through.from, related.id).count({ total: "*" });
  }
  return matching(db, plan).count({ total: "*" });
}

/** The row with this id, if it is in the scope. */
export function selectById<Caller>(db: Knex, selection: Selection<Caller>, id: string): Knex.QueryBuilder {
  const { type, scope } = selection;
  // All of them, whatever the fieldset: the version of the resource is made from them.
  const query = db(type.table)
    .where(`${type.table}.id`, id)
    .select(storedColumns(type).map((column) => `${type.table}.${column}`));
  return whereInScope(query, type, scope);
}

/** The columns of all that a resource of the type shows to anybody. */
export function storedColumns<Caller>(type: ResourceType<Caller>): string[] {
  return columnsOf({ type, attributes: [...type.attributes.values()] });
}

/** Whole rows of the type that are in the scope. */
export function selectWhole<Caller>(db: Knex, type: ResourceType<Caller>, scope: Scope): Knex.QueryBuilder {
  return whereInScope(db(type.table).select(`${type.table}.*`), type, scope);
}

/** The ids, among those given, that are in the scope. */
export function selectIds<Caller>(
  db: Knex,
  type: ResourceType<Caller>,
  scope: Scope,
  ids: readonly string[],
): Knex.QueryBuilder {
  return whereInScope(
    db(type.table)
      .whereIn(`${type.table}.id`, [...ids])
      .select(`${type.table}.id`),
    type,
    scope,
  );
}

/** Under this name each row of selectRelated() has the id of the resource that it is related to. */
export const PARENT = "parent_id";

/**
 * The rows that a relationship leads to from any of `ids`, each with the `PARENT` that it belongs to.
 * For a to-one relationship `ids` are those of the related rows themselves, which then need no parent.
 */
export function selectRelated<Caller>(
  db: Knex,
  relationship: ResourceRelationship<Caller>,
  selection: Selection<Caller>,
  ids: readonly string[],
  limit: number,
): Knex.QueryBuilder {
  const { table } = selection.type;
  const query = db(table).select(columnsOf(selection).map((column) => `${table}.${column}`));
  if (relationship.to === "one") {
    query.whereIn(`${table}.id`, [...ids]);
  } else if ("table" in relationship.through) {
    const { table: links, from, to } = relationship.through;
    query
      .join(`${links} as ${LINKS}`, `${LINKS}.${to}`, `${table}.id`)
      .whereIn(`${LINKS}.${from}`, [...ids])
      .select(`${LINKS}.${from} as ${PARENT}`);
  } else {
    const { foreignKey } = relationship.through;
    query.whereIn(`${table}.${foreignKey}`, [...ids]).select(`${table}.${foreignKey} as ${PARENT}`);
  }
  return whereInScope(query, selection.type, selection.scope).orderBy(`${table}.id`).limit(limit);
}

/** The condition that a row is what `relationship` leads to from the resource with this id. To-many only. */
export function relatedTo<Caller>(relationship: ResourceRelationship<Caller>, id: string): Condition {
  if (relationship.to === "one") throw new Error(`${relationship.name} is to-one: its related resource is read by id`);
  const { through } = relationship;
  return "table" in through
    ? { linkedBy: { table: through.table, column: through.to, where: through.from, equals: id } }
    : { column: through.foreignKey, operator: "eq", value: id };
}

/**
 * The columns that a selection needs: the id, its attributes', and those of all to-one relationships of the type, since the
 * same row may be reached along another path that goes on through one of them.
 */
function columnsOf<Caller>({ type, attributes }: Pick<Selection<Caller>, "type" | "attributes">): string[] {
  const columns = new Set(["id"]);
  for (const { column, computed } of attributes) {
    if (column !== null) columns.add(column);
    for (const source of computed?.from ?? []) columns.add(source);
  }
  for (const relationship of type.relationships.values())
    if (relationship.to === "one") columns.add(relationship.column);
  return [...columns];
}

function matching<Caller>(db: Knex, { selection, where, related }: CollectionPlan<Caller>): Knex.QueryBuilder {
  const { table } = selection.type;
  const query = whereInScope(db(table), selection.type, selection.scope);
  if (related !== undefined) {
    const { through } = related.relationship;
    if ("table" in through) {
      query
        .join(`${through.table} as ${LINKS}`, `${LINKS}.${through.to}`, `${table}.id`)
        .where(`${LINKS}.${through.from}`, related.id);
    } else {
      query.where(`${table}.${through.foreignKey}`, related.id);
    }
  }
  for (const condition of where) addCondition(query, selection.type, selection.type.table, condition);
  return query;
}

/**
 * A column of a collection's own type. The id of related resources stands in their links too, whose index has them in order: by it
 * the first page of a million related resources is found without reading the others.
 */
function columnIn<Caller>({ selection, related }: CollectionPlan<Caller>, column: string): string {
  const through = related?.relationship.through;
  if (column === "id" && through !== undefined && "table" in through) return `${LINKS}.${through.to}`;
  return `${selection.type.table}.${column}`;
}
