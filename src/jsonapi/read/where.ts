import type { Knex } from "knex";

import { whereLike } from "../../db/dialect.ts";
import type { Condition, Scope } from "../resource/condition.ts";
import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";

/** Conditions and scopes as SQL. Names come from declarations, values are binds. */

export const OPERATORS = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

/** Narrows a query on the type's own table to the rows that are in the scope. */
export function whereInScope<Caller>(
  query: Knex.QueryBuilder,
  type: ResourceType<Caller>,
  scope: Scope,
): Knex.QueryBuilder {
  addScope(query, type, type.table, scope);
  return query;
}

/** The same for rows that stand in the query under the name `alias`. */
export function addScope<Caller>(
  query: Knex.QueryBuilder,
  type: ResourceType<Caller>,
  alias: string,
  scope: Scope,
): void {
  if (scope === false) query.whereRaw("1 = 0");
  else if (scope !== true) addCondition(query, type, alias, scope);
}

/**
 * Adds `condition` on rows of `type`, which stand in the query under the name `alias`.
 *
 * @param isNested it is about rows that others are related to: see addSome()
 */
export function addCondition<Caller>(
  query: Knex.QueryBuilder,
  type: ResourceType<Caller>,
  alias: string,
  condition: Condition,
  isNested = false,
): void {
  if ("operator" in condition) {
    query.where(`${alias}.${condition.column}`, OPERATORS[condition.operator], condition.value);
  } else if ("in" in condition) {
    query.whereIn(`${alias}.${condition.column}`, [...condition.in]);
  } else if ("like" in condition) {
    whereLike(query, `${alias}.${condition.column}`, condition.like, condition.ignoreCase);
  } else if ("isNull" in condition) {
    if (condition.isNull) query.whereNull(`${alias}.${condition.column}`);
    else query.whereNotNull(`${alias}.${condition.column}`);
  } else if ("not" in condition) {
    query.whereNot((negated) => {
      addCondition(negated, type, alias, condition.not, isNested);
    });
  } else if ("all" in condition) {
    if (condition.all.length === 0) query.whereRaw("1 = 1");
    query.where((group) => {
      for (const part of condition.all) addCondition(group, type, alias, part, isNested);
    });
  } else if ("any" in condition) {
    if (condition.any.length === 0) query.whereRaw("1 = 0");
    query.where((group) => {
      for (const part of condition.any) {
        group.orWhere((alternative) => {
          addCondition(alternative, type, alias, part, isNested);
        });
      }
    });
  } else if ("linkedBy" in condition) {
    const { table, column, where, equals } = condition.linkedBy;
    query.whereIn(`${alias}.id`, (links) => links.select(column).from(table).where(where, equals));
  } else {
    const relationship = type.relationships.get(condition.relationship);
    if (relationship === undefined) throw new Error(`${type.name} has no relationship ${condition.relationship}`);
    query.where((some) => {
      addSome(some, relationship, alias, condition.some, isNested);
    });
  }
}

/**
 * «At least one of the related rows …». The outermost one is asked of each row, so that a page ends the search. Below it the rows that
 * meet the condition are found once for the whole query: asked of each related row of each row, the cost would be their product.
 * The related table goes by an alias of its own: a type may be related to itself.
 */
function addSome<Caller>(
  query: Knex.QueryBuilder,
  relationship: ResourceRelationship<Caller>,
  alias: string,
  condition: Condition,
  isNested: boolean,
): void {
  const { target } = relationship;
  const below = `${alias}_${relationship.name}`;
  const links = `${below}_links`;
  const related = (select: Knex.QueryBuilder) => {
    select.from(`${target.table} as ${below}`);
    if (relationship.to === "many" && "table" in relationship.through) {
      const { table, to } = relationship.through;
      select.join(`${table} as ${links}`, `${links}.${to}`, `${below}.id`);
    }
    addCondition(select, target, below, condition, true);
  };
  const { here, there } = ends(relationship, alias, below, links);
  if (isNested) {
    // Said of null and of nothing, `in` is neither true nor false, and neither would be its contrary.
    query.whereNotNull(here).whereIn(here, (select) => related(select.select(there).whereNotNull(there)));
  } else {
    query.whereExists((select) => related(select.select(`${below}.id`).whereRaw("?? = ??", [there, here])));
  }
}

/** The column of a row, and that of the related row or of the link, which are equal where the two are related. */
function ends<Caller>(relationship: ResourceRelationship<Caller>, alias: string, below: string, links: string) {
  if (relationship.to === "one") return { here: `${alias}.${relationship.column}`, there: `${below}.id` };
  const { through } = relationship;
  const there = "table" in through ? `${links}.${through.from}` : `${below}.${through.foreignKey}`;
  return { here: `${alias}.id`, there };
}
