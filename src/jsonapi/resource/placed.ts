import type { Scalar, ValueType } from "./value-types.ts";

/** What the compiler makes of a declaration: where its attributes stand in the row, and what its hooks are given. */

/** `publishedAt` is `published_at`. */
type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Uppercase<First> ? (First extends Lowercase<First> ? First : `_${Lowercase<First>}`) : First}${SnakeCase<Rest>}`
  : Name;

/** The column that an attribute of this name stands in, as far as the declaration says; `never` where it stands in none. */
type ColumnOf<Name, Declared> = Declared extends { readonly computed: object }
  ? never
  : Declared extends { readonly column: infer Column }
    ? Column
    : Name extends string
      ? SnakeCase<Name>
      : never;

/** What hooks are given for an attribute. */
type ValueOf<Declared> = Declared extends { readonly value: ValueType<infer Value> }
  ? Value | (Declared extends { readonly nullable: infer Nullable } ? (true extends Nullable ? null : never) : never)
  : never;

/** What the drivers may give for a column that holds such values: SQLite has no booleans. */
type Stored<Value> = Value extends boolean ? boolean | 0 | 1 : Value;

/** What is wrong with the attribute `Name`, as a sentence; `never` where it stands in a column that can hold its values. */
type Misplaced<Row, Name, Declared, Column = ColumnOf<Name, Declared>> = [Column] extends [null]
  ? never
  : Column extends keyof Row
    ? [NonNullable<Row[Column]> & Stored<NonNullable<ValueOf<Declared>>>] extends [never]
      ? `${Name & string}: the column ${Column & string} holds values of another type`
      : never
    : `${Name & string}: there is no column ${Column & string}; name one by «column»`;

/**
 * `unknown`, which asks for nothing, where every attribute stands in a column of `Row`; else what no declaration can have, whose
 * type is a sentence that says what is wrong.
 */
export type Placed<
  Row,
  Declared,
  Wrong = { [Name in keyof Declared]: Misplaced<Row, Name, Declared[Name]> }[keyof Declared],
> = string extends keyof Declared
  ? { readonly wrong: "name the types of the parameters of functions that stand in attributes" }
  : [Wrong] extends [never]
    ? unknown
    : { readonly wrong: Wrong };

/** Attributes by name, as their value types parsed them. Only those that were given, may be written, and differ. */
export type Values<Declared> = { readonly [Name in keyof Declared]?: ValueOf<Declared[Name]> };

/** The same for a new resource, of which whatever is required was given. */
export type NewValues<Declared> = Values<Declared> & {
  readonly [Name in keyof Declared as Declared[Name] extends { readonly required: true } ? Name : never]: ValueOf<
    Declared[Name]
  >;
};

/** Values by column, ready to be stored; normal forms included. */
export type Columns<Row> = { readonly [Column in keyof Row & string]?: Scalar };
