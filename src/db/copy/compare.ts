import { createHash, type Hash } from "node:crypto";

import { CopyFault } from "./fault.ts";
import type { Side } from "./side.ts";
import { compareKeys, rowName, type Pair, type Row, type Table } from "./table.ts";

/** What became of a table. */
export interface Summary {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 of all its rows in the order of its key, hexadecimal: the same on both sides. */
  readonly checksum: string;
}

export interface Progress {
  readonly phase: "copying" | "comparing";
  readonly table: string;
  readonly done: number;
  readonly rows: number;
}

export type Report = (progress: Progress) => void;

/** How often progress is told. */
const REPORTED_ROWS = 1_000;

/** More differences than these need not be named. */
const MOST_NAMED = 10;

/** All that two databases differ in, as far as it is named: tables and rows, never what they hold. */
export class Differences {
  readonly #named: string[] = [];
  #total = 0;

  add(what: string): void {
    this.#total += 1;
    if (this.#named.length < MOST_NAMED) this.#named.push(what);
  }

  /** @throws {CopyFault} when there are any */
  assertNone(): void {
    if (this.#total === 0) return;
    const more = this.#total - this.#named.length;
    const lines = [...this.#named, ...(more > 0 ? [`and ${String(more)} more`] : [])].map((line) => `  ${line}`);
    throw new CopyFault(`Source and target differ:\n${lines.join("\n")}`);
  }
}

/** Compares every row with its counterpart, value by value, in the order of the key, which is the same on both sides. */
export async function compareTable(
  sides: { readonly source: Side; readonly target: Side },
  { source: table, target: targetTable }: Pair,
  differences: Differences,
  report: Report,
): Promise<Summary> {
  const rows = await sides.source.count(table);
  const source = new Reader(sides.source, table);
  const target = new Reader(sides.target, targetTable);
  report({ phase: "comparing", table: table.name, done: 0, rows });
  try {
    let one = await source.next();
    let other = await target.next();
    while (one !== undefined || other !== undefined) {
      const order = orderOf(table, one, other);
      if (order === 0 && one !== undefined && other !== undefined && one.text !== other.text) {
        const columns = table.columns.filter(({ name }) => one?.values[name] !== other?.values[name]);
        differences.add(`${source.nameOf(one)}: ${columns.map(({ name }) => name).join(", ")}`);
      }
      if (order < 0 && one !== undefined) differences.add(`${source.nameOf(one)}: is in the source alone`);
      if (order > 0 && other !== undefined) differences.add(`${target.nameOf(other)}: is in the target alone`);
      if (order <= 0) one = await source.next();
      if (order >= 0) other = await target.next();
      if (source.read % REPORTED_ROWS === 0) report({ phase: "comparing", table: table.name, done: source.read, rows });
    }
  } finally {
    await source.close();
    await target.close();
  }
  const checksum = source.checksum();
  if (checksum !== target.checksum()) differences.add(`${table.name}: the checksums differ`);
  return { table: table.name, rows, checksum };
}

/** Negative when what comes next is in the source alone, positive when it is in the target alone. */
function orderOf(table: Table, one: Row | undefined, other: Row | undefined): number {
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  return one.text === other.text ? 0 : compareKeys(table.key, one, other);
}

/** One row after another, out of pages. */
class Reader {
  /** Rows so far. */
  read = 0;
  readonly #table: Table;
  readonly #pages: AsyncGenerator<Row[]>;
  readonly #hash: Hash = createHash("sha256");
  #page: Row[] = [];
  #at = 0;

  constructor(side: Side, table: Table) {
    this.#table = table;
    this.#pages = side.rows(table);
  }

  async next(): Promise<Row | undefined> {
    if (this.#at === this.#page.length) {
      const next = await this.#pages.next();
      if (next.done === true) return undefined;
      this.#page = next.value;
      this.#at = 0;
    }
    const row = this.#page[this.#at];
    if (row === undefined) return undefined;
    this.#at += 1;
    this.read += 1;
    this.#hash.update(row.text).update("\n");
    return row;
  }

  /** Names the row that was read last. */
  nameOf(row: Row): string {
    return rowName(this.#table, row.values, this.read);
  }

  /** Of all rows; may be asked for once. */
  checksum(): string {
    return this.#hash.digest("hex");
  }

  async close(): Promise<void> {
    await this.#pages.return(undefined);
  }
}
