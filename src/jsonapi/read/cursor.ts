import { cursorProfileFault, invalidParameter } from "../../errors/catalogue.ts";
import type { Fault } from "../../errors/fault.ts";
import type { Condition } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import { isInteger, type Scalar } from "../resource/value-types.ts";
import type { Order } from "./order.ts";

/**
 * A cursor is the place of a row in an order: what it is sorted by, and its id. It holds good when the row is gone. Clients take
 * it as it is; it tells them nothing that the row did not.
 */
export function cursorOf<Caller>(order: readonly Order<Caller>[], row: Row): string {
  const place = [nameOf(order), ...order.map(({ column }) => row[column] ?? null)];
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** What is beyond a cursor. */
export interface Beyond {
  readonly condition: Condition;
  /**
   * What the condition implies of the first column alone, where it implies anything. Databases find the rows of an `or` by reading
   * the index from its beginning; with this beside it they begin at the cursor.
   */
  readonly bound?: { readonly column: string; readonly operator: "eq" | "lte" | "gte"; readonly value: Scalar };
}

/**
 * The condition that a row comes after a cursor, or before it.
 *
 * @throws {Fault} 400 with `source.parameter` for what is no cursor of this order
 */
export function beyondCursor<Caller>(
  order: readonly Order<Caller>[],
  side: "after" | "before",
  cursor: string,
): Beyond {
  const place = readCursor(order, cursor);
  if (place === undefined) {
    throw invalidParameter(`page[${side}]`, `page[${side}] is no cursor of this collection in this order.`);
  }
  // (a, b, c) > (x, y, z) is: a > x, or a = x and b > y, or a = x and b = y and c > z.
  const alternatives = order.map((term, index): Condition => {
    const same = order.slice(0, index).map(({ column }, at) => isEqual(column, place[at] ?? null));
    const ascends = term.descending === (side === "before");
    return { all: [...same, isBeyond(term, place[index] ?? null, ascends)] };
  });
  const bound = boundOf(order[0], place[0] ?? null, side);
  return { condition: { any: alternatives }, ...(bound === undefined ? {} : { bound }) };
}

function boundOf<Caller>(first: Order<Caller> | undefined, value: Scalar, side: "after" | "before"): Beyond["bound"] {
  if (first === undefined || value === null) return undefined;
  const ascends = first.descending === (side === "before");
  // Null stands before all else: on the way down it is beyond every value, and no comparison would find it.
  if (!ascends && first.nullable) return undefined;
  return { column: first.column, operator: ascends ? "gte" : "lte", value };
}

/** @throws {Fault} 400 for an order that cursors cannot stand in: its values are not in the rows themselves */
export function checkCursorOrder<Caller>(order: readonly Order<Caller>[]): void {
  if (order.every(({ path }) => path.length === 0)) return;
  throw cursorProfileFault(
    "unsupported-sort",
    "sort",
    "Cursors need an order by attributes of the collection's own type.",
  );
}

/** @param parameter `page[size]` */
export function pageTooLarge(parameter: string, detail: string, maxSize: number): Fault {
  return cursorProfileFault("max-size-exceeded", parameter, detail, { page: { maxSize } });
}

/** More than the longest values that anybody sorts by; HTTP headers end at 16 KiB, and so does a URL. */
const MAX_CURSOR = 8192;

function nameOf<Caller>(order: readonly Order<Caller>[]): string {
  return order.map(({ column, descending }) => (descending ? `-${column}` : column)).join();
}

function readCursor<Caller>(order: readonly Order<Caller>[], cursor: string): Scalar[] | undefined {
  if (cursor.length > MAX_CURSOR) return undefined;
  try {
    const [name, ...place] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    if (name !== nameOf(order) || place.length !== order.length) return undefined;
    return order.every((term, index) => isValueOf(term, place[index])) ? (place as Scalar[]) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a driver could have given the value for the term's column: a database may answer others with an error of its own. */
function isValueOf<Caller>({ column, schemaType }: Order<Caller>, value: unknown): value is Scalar {
  if (value === null) return column !== "id";
  switch (schemaType) {
    case "boolean":
      return typeof value === "boolean" || value === 0 || value === 1;
    case "integer":
      return isInteger(value);
    default:
      return typeof value === "string" && value.isWellFormed() && !value.includes("\0");
  }
}

function isEqual(column: string, value: Scalar): Condition {
  return value === null ? { column, isNull: true } : { column, operator: "eq", value };
}

/** Null comes before all else in an ascending order, after all else in a descending one. */
function isBeyond<Caller>({ column, nullable }: Order<Caller>, value: Scalar, ascends: boolean): Condition {
  if (ascends) return value === null ? { column, isNull: false } : { column, operator: "gt", value };
  if (value === null) return { any: [] };
  const less: Condition = { column, operator: "lt", value };
  return nullable ? { any: [less, { column, isNull: true }] } : less;
}
