import { isUuid } from "../../db/id.ts";
import { invalidParameter } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import { everyOf, some, type Condition } from "../resource/condition.ts";
import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { anyOf, compare, operatorOf, truth, type Comparable, type FilterOperator } from "./operators.ts";
import type { FilterTerm, Query } from "./query.ts";
import { unknownName, visibleAttributes, visibleRelationships, type PlanContext } from "./visible.ts";

/** All of them must hold. */
export type PlannedFilters = readonly Condition[];

/** Each filter may cost the database a look at every row. */
const MAX_FILTERS = 20;
/** Names in the path of one filter. */
const MAX_PATH = 4;

/**
 * The conditions that `filter` asks for: `filter[attribute]=value`, `filter[attribute][operator]=value`,
 * `filter[relationship]=id`, and either of them behind a path of relationships: `filter[author.name]=…` asks for at least one
 * such author. Along the path only resources count that the caller may see.
 *
 * @throws {Fault | Faults} 400 with `source.parameter` for names that are unknown or not the caller's to see, operators that
 * are unknown, and values that are not of the attribute's type
 */
export function planFilters<Caller>(
  type: ResourceType<Caller>,
  terms: Query["filters"],
  context: PlanContext<Caller>,
): PlannedFilters {
  const tooMany = terms[MAX_FILTERS];
  if (tooMany !== undefined) {
    throw invalidParameter(tooMany.parameter, `A request may have ${String(MAX_FILTERS)} filters at most.`);
  }
  const faults = new FaultList();
  const conditions: Condition[] = [];
  for (const term of terms) {
    const condition = faults.collect(() => planFilter(type, term, term.path, context));
    if (condition !== undefined) conditions.push(condition);
  }
  faults.throwIfAny();
  return conditions;
}

function planFilter<Caller>(
  type: ResourceType<Caller>,
  term: FilterTerm,
  path: readonly string[],
  context: PlanContext<Caller>,
): Condition {
  const { parameter } = term;
  const [name = "", ...rest] = path;
  if (term.path.length > MAX_PATH) throw invalidParameter(parameter, `${parameter}: the path is too long.`);

  const attributes = filterable(type, context.caller);
  const relationships = visibleRelationships(type, context.caller);
  const relationship = relationships.find((candidate) => candidate.name === name);
  if (rest.length > 0) {
    if (relationship === undefined) {
      const known = relationships.map((candidate) => candidate.name);
      throw unknownName(parameter, "relationship", type.name, name, known);
    }
    return visibleSome(relationship, planFilter(relationship.target, term, rest, context), context);
  }
  const operator = operatorOf(term);
  if (name === "id") return compareIds(operator, term);
  const attribute = attributes.find((candidate) => candidate.name === name);
  if (attribute !== undefined) return compare(attribute, operator, term);
  if (relationship !== undefined) return compareLinkage(relationship, operator, term, context);
  const known = ["id", ...attributes.map((member) => member.name), ...relationships.map((member) => member.name)];
  throw unknownName(parameter, "filter", type.name, name, known);
}

function filterable<Caller>(type: ResourceType<Caller>, caller: Caller): Comparable<Caller>[] {
  return visibleAttributes(type, caller).filter(
    (attribute): attribute is Comparable<Caller> => attribute.filter === true && attribute.comparedBy !== null,
  );
}

/** What is no id names no resource: it matches nothing, and it never reaches a column that takes UUIDs only. */
function compareIds(operator: FilterOperator, term: FilterTerm): Condition {
  const ids = anyOf("id", term.values.filter(isUuid));
  if (operator === "eq" || operator === "in") return ids;
  if (operator === "ne" || operator === "nin") return { not: ids };
  throw invalidParameter(term.parameter, `${term.parameter}: ids are compared by eq, ne, in and nin alone.`);
}

function compareLinkage<Caller>(
  relationship: ResourceRelationship<Caller>,
  operator: FilterOperator,
  term: FilterTerm,
  context: PlanContext<Caller>,
): Condition {
  if (operator === "null") {
    const linked = visibleSome(relationship, { all: [] }, context);
    return truth(term) ? { not: linked } : linked;
  }
  const isNegative = operator === "ne" || operator === "nin";
  const linked = visibleSome(relationship, compareIds(isNegative ? "in" : operator, term), context);
  return isNegative ? { not: linked } : linked;
}

/** At least one related resource that the caller may see meets the condition. */
function visibleSome<Caller>(
  relationship: ResourceRelationship<Caller>,
  condition: Condition,
  context: PlanContext<Caller>,
): Condition {
  const scope = relationship.target.scope(context.caller);
  if (scope === false) return { any: [] };
  return some(relationship.name, scope === true ? condition : everyOf([scope, condition]));
}
