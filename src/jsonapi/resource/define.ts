import type { FastifyReply, FastifyRequest } from "fastify";
import type { Knex } from "knex";

import type { ErrorCode } from "../../errors/codes.ts";
import type { Scope } from "./condition.ts";
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
}

/** Held in a table of its own, whose rows have an id of either side, or in a column of the related type. */
export interface ToMany<Caller> extends RelationshipBase<Caller> {
  readonly to: "many";
  readonly through:
    { readonly table: string; readonly from: string; readonly to: string } | { readonly foreignKey: string };
}

export type Relationship<Row, Caller> = ToOne<Row, Caller> | ToMany<Caller>;

/** What the hooks of a write get beside the change itself. */
export interface WriteContext<Caller> {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  /** For headers; the answer itself is the layer's. */
  readonly reply: FastifyReply;
  readonly db: Knex;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Attributes by name, as their value types parsed them. Only those that were given, may be written, and differ. */
export type Values = Readonly<Record<string, Scalar>>;

/** The same, by column, ready to be stored; normal forms included. */
export type Columns = Readonly<Record<string, Scalar>>;

export interface Creation {
  /** The new resource's id: the client's own, or one of ours. */
  readonly id: string;
  readonly values: Values;
  readonly columns: Columns;
}

export interface Update<Row> {
  readonly id: string;
  /** The whole row as it was read before the transaction. */
  readonly current: Row;
  readonly values: Values;
  readonly columns: Columns;
}

/** How a creation ended. */
export type Created<Caller> =
  | {
      readonly id: string;
      /** By whose eyes the answer shows the new resource, where it is not the one who asked. */
      readonly as?: Caller;
      /** Attributes that this answer shows and no other will. */
      readonly once?: Readonly<Record<string, unknown>>;
    }
  /** Nothing to show yet: the answer is 202 with this meta. JSON:API 1.1, "Creating Resources". */
  | { readonly accepted: Readonly<Record<string, unknown>> };

/** The second half of a write: what is to be done inside the transaction. */
export type Commit<Result> = (trx: Knex.Transaction) => Promise<Result>;

/** What a write is about to touch; `relationships` are the names of those that change. */
export interface WriteKind {
  readonly kind: "create" | "update" | "delete";
  readonly id: string;
  readonly relationships: readonly string[];
}

/**
 * A resource type: the one place that says what it is. Routes, parsing, validation, permissions, loading and documents
 * follow from it.
 *
 * Hooks replace what the layer would do by itself. They have two halves: the function runs before the transaction (to look
 * up, to hash, to refuse) and returns what runs inside it. Methods, so that a definition of one row type can stand in a list
 * of definitions.
 */
export interface ResourceDefinition<Row, Caller> {
  readonly type: string;
  readonly table: string;
  /** For the description of the API. */
  readonly description?: string;
  /** Clients may bring an id of their own (a UUID). Default false. */
  readonly clientIds?: boolean;
  readonly attributes: Readonly<Record<string, Attribute<Row, Caller>>>;
  readonly relationships?: Readonly<Record<string, Relationship<Row, Caller>>>;
  /** Columns that the layer keeps up to date by itself. */
  readonly timestamps?: { readonly created?: keyof Row & string; readonly updated?: keyof Row & string };
  /** Which rows a caller may see. It enters every query of the type: primary, related, included, linked. */
  scope(caller: Caller): Scope;
  /** Absent: resources of the type are not created by clients. */
  readonly create?: {
    readonly access: Access<Caller>;
    /** Made by a request of its own only, not among atomic operations. Default false. */
    readonly alone?: boolean;
    /** Its hook may answer that the creation is accepted only. Default false. */
    readonly mayBeAccepted?: boolean;
    /** What its hook may refuse with, beside what the layer refuses by itself: for the description of the API. */
    readonly errors?: readonly ErrorCode[];
    run?(creation: Creation, context: WriteContext<Caller>): Promise<Commit<Created<Caller>>>;
  };
  /** Absent: not changed by clients. The scope is that of the rows which this caller may change. */
  readonly update?: {
    scope(caller: Caller): Scope;
    /** As for `create`. */
    readonly errors?: readonly ErrorCode[];
    run?(update: Update<Row>, context: WriteContext<Caller>): Promise<Commit<void>>;
  };
  readonly delete?: {
    scope(caller: Caller): Scope;
    run?(
      resource: { readonly id: string; readonly current: Row },
      context: WriteContext<Caller>,
    ): Promise<Commit<void>>;
  };
  /** Runs every write of the type, also of its relationships; inside the transaction. For rules that span rows. */
  around?<Result>(trx: Knex.Transaction, write: WriteKind, run: () => Promise<Result>): Promise<Result>;
}

/** A row of any type, as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A declaration whose rows may be of any type: what the layer itself works with. */
export type AnyResource<Caller> = ResourceDefinition<Row, Caller>;

/**
 * Declares a resource type over rows of `TableRow` for callers of `Caller`. A wrong column name does not compile.
 *
 * @example
 * export const tags = defineResource<TagRow, Caller>()({ type: "tags", table: "tags", attributes: { name: { value: string() } }, … });
 */
export function defineResource<TableRow, Caller>() {
  return (definition: ResourceDefinition<TableRow, Caller>): AnyResource<Caller> =>
    // Its hooks are given rows of its own table and no others, which the compiler cannot know.
    definition as unknown as AnyResource<Caller>;
}
