import { CopyFault } from "./fault.ts";

/** What a column holds, whatever its type is called. */
export type Kind = "text" | "integer" | "boolean" | "real" | "bytes";

export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** As the database calls it. */
  readonly type: string;
  /** Computed from others: read, never written. */
  readonly isGenerated: boolean;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The primary key's columns, in the order in which rows are read. */
  readonly key: readonly Column[];
}

/**
 * The same on every database: integers as text, since they may have 64 bits; bytes as `\x` and hexadecimal digits, as PostgreSQL writes
 * them.
 */
export type Value = string | number | boolean | null;

export interface Row {
  readonly values: Readonly<Record<string, Value>>;
  /** All of them as JSON, the columns in their order: equal rows have equal texts. */
  readonly text: string;
}

/** What Knex keeps for itself: every database has its own, made by its migrations. */
export const MIGRATIONS = "knex_migrations";
export const BOOKKEEPING: readonly string[] = [MIGRATIONS, "knex_migrations_lock"];

/** Counted from the other tables: see totals.ts. */
export const TOTALS = "row_counts";

/** One table on both sides: the same columns in the same order, that of the source. */
export interface Pair {
  readonly source: Table;
  readonly target: Table;
}

/** @throws {CopyFault} when one has what the other has not */
export function pairsOf(sources: readonly Table[], targets: readonly Table[]): Pair[] {
  for (const { name } of targets) {
    if (!sources.some((source) => source.name === name)) throw onOneSide(`table ${name}`, "target");
  }
  return sources.map((source) => {
    const target = targets.find(({ name }) => name === source.name);
    if (target === undefined) throw onOneSide(`table ${source.name}`, "source");
    return { source, target: inOrderOf(source, target) };
  });
}

function inOrderOf(source: Table, target: Table): Table {
  const { name } = source;
  const additional = target.columns.find((column) => !source.columns.some((other) => other.name === column.name));
  if (additional !== undefined) throw onOneSide(`column ${additional.name} of ${name}`, "target");
  const columns = source.columns.map((column) => {
    const found = target.columns.find((other) => other.name === column.name);
    if (found === undefined) throw onOneSide(`column ${column.name} of ${name}`, "source");
    if (found.kind === column.kind) return found;
    const types = `${column.type} in the source and ${found.type} in the target`;
    throw new CopyFault(`The column ${column.name} of ${name} is ${types}: they do not hold the same values.`);
  });
  const key = source.key.map((column) => target.key.find((other) => other.name === column.name));
  const same = key.filter((column) => column !== undefined);
  if (same.length !== source.key.length || same.length !== target.key.length) {
    throw new CopyFault(`The table ${name} has another primary key in the target than in the source.`);
  }
  return { name, columns, key: same };
}

function onOneSide(what: string, side: "source" | "target"): CopyFault {
  return new CopyFault(
    `The ${what} is in the ${side} alone: make it by a migration, which runs on both, or take it away.`,
  );
}

const PLAIN_KEY = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|-?\d{1,19})$/;

/**
 * Names a row for people. Ids and numbers may be shown; any other key may itself be worth hiding (a hash of an address), and then the
 * row is named by its place.
 *
 * @param position from 1, in the order of the key
 */
export function rowName({ name, key }: Table, values: Readonly<Record<string, unknown>>, position: number): string {
  const shown = key.map((column) => ({ column: column.name, value: String(values[column.name]) }));
  if (shown.every(({ value }) => PLAIN_KEY.test(value))) {
    return `${name}, ${shown.map(({ column, value }) => `${column} ${value}`).join(", ")}`;
  }
  const place = `the row in place ${String(position)} by ${key.map((column) => column.name).join(", ")}`;
  return `${name}, ${place}`;
}

/** Orders the keys of two rows as both databases do: texts by the bytes of their UTF-8. */
export function compareKeys(key: readonly Column[], one: Row, other: Row): number {
  for (const { name, kind } of key) {
    const order = compareValues(kind, one.values[name] ?? null, other.values[name] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(kind: Kind, one: Value, other: Value): number {
  if (one === other) return 0;
  if (kind === "text") return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
  if (kind === "integer") return BigInt(String(one)) < BigInt(String(other)) ? -1 : 1;
  // Hexadecimal digits sort as the bytes that they stand for; false comes before true.
  return (one ?? "") < (other ?? "") ? -1 : 1;
}
