import type { Knex } from "knex";

import type { ErrorCode } from "../../errors/codes.ts";
import type { Scope } from "./condition.ts";
import type { WriteContext } from "./context.ts";
import type { Access, Attributes, Relationship } from "./members.ts";
import type { Columns, NewValues, Placed, Values } from "./placed.ts";

export type { WriteContext } from "./context.ts";

export interface Creation<Row, Declared> {
  /** The new resource's id: the client's own, or one of ours. */
  readonly id: string;
  readonly isClientId: boolean;
  readonly values: NewValues<Declared>;
  readonly columns: Columns<Row>;
}

export interface Update<Row, Declared> {
  readonly id: string;
  /** The whole row as it was read before the transaction. */
  readonly current: Row;
  readonly values: Values<Declared>;
  readonly columns: Columns<Row>;
}

/** How a creation ended. */
export type Created<Caller> =
  | {
      readonly id: string;
      /** By whose eyes the answer shows the new resource, where it is not the one who asked. */
      readonly as?: Caller;
      /** Attributes that this answer shows and no other will. */
      readonly once?: Readonly<Record<string, unknown>>;
      /** The new resource's row as it was written, where it is at hand: the answer is made of it, without asking for it again. */
      readonly row?: Row;
    }
  /** Nothing to show yet: the answer is 202 with this meta. JSON:API 1.1, "Creating Resources". */
  | { readonly accepted: Readonly<Record<string, unknown>> };

/**
 * The second half of a write: what is to be done inside the transaction. On PostgreSQL it may have to be done again, from the start, where
 * others were in the way of the first one; so it changes nothing but the database.
 */
export type Commit<Result> = (trx: Knex.Transaction) => Promise<Result>;

/**
 * Something that is done with a resource and is no change of what it says: `POST /{type}/{id}/{name}`. JSON:API leaves such URLs to the
 * server. The answer is 202 with the meta that the second half gives.
 */
export interface Action<Row, Caller> {
  /** For the description of the API: one line, and what else there is to say. */
  readonly summary: string;
  readonly description?: string;
  /** With which rows this caller may do it. Whoever sees others but may not gets 403. */
  scope(caller: Caller): Scope<keyof Row & string>;
  /** As for `create`. */
  readonly errors?: readonly ErrorCode[];
  run(
    resource: { readonly id: string; readonly current: Row },
    context: WriteContext<Caller>,
  ): Promise<Commit<Readonly<Record<string, unknown>>>>;
}

/** What a write is about to touch; `relationships` are the names of those that change. */
export interface WriteKind {
  readonly kind: "create" | "update" | "delete";
  readonly id: string;
  readonly relationships: readonly string[];
  /** Nothing is taken away by it: it makes a resource, or adds links. */
  readonly onlyAdds: boolean;
}

/**
 * A resource type: the one place that says what it is. Routes, parsing, validation, permissions, loading and documents
 * follow from it.
 *
 * Hooks replace what the layer would do by itself. They have two halves: the function runs before the transaction (to look
 * up, to hash, to refuse) and returns what runs inside it. Methods, so that a definition of one row type can stand in a list
 * of definitions.
 */
export interface ResourceDefinition<Row, Caller, Declared extends Attributes<Row, Caller> = Attributes<Row, Caller>> {
  readonly type: string;
  readonly table: string;
  /** For the description of the API. */
  readonly description?: string;
  /** Clients may bring an id of their own (a UUID). Default false. */
  readonly clientIds?: boolean;
  readonly attributes: Declared;
  readonly relationships?: Readonly<Record<string, Relationship<Row, Caller>>>;
  /** Its table's rows are counted by triggers (see the table row_counts), so that nobody need count them. Default false. */
  readonly counted?: boolean;
  /** Columns that the layer keeps up to date by itself. */
  readonly timestamps?: { readonly created?: keyof Row & string; readonly updated?: keyof Row & string };
  /** Which rows a caller may see. It enters every query of the type: primary, related, included, linked. */
  scope(caller: Caller): Scope<keyof Row & string>;
  /** Absent: resources of the type are not created by clients. */
  readonly create?: {
    readonly access: Access<Caller>;
    /** Made by a request of its own only, not among atomic operations. Default false. */
    readonly alone?: boolean;
    /** Its hook may answer that the creation is accepted only. Default false. */
    readonly mayBeAccepted?: boolean;
    /** What its hook may refuse with, beside what the layer refuses by itself: for the description of the API. */
    readonly errors?: readonly ErrorCode[];
    run?(creation: Creation<Row, Declared>, context: WriteContext<Caller>): Promise<Commit<Created<Caller>>>;
  };
  /** Absent: not changed by clients. The scope is that of the rows which this caller may change. */
  readonly update?: {
    scope(caller: Caller): Scope<keyof Row & string>;
    /**
     * Of several atomic operations one at most may change the same resource, and none may change one that they make. For a hook that
     * does before the transaction what takes long, from the row as it is then: inside it, it would hold up everybody else. Default false.
     */
    readonly single?: boolean;
    /** As for `create`. */
    readonly errors?: readonly ErrorCode[];
    /** `undefined`: nothing is against it, and the layer writes the columns. */
    run?(update: Update<Row, Declared>, context: WriteContext<Caller>): Promise<Commit<void> | undefined>;
  };
  readonly delete?: {
    scope(caller: Caller): Scope<keyof Row & string>;
    /** `undefined`: nothing is against it, and the layer deletes the row. */
    run?(
      resource: { readonly id: string; readonly current: Row },
      context: WriteContext<Caller>,
    ): Promise<Commit<void> | undefined>;
  };
  /** By name: letters and digits, and none that a relationship has. */
  readonly actions?: Readonly<Record<string, Action<Row, Caller>>>;
  /**
   * Runs every write of the type, also of its relationships; inside the transaction. For rules that span rows. A write that nothing runs
   * around may be a single statement, and cost a fraction.
   */
  around?<Result>(
    trx: Knex.Transaction,
    write: WriteKind,
    run: () => Promise<Result>,
    context: WriteContext<Caller>,
  ): Promise<Result>;
  /** Which writes `around` has to do with. Default: all of them. */
  concerns?(write: WriteKind): boolean;
}

/** A row of any type, as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A declaration whose rows may be of any type: what the layer itself works with. */
export type AnyResource<Caller> = ResourceDefinition<Row, Caller>;

/**
 * Declares a resource type over rows of `TableRow` for callers of `Caller`. What does not fit the row does not compile: an
 * attribute without a column, one whose values the column does not hold, a scope over a column that there is not; nor do hooks that
 * use an attribute of another name or type.
 *
 * @example
 * export const tags = defineResource<TagRow, Caller>()({ type: "tags", table: "tags", attributes: { name: { value: string() } }, … });
 */
export function defineResource<TableRow extends { readonly id: string }, Caller>() {
  return <const Declared extends Attributes<TableRow, Caller>>(
    definition: ResourceDefinition<TableRow, Caller, Declared> & Placed<TableRow, Declared>,
  ): AnyResource<Caller> =>
    // Its hooks are given rows of its own table and no others, which the compiler cannot know.
    definition as unknown as AnyResource<Caller>;
}
