import type { Knex } from "knex";

import { whereLike } from "../../db/dialect.ts";
import type { Condition, Scope } from "../resource/condition.ts";
import type { ResourceType } from "../resource/registry.ts";

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

/** Adds `condition` on rows of `type`, which stand in the query under the name `alias`. */
export function addCondition<Caller>(
  query: Knex.QueryBuilder,
  type: ResourceType<Caller>,
  alias: string,
  condition: Condition,
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
      addCondition(negated, type, alias, condition.not);
    });
  } else if ("all" in condition) {
    if (condition.all.length === 0) query.whereRaw("1 = 1");
    query.where((group) => {
      for (const part of condition.all) addCondition(group, type, alias, part);
    });
  } else if ("any" in condition) {
    if (condition.any.length === 0) query.whereRaw("1 = 0");
    query.where((group) => {
      for (const part of condition.any) {
        group.orWhere((alternative) => {
          addCondition(alternative, type, alias, part);
        });
      }
    });
  } else if ("linkedBy" in condition) {
    const { table, column, where, equals } = condition.linkedBy;
    query.whereIn(`${alias}.id`, (links) => links.select(column).from(table).where(where, equals));
  } else {
    addSome(query, type, alias, condition.relationship, condition.some);
  }
}

/** «At least one of the related rows …». Below it the related table goes by an alias of its own: a type may be related to itself. */
function addSome<Caller>(
  query: Knex.QueryBuilder,
  type: ResourceType<Caller>,
  alias: string,
  name: string,
  condition: Condition,
): void {
  const relationship = type.relationships.get(name);
  if (relationship === undefined) throw new Error(`${type.name} has no relationship ${name}`);
  const { target } = relationship;
  const below = `${alias}_${name}`;
  query.whereExists((related) => {
    related.select(`${below}.id`).from(`${target.table} as ${below}`);
    if (relationship.to === "one") {
      related.whereRaw("?? = ??", [`${below}.id`, `${alias}.${relationship.column}`]);
    } else if ("table" in relationship.through) {
      const { table, from, to } = relationship.through;
      const links = `${below}_links`;
      related
        .join(`${table} as ${links}`, `${links}.${to}`, `${below}.id`)
        .whereRaw("?? = ??", [`${links}.${from}`, `${alias}.id`]);
    } else {
      related.whereRaw("?? = ??", [`${below}.${relationship.through.foreignKey}`, `${alias}.id`]);
    }
    addCondition(related, target, below, condition);
  });
}
