import { invalidParameter } from "../../errors/catalogue.ts";
import type { Condition } from "../resource/condition.ts";
import type { ResourceAttribute } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";
import type { FilterTerm } from "./query.ts";
import { suggest } from "./suggest.ts";

/** An attribute that stands in a column. */
export type Comparable<Caller> = ResourceAttribute<Caller> & { readonly comparedBy: string };

/**
 * The operators of `filter[attribute][operator]`. A list is any of its values for `eq`, `in`, `like` and `ilike`, none of them
 * for `ne` and `nin`. What is not equal includes what is null, as it does in JSON.
 */
const OPERATORS = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "like", "ilike", "null"] as const;
export type FilterOperator = (typeof OPERATORS)[number];

/** Databases try every way of matching a pattern: many wildcards on a long text would take seconds. */
const MAX_WILDCARDS = 5;
const MAX_PATTERN = 255;

/** @throws {Fault} 400 with `source.parameter` */
export function operatorOf({ operator, parameter }: FilterTerm): FilterOperator {
  const known = OPERATORS.find((candidate) => candidate === operator);
  if (known !== undefined) return known;
  const detail = `${parameter}: there is no filter operator ${JSON.stringify(operator)}.`;
  throw invalidParameter(parameter, detail, suggest(operator, OPERATORS));
}

/**
 * The condition that a filter sets on an attribute.
 *
 * @throws {Fault} 400 with `source.parameter` for a value that is not of the attribute's type, or an operator that is not for it
 */
export function compare<Caller>(attribute: Comparable<Caller>, operator: FilterOperator, term: FilterTerm): Condition {
  const { comparedBy: column, nullable } = attribute;
  const { parameter, values } = term;
  const scalars = () => values.map((text) => parseValue(attribute, text, parameter));
  switch (operator) {
    case "eq":
    case "in":
      return anyOf(column, scalars());
    case "ne":
    case "nin": {
      const other: Condition = { not: anyOf(column, scalars()) };
      return nullable === true ? { any: [{ column, isNull: true }, other] } : other;
    }
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      if (attribute.value.name === "boolean")
        throw invalidParameter(parameter, `${parameter}: there is no order to compare by.`);
      return { column, operator, value: parseValue(attribute, only(term), parameter) };
    case "like":
    case "ilike":
      return { any: values.map((pattern) => like(attribute, operator, pattern, parameter)) };
    case "null":
      return { column, isNull: truth(term) };
  }
}

/** One value, or any of several. */
export function anyOf(column: string, values: readonly Scalar[]): Condition {
  const [first] = values;
  return values.length === 1 && first !== undefined ? { column, operator: "eq", value: first } : { column, in: values };
}

/** The value of the operator `null`. @throws {Fault} 400 */
export function truth(term: FilterTerm): boolean {
  const text = only(term);
  if (text === "true" || text === "false") return text === "true";
  throw invalidParameter(term.parameter, `${term.parameter} must be true or false.`);
}

function only({ parameter, values }: FilterTerm): string {
  const [first = "", ...more] = values;
  if (more.length > 0) throw invalidParameter(parameter, `${parameter} takes one value.`);
  return first;
}

function parseValue<Caller>({ value, normal }: Comparable<Caller>, text: string, parameter: string): Scalar {
  const parsed = value.parseText(text);
  if ("message" in parsed) throw invalidParameter(parameter, `${parameter} ${parsed.message}.`);
  return normal !== undefined && typeof parsed.value === "string" ? normal.of(parsed.value) : parsed.value;
}

/** `*` stands for any text, all else for itself. Attributes with a normal form are matched by it. */
function like<Caller>(
  { comparedBy: column, normal, value }: Comparable<Caller>,
  operator: "like" | "ilike",
  pattern: string,
  parameter: string,
): Condition {
  if (value.schema["type"] !== "string" || value.name === "dateTime") {
    throw invalidParameter(parameter, `${parameter}: only text can be compared by ${operator}.`);
  }
  const parts = pattern.split(/\*+/);
  if (
    pattern.length > MAX_PATTERN ||
    parts.length - 1 > MAX_WILDCARDS ||
    !pattern.isWellFormed() ||
    pattern.includes("\0")
  ) {
    throw invalidParameter(
      parameter,
      `${parameter} takes text of ${String(MAX_PATTERN)} characters at most, with ${String(MAX_WILDCARDS)} times * at most.`,
    );
  }
  const folded = normal === undefined ? parts : parts.map((part) => part.normalize("NFKC").toLowerCase());
  return { column, like: folded, ignoreCase: operator === "ilike" };
}
