import type { Knex } from "knex";

import { CopyFault, describeFault, rowReason } from "./fault.ts";
import { BOOKKEEPING, rowName, type Column, type Row, type Table, type Value } from "./table.ts";

export type Role = "source" | "target";

/** As a driver gives it: values by the names of their columns. */
export type RawRow = Readonly<Record<string, unknown>>;

export interface Migration {
  readonly name: string;
  readonly batch: number;
}

/** The most that is read or written at once: rows, and bytes. */
const MOST_ROWS = 2_000;
const MOST_BYTES = 4 * 1024 * 1024;

/** One of the two databases, within one transaction that has it to itself. What differs between SQLite and PostgreSQL is in its subclasses. */
export abstract class Side {
  readonly role: Role;
  /** For messages: «The target (postgres://host/name)». */
  readonly subject: string;
  readonly #trx: Knex.Transaction;

  constructor(role: Role, subject: string, trx: Knex.Transaction) {
    this.role = role;
    this.subject = subject;
    this.#trx = trx;
  }

  /** Keeps all others out until the end of the transaction. @throws {CopyFault} when somebody is there already */
  abstract seize(): Promise<void>;
  /** @throws {CopyFault} when somebody came in meanwhile who may write as soon as we are gone */
  abstract assertAlone(): Promise<void>;
  /** @throws {CopyFault} when a row refers to one that is not there */
  abstract assertReferences(): Promise<void>;
  abstract tableNames(): Promise<string[]>;
  /** @throws {CopyFault} on a table or a column that cannot be copied for certain */
  abstract table(name: string): Promise<Table>;
  /** Switches off what would act on each row that is written; gives back what switches it on again. */
  abstract suspend(tables: readonly Table[]): Promise<() => Promise<void>>;
  /** The number that an automatic key of the table was given last, if it has one. */
  abstract counter(table: Table): Promise<string | null>;
  abstract setCounter(table: Table, last: string | null): Promise<void>;

  /** All rows in the order of the key; `select` is the list of columns. */
  protected abstract pages(table: Table, select: string, size: number): AsyncGenerator<RawRow[]>;
  /** As it stands in a list of columns. */
  protected abstract expression(column: Column): string;
  /** How many bytes the column's value has. */
  protected abstract widthOf(column: Column): string;
  /** What the driver gave, as on every database; `undefined` when that is none of the column's kind. */
  protected abstract value(column: Column, raw: unknown): Value | undefined;
  /** Whether a text in which the driver may have replaced bytes that are no UTF-8 is what the row holds. */
  protected abstract isGenuine(table: Table, column: Column, text: string, raw: RawRow): Promise<boolean>;
  protected abstract write(table: Table, rows: readonly Row[]): Promise<void>;
  protected abstract rowsOf(result: unknown): RawRow[];

