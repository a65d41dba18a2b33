import { invalidParameter } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import { isUuid } from "../../db/id.ts";
import type { Condition } from "../resource/condition.ts";
import { some } from "../resource/condition.ts";
import type { ResourceAttribute, ResourceType } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";
import type { FilterTerm, Query } from "./query.ts";
import { unknownName, visibleAttributes, visibleRelationships, type PlanContext } from "./visible.ts";

/** All of them must hold. */
export type PlannedFilters = readonly Condition[];

/**
 * The conditions that `filter` asks for: `filter[attribute]=value`, `filter[attribute]=one,two` (any of them),
 * `filter[id]=…`, `filter[relationship]=id`.
 *
 * @throws {Fault | Faults} 400 with `source.parameter` for names that are unknown or not the caller's to see, operators that
 * are unknown, and values that are not of the attribute's type
 */
export function planFilters<Caller>(
  type: ResourceType<Caller>,
  terms: Query["filters"],
  context: PlanContext<Caller>,
): PlannedFilters {
  const faults = new FaultList();
  const conditions: Condition[] = [];
  for (const term of terms) {
    const condition = faults.collect(() => planFilter(type, term, context));
    if (condition !== undefined) conditions.push(condition);
  }
  faults.throwIfAny();
  return conditions;
}

function planFilter<Caller>(type: ResourceType<Caller>, term: FilterTerm, context: PlanContext<Caller>): Condition {
  const { parameter, values, operator } = term;
  const name = term.path.join(".");
  if (operator !== "eq" && operator !== "in") {
    throw invalidParameter(parameter, `${parameter}: there is no filter operator ${JSON.stringify(operator)}.`);
  }
  if (name === "id") return idCondition(values);

  const attributes = visibleAttributes(type, context.caller).filter((attribute) => attribute.filter === true);
  const attribute = attributes.find((candidate) => candidate.name === name);
  if (attribute?.comparedBy != null) {
    return anyOf(
      attribute.comparedBy,
      values.map((value) => parseValue(attribute, value, parameter)),
    );
  }
  const relationships = visibleRelationships(type, context.caller);
  const relationship = relationships.find((candidate) => candidate.name === name);
  if (relationship !== undefined) {
    const scope = relationship.target.scope(context.caller);
    const ids = idCondition(values);
    if (scope === false) return { column: "id", in: [] };
    return some(name, scope === true ? ids : { all: [scope, ids] });
  }
  const known = ["id", ...attributes.map(({ name: known }) => known), ...relationships.map(({ name: known }) => known)];
  throw unknownName(parameter, "filter", type.name, name, known);
}

/** What is no id names no resource: it matches nothing, and it never reaches a column that takes UUIDs only. */
function idCondition(values: readonly string[]): Condition {
  return anyOf("id", values.filter(isUuid));
}

function anyOf(column: string, values: readonly Scalar[]): Condition {
  const [only] = values;
  return values.length === 1 && only !== undefined ? { column, operator: "eq", value: only } : { column, in: values };
}

function parseValue<Caller>(attribute: ResourceAttribute<Caller>, text: string, parameter: string): Scalar {
  const parsed = attribute.value.parseText(text);
  if ("message" in parsed) throw invalidParameter(parameter, `${parameter} ${parsed.message}.`);
  return attribute.normal !== undefined && typeof parsed.value === "string"
    ? attribute.normal.of(parsed.value)
    : parsed.value;
}
