import type { Scalar } from "./value-types.ts";

/**
 * A condition on the rows of one resource type, as plain data: it says what is asked, `read/sql.ts` says how.
 * Columns are the type's own.
 */
export type Condition<Column extends string = string> =
  | { readonly column: Column; readonly operator: Operator; readonly value: Scalar }
  | { readonly column: Column; readonly in: readonly Scalar[] }
  /** Text that has the parts in their order, the first at its beginning and the last at its end; anything between them. */
  | { readonly column: Column; readonly like: readonly string[]; readonly ignoreCase: boolean }
  | { readonly column: Column; readonly isNull: boolean }
  | { readonly not: Condition<Column> }
  /** Every one of them; of none, every row. */
  | { readonly all: readonly Condition<Column>[] }
  /** At least one of them; of none, no row. */
  | { readonly any: readonly Condition<Column>[] }
  /** At least one resource that the relationship leads to meets the condition, on columns of that resource's type. */
  | { readonly relationship: string; readonly some: Condition }
  /** The row is linked by `table` (its `column` holds the row's id) to something that meets `where`. */
  | {
      readonly linkedBy: {
        readonly table: string;
        readonly column: string;
        readonly where: string;
        readonly equals: string;
      };
    };

/** None of them holds for null. */
export type Operator = "eq" | "ne" | "lt" | "lte" | "gt" | "gte";

/** Which rows: all of them, none, or those that meet a condition. */
export type Scope<Column extends string = string> = boolean | Condition<Column>;

/** Whether two scopes are made alike. Those that are not may still be of the same rows. */
export function isSameScope(one: Scope, other: Scope): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function eq<const Column extends string>(column: Column, value: Scalar): Condition<Column> {
  return { column, operator: "eq", value };
}

/** All of them; none is met by every row. */
export function everyOf<Column extends string>(conditions: readonly Condition<Column>[]): Condition<Column> {
  return { all: conditions };
}

export function some(relationship: string, condition: Condition): Condition<never> {
  return { relationship, some: condition };
}

/**
 * Whether the row with this id is in the scope, where that can be said without asking the database; `undefined` where not.
 */
export function holdsForId(scope: Scope, id: string): boolean | undefined {
  if (typeof scope === "boolean") return scope;
  if ("operator" in scope && scope.column === "id" && scope.operator === "eq") return scope.value === id;
  return undefined;
}

/** The same of a whole row, whose columns may say it. */
export function holdsForRow(scope: Scope, row: Readonly<Record<string, unknown>>): boolean | undefined {
  if (typeof scope === "boolean") return scope;
  if (!("operator" in scope) || scope.operator !== "eq" || typeof scope.value !== "string") return undefined;
  return row[scope.column] === scope.value;
}