  /** @throws {CopyFault} in words for the operator where they are known */
  async query(sql: string, bindings: readonly unknown[] = []): Promise<RawRow[]> {
    try {
      return this.rowsOf(await this.#trx.raw(sql, bindings as Knex.RawBinding[]));
    } catch (error) {
      throw describeFault(this.subject, error);
    }
  }

  /** What has run here, in order; `undefined` when this is no database of ours. */
  async migrations(): Promise<Migration[] | undefined> {
    if (!(await this.tableNames()).includes("knex_migrations")) return undefined;
    const rows = await this.query("SELECT name, batch FROM knex_migrations ORDER BY id");
    return rows.map(({ name, batch }) => ({ name: String(name), batch: Number(batch) }));
  }

  protected unknownType(table: string, column: string, type: string): CopyFault {
    return new CopyFault(
      `${this.subject}: the column ${column} of ${table} is of a type that cannot be copied for certain: ${type || "none"}.`,
    );
  }

  protected noKey(table: string): CopyFault {
    return new CopyFault(
      `${this.subject}: the table ${table} has no primary key, by which its rows could be told from each other: give it one.`,
    );
  }

  /** All but what Knex keeps for itself, by their names. */
  async tables(): Promise<Table[]> {
    const names = (await this.tableNames()).filter((name) => !BOOKKEEPING.includes(name));
    const tables: Table[] = [];
    for (const name of names.sort()) tables.push(await this.table(name));
    return tables;
  }

  async count(table: Table): Promise<number> {
    const [row] = await this.query(`SELECT count(*) AS total FROM ${quoted(table.name)}`);
    return Number(row?.["total"]);
  }

  /** All rows in the order of the key, a page at a time, the next of which is being read meanwhile. */
  async *rows(table: Table): AsyncGenerator<Row[]> {
    const select = table.columns.map((column) => `${this.expression(column)} AS ${quoted(column.name)}`).join(", ");
    let position = 0;
    for await (const page of ahead(this.pages(table, select, await this.#pageSize(table)))) {
      const rows: Row[] = [];
      for (const raw of page) rows.push(await this.#row(table, raw, (position += 1)));
      yield rows;
    }
    // SQLite lets a key be null, and then no order finds the row.
    if (position !== (await this.count(table))) {
      throw new CopyFault(`${this.subject} has rows in ${table.name} whose key is null: give them one.`);
    }
  }

  /** Few at once where rows are wide, so that memory stays bounded. */
  async #pageSize(table: Table): Promise<number> {
    const widths = table.columns
      .filter(({ kind }) => kind === "text" || kind === "bytes")
      .map((column) => `COALESCE(${this.widthOf(column)}, 0)`);
    if (widths.length === 0) return MOST_ROWS;
    const [row] = await this.query(`SELECT max(${widths.join(" + ")}) AS widest FROM ${quoted(table.name)}`);
    return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_BYTES / (Number(row?.["widest"] ?? 0) + 1))));
  }

  async #row(table: Table, raw: RawRow, position: number): Promise<Row> {
    const values: Record<string, Value> = {};
    for (const column of table.columns) {
      const value = raw[column.name] === null ? null : this.value(column, raw[column.name]);
      if (value === undefined) throw this.#valueFault(table, column, raw, position);
      if (
        typeof value === "string" &&
        value.includes(REPLACEMENT) &&
        !(await this.isGenuine(table, column, value, raw))
      )
        throw this.#valueFault(table, column, raw, position);
      values[column.name] = value;
    }
    return { values, text: JSON.stringify(values) };
  }

  #valueFault(table: Table, column: Column, raw: RawRow, position: number): CopyFault {
    const name = rowName(table, raw, position);
    return new CopyFault(
      `${this.subject}: ${name}: what the column ${column.name} holds is no ${column.type}: set it right.`,
    );
  }

  /**
   * @param position of the first of them, from 1
   * @throws {CopyFault} naming the first row that cannot be written
   */
  async insert(table: Table, rows: readonly Row[], position: number): Promise<void> {
    try {
      await this.guarded(() => this.write(table, rows));
    } catch (error) {
      if (rowReason(error) === undefined) throw error;
      await this.#insertOneByOne(table, rows, position);
      throw error;
    }
  }

  async #insertOneByOne(table: Table, rows: readonly Row[], position: number): Promise<void> {
    for (const [index, row] of rows.entries()) {
      try {
        await this.write(table, [row]);
      } catch (error) {
        const reason = rowReason(error) ?? "it cannot be written";
        const name = rowName(table, row.values, position + index);
        throw new CopyFault(`${this.subject} does not take a row: ${name}: ${reason}.`, { cause: error });
      }
    }
  }

  /** Runs what may fail without the transaction failing with it. */
  protected async guarded(run: () => Promise<void>): Promise<void> {
    await run();
  }

  /** Takes over in which batches migrations ran, so that the next rollback takes back no more than it would have in the source. */
  async setBatches(migrations: readonly Migration[]): Promise<void> {
    for (const { name, batch } of migrations) {
      await this.query("UPDATE knex_migrations SET batch = ? WHERE name = ?", [batch, name]);
    }
  }
}

/** What drivers put in the place of bytes that are no UTF-8. */
const REPLACEMENT = "\uFFFD";

/** A name in SQL. Knex takes a question mark for a value. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""').replaceAll("?", "\\?")}"`;
}

/** The same, but the next value is being made while one is used. */
async function* ahead<T>(values: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (let next = values.next(); ;) {
      const result = await next;
      if (result.done === true) return;
      next = values.next();
      // Whoever stops early is not interested in how it went.
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    await values.return(undefined);
  }
}
