import type { Knex } from "knex";

import { compiledRows, numberParameter, Parameter, type Value } from "../../db/compiled.ts";
import { toNumber } from "../../db/dialect.ts";
import { KeptWhileUnchanged } from "../../db/kept-while-unchanged.ts";
import type { Condition, Scope } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";
import { beyondCursor, type Beyond } from "./cursor.ts";
import type { Order } from "./order.ts";
import type { Page } from "./page.ts";
import type { CollectionPlan, Selection } from "./plan.ts";
import { countAll, selectById, selectPage, selectRelated } from "./sql.ts";

/**
 * What plans ask for, from the database. Plans that differ in their values alone are one query, which is made once: its shape is all of
 * a plan but the values.
 */

/** The rows of a collection's page: see selectPage(). @throws {Fault} 400 for what is no cursor */
export async function pageRows<Caller>(db: Knex, plan: CollectionPlan<Caller>): Promise<Row[]> {
  const shape = new Shape();
  const general = shape.plan(plan);
  const page = shape.page(plan.page);
  const beyond = beyondOf(plan).map((place) => shape.beyond(place));
  const key = `page ${general.key} ${orderKey(general.plan.order)} ${page.key} ${JSON.stringify(beyond)}`;
  return compiledRows(db, key, shape.values, () => selectPage(db, { ...general.plan, page: page.page }, beyond));
}

/** By the query that counts, and its values. */
const totals = new KeptWhileUnchanged<number>({ most: 1_000 });

/** How many rows the collection has in all. Counted once until something is committed, where that can be told. */
export async function countRows<Caller>(db: Knex, plan: CollectionPlan<Caller>): Promise<number> {
  const shape = new Shape();
  const general = shape.plan(plan);
  const key = `count ${general.key}`;
  const count = async () => {
    const [row] = await compiledRows(db, key, shape.values, () => countAll(db, general.plan));
    return toNumber(row?.["total"] ?? 0);
  };
  // How soon a kept total comes tells whether anything was committed: whoever does not see all must not learn that.
  if (plan.selection.scope !== true) return await count();
  return await totals.get(db, `${key} ${JSON.stringify(shape.values)}`, count);
}

/** The row with this id, if it is in the scope. */
export async function rowById<Caller>(db: Knex, selection: Selection<Caller>, id: string): Promise<Row | undefined> {
  const shape = new Shape();
  const general = { ...selection, scope: shape.scope(selection.scope) };
  const at = shape.value(id);
  const key = `id ${selection.type.name} ${JSON.stringify(general.scope)}`;
  const [row] = await compiledRows(db, key, shape.values, () => selectById(db, general, at));
  return row;
}

/** The rows that a relationship leads to from any of `ids`: see selectRelated(). */
export async function relatedRows<Caller>(
  db: Knex,
  relationship: ResourceRelationship<Caller>,
  selection: Selection<Caller>,
  ids: readonly string[],
  limit: number,
): Promise<Row[]> {
  const shape = new Shape();
  const general = { ...selection, scope: shape.scope(selection.scope) };
  const list = shape.list(ids);
  const key = `related ${relationship.owner.name}.${relationship.name} ${fieldset(selection)} ${JSON.stringify(general.scope)} ${String(list.length)} ${String(limit)}`;
  return compiledRows(db, key, shape.values, () => selectRelated(db, relationship, general, list, limit));
}

function beyondOf<Caller>({ page, order }: CollectionPlan<Caller>): Beyond[] {
  if (page.kind !== "cursor") return [];
  return (["after", "before"] as const).flatMap((side) => {
    const cursor = page[side] ?? "";
    return cursor === "" ? [] : [beyondCursor(order, side, cursor)];
  });
}

function fieldset<Caller>({ type, attributes }: Selection<Caller>): string {
  let key = type.name;
  for (const { name } of attributes) key += ` ${name}`;
  return key;
}

function orderKey<Caller>(order: readonly Order<Caller>[]): string {
  return order
    .map(({ path, column, descending }) => {
      const steps = path.map(({ relationship, scope }) => `${relationship.name} ${JSON.stringify(scope)}`);
      return `${descending ? "-" : "+"}${column} ${steps.join()}`;
    })
    .join();
}

/** Sizes that lists are brought to, so that not each is a query of its own. */
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The list with its last value repeated: for `in` that is the same. */
function padded<Value>(values: readonly Value[]): Value[] {
  const size = SIZES.find((least) => least >= values.length) ?? values.length;
  const missing = values.length === 0 ? 0 : size - values.length;
  return [...values, ...Array.from({ length: missing }, () => values.at(-1) as Value)];
}

/** Takes the values out of plans, and leaves parameters in their places. */
class Shape {
  readonly values: Value[] = [];

  /** Builders take a parameter where they take a value, and look at neither. */
  value(value: string): string {
    return new Parameter(this.values.push(value) - 1) as unknown as string;
  }

  list(values: readonly string[]): string[] {
    return padded(values).map((value) => this.value(value));
  }

  plan<Caller>(plan: CollectionPlan<Caller>): { key: string; plan: CollectionPlan<Caller> } {
    const scope = this.scope(plan.selection.scope);
    const where = plan.where.map((condition) => this.condition(condition));
    const related = plan.related && { ...plan.related, id: this.value(plan.related.id) };
    const order = plan.order.map((term) => ({
      ...term,
      path: term.path.map((step) => ({ ...step, scope: this.scope(step.scope) })),
    }));
    const from = related === undefined ? "" : `${related.relationship.owner.name}.${related.relationship.name}`;
    return {
      key: `${fieldset(plan.selection)} ${JSON.stringify(scope)} ${JSON.stringify(where)} ${from}`,
      plan: {
        ...plan,
        selection: { ...plan.selection, scope },
        where,
        order,
        ...(related === undefined ? {} : { related }),
      },
    };
  }

  page(page: Page): { key: string; page: Page } {
    if (page.kind === "cursor") {
      const { size, after, before } = page;
      return { key: `cursor ${String(size)} ${String(after !== undefined)} ${String(before !== undefined)}`, page };
    }
    const size = numberParameter(this.values.push(page.size) - 1);
    // A first page is a query by itself: most are, and it has no offset.
    if (page.offset === 0) return { key: "first", page: { ...page, size } };
    return { key: "offset", page: { ...page, size, offset: numberParameter(this.values.push(page.offset) - 1) } };
  }

  beyond({ condition, bound }: Beyond): Beyond {
    const general = this.condition(condition);
    return bound === undefined
      ? { condition: general }
      : { condition: general, bound: { ...bound, value: this.#scalar(bound.value) } };
  }

  scope(scope: Scope): Scope {
    return typeof scope === "boolean" ? scope : this.condition(scope);
  }

  condition(condition: Condition): Condition {
    if ("operator" in condition) return { ...condition, value: this.#scalar(condition.value) };
    if ("in" in condition) return { ...condition, in: padded(condition.in).map((value) => this.#scalar(value)) };
    if ("not" in condition) return { not: this.condition(condition.not) };
    if ("all" in condition) return { all: condition.all.map((part) => this.condition(part)) };
    if ("any" in condition) return { any: condition.any.map((part) => this.condition(part)) };
    if ("some" in condition) return { ...condition, some: this.condition(condition.some) };
    if ("linkedBy" in condition) {
      const { equals, ...link } = condition.linkedBy;
      return { linkedBy: { ...link, equals: this.value(equals) } };
    }
    return condition;
  }

  /** Null stays: it is compared by other words. */
  #scalar(value: Scalar): Scalar {
    if (value === null) return null;
    return new Parameter(this.values.push(value) - 1) as unknown as string;
  }
}
