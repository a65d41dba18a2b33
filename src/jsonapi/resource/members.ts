import type { Knex } from "knex";

import type { WriteContext } from "./context.ts";
import type { Scalar, ValueType } from "./value-types.ts";

/** Whether this caller may; the rows are narrowed by scopes, so a right never needs to look at a row. */
export type Access<Caller> = (caller: Caller) => boolean;

export interface Attribute<Row, Caller> {
  readonly value: ValueType;
  /** For the description of the API. */
  readonly description?: string;
  /** One of its values, for the description of the API. */
  readonly example?: unknown;
  /**
   * The column; by default the attribute's name in snake_case. `null`: stored by nobody under this name. Such an attribute
   * goes in for the hooks to use (a secret), or comes out of a creation alone (a token).
   */
  readonly column?: (keyof Row & string) | null;
  /** Not stored but made of other columns at each read; see {@link computed}. Never written, sorted or filtered by. */
  readonly computed?: Computed<Row>;
  /** Null is a value of it. Default false. */
  readonly nullable?: boolean;
  /** Must be given when a resource is created. Default false. */
  readonly required?: boolean;
  /** What a new resource has where nothing is given (as stored). Default null. */
  readonly default?: Scalar;
  /** Default: everybody who may see the resource. */
  readonly read?: Access<Caller>;
  /** Who may set it on creation. Default: nobody. */
  readonly create?: Access<Caller>;
  /** Who may change it. Default: nobody. */
  readonly update?: Access<Caller>;
  /** `sort` takes it. Default false. */
  readonly sort?: boolean;
  /** `filter` takes it. Default false. */
  readonly filter?: boolean;
  /** A second column with the value's normal form, by which values are compared, sorted and kept unique. */
  readonly normal?: { readonly column: keyof Row & string; of(text: string): string };
}

/** How an attribute is made of columns. The columns are read with the row: a computed attribute costs no query. */
export interface Computed<Row> {
  readonly from: readonly (keyof Row & string)[];
  /** @returns JSON; the row has at least the columns of `from`, as the driver gave them */
  of(row: Row): unknown;
}

/**
 * A computed attribute's source. Only the columns that it names are there to be used; another one does not compile.
 *
 * @example
 * fullName: { value: string(), computed: computed(["first_name", "last_name"], (row) => `${row.first_name} ${row.last_name}`) }
 */
export function computed<Row, Column extends keyof Row & string>(
  from: readonly Column[],
  of: (row: Pick<Row, Column>) => unknown,
): Computed<Row> {
  return { from, of };
}

export type Attributes<Row, Caller> = Readonly<Record<string, Attribute<Row, Caller>>>;

interface RelationshipBase<Caller> {
  /** The related resources' type. */
  readonly type: string;
  /** For the description of the API. */
  readonly description?: string;
  /** Default: everybody who may see the resource; what it leads to is narrowed by the related type's own scope. */
  readonly read?: Access<Caller>;
  /** Who may change it. Default: nobody. */
  readonly write?: Access<Caller>;
}

/** Held in a column of the resource itself. */
export interface ToOne<Row, Caller> extends RelationshipBase<Caller> {
  readonly to: "one";
  readonly column: keyof Row & string;
  readonly nullable?: boolean;
  /** What a new resource is linked to where nothing is given: an id, or null for nothing. Default: it must be given, or is null. */
  default?(caller: Caller): string | null;
}

/** Which links were made and unmade, by the related resources' ids; what was so already is in neither. */
export interface ChangedLinks {
  /** Of the resource whose relationship it is. */
  readonly id: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Held in a table of its own, whose rows have an id of either side, or in a column of the related type. */
export interface ToMany<Caller> extends RelationshipBase<Caller> {
  readonly to: "many";
  readonly through:
    { readonly table: string; readonly from: string; readonly to: string } | { readonly foreignKey: string };
  /** Runs after a client changed links of it, in the same transaction; not for what a cascade takes away. */
  changed?(trx: Knex.Transaction, links: ChangedLinks, context: WriteContext<Caller>): Promise<void>;
}

export type Relationship<Row, Caller> = ToOne<Row, Caller> | ToMany<Caller>;
