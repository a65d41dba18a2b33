import { CopyFault } from "./fault.ts";
import { quoted, Side, type RawRow } from "./side.ts";
import { rowName, type Column, type Kind, type Row, type Table, type Value } from "./table.ts";

/** SQLite's limit of values in one statement. */
const MOST_VALUES = 32_766;

/** By the types that Knex declares. SQLite itself holds anything anywhere, so that every value is looked at. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:(?:var)?char\(\d+\)|varchar|text|json)$/, "text"],
  [/^(?:tiny|small|medium|big)?int(?:eger)?$/, "integer"],
  [/^boolean$/, "boolean"],
  [/^(?:float|real|double|double precision)$/, "real"],
  [/^blob$/, "bytes"],
];

export class SqliteSide extends Side {
  /** The connection locks the file exclusively, and the transaction has begun: nobody else is in. */
  async seize(): Promise<void> {
    await this.query("SELECT count(*) FROM sqlite_master");
  }

  async assertAlone(): Promise<void> {
    // Nobody can have come in.
  }

  async assertReferences(): Promise<void> {
    const [broken] = await this.query("SELECT * FROM pragma_foreign_key_check LIMIT 1");
    if (broken === undefined) return;
    const table = await this.table(String(broken["table"]));
    const [raw] = await this.query(`SELECT * FROM ${quoted(table.name)} WHERE rowid = ?`, [broken["rowid"]]);
    const name = raw === undefined ? table.name : rowName(table, raw, await this.#place(table, raw));
    throw new CopyFault(
      `${this.subject}: ${name}: it refers to ${String(broken["parent"])}, where there is no such row.`,
    );
  }

  async #place(table: Table, raw: RawRow): Promise<number> {
    const { sql, bindings } = after(table, raw);
    const [row] = await this.query(`SELECT count(*) AS later FROM ${quoted(table.name)} WHERE ${sql}`, bindings);
    return (await this.count(table)) - Number(row?.["later"]);
  }

  async tableNames(): Promise<string[]> {
    const rows = await this.query(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    return rows.map(({ name }) => String(name));
  }

  async table(name: string): Promise<Table> {
    const found = await this.query("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", [name]);
    const columns = found.map((row) => {
      const type = String(row["type"]);
      const kind = KINDS.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1];
      if (kind === undefined) throw this.unknownType(name, String(row["name"]), type);
      return { name: String(row["name"]), kind, type, isGenerated: Number(row["hidden"]) > 1, pk: Number(row["pk"]) };
    });
    const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
    if (key.length === 0) throw this.noKey(name);
    const collations = await this.query(
      "SELECT x.coll FROM pragma_index_list(?) AS i, pragma_index_xinfo(i.name) AS x WHERE i.origin = 'pk' AND x.key = 1",
      [name],
    );
    if (collations.some(({ coll }) => coll !== "BINARY")) {
      throw new CopyFault(`${this.subject}: the primary key of ${name} takes different texts for the same (COLLATE).`);
    }
    return { name, columns, key };
  }

  async suspend(): Promise<() => Promise<void>> {
    const triggers = await this.query("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
    for (const { name } of triggers) await this.query(`DROP TRIGGER ${quoted(String(name))}`);
    return async () => {
      for (const { sql } of triggers) await this.query(String(sql).replaceAll("?", "\\?"));
    };
  }

  async counter(table: Table): Promise<string | null> {
    if (!(await this.#countsKeys())) return null;
    const [row] = await this.query("SELECT CAST(seq AS TEXT) AS seq FROM sqlite_sequence WHERE name = ?", [table.name]);
    return row === undefined ? null : String(row["seq"]);
  }

  /** What was inserted has been counted already; rows that were deleted in the source are counted too. */
  async setCounter(table: Table, last: string | null): Promise<void> {
    if (last === null || !(await this.#countsKeys())) return;
    await this.query("UPDATE sqlite_sequence SET seq = max(seq, CAST(? AS INTEGER)) WHERE name = ?", [
      last,
      table.name,
    ]);
  }

  /** The table is there as soon as one with AUTOINCREMENT is. */
  async #countsKeys(): Promise<boolean> {
    return (await this.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")).length > 0;
  }

  /** From key to key: SQLite reads them in the order of their bytes, and has an index for it. */
  protected async *pages(table: Table, select: string, size: number): AsyncGenerator<RawRow[]> {
    const from = `SELECT ${select} FROM ${quoted(table.name)}`;
    const order = `ORDER BY ${table.key.map(({ name }) => quoted(name)).join(", ")} LIMIT ${String(size)}`;
    let page = await this.query(`${from} ${order}`);
    while (page.length > 0) {
      yield page;
      const last = page.at(-1);
      if (page.length < size || last === undefined) return;
      const { sql, bindings } = after(table, last);
      page = await this.query(`${from} WHERE ${sql} ${order}`, bindings);
    }
  }

  /** As text, since the driver would round what has more than 53 bits. */
  protected expression({ name, kind }: Column): string {
    return kind === "integer" ? `CAST(${quoted(name)} AS TEXT)` : quoted(name);
  }

  protected widthOf({ name }: Column): string {
    return `length(CAST(${quoted(name)} AS BLOB))`;
  }

  protected value({ kind }: Column, raw: unknown): Value | undefined {
    switch (kind) {
      case "text":
        return typeof raw === "string" ? raw : undefined;
      case "integer":
        return typeof raw === "string" && /^-?\d{1,19}$/.test(raw) ? raw : undefined;
      case "boolean":
        return raw === 1 || raw === 0 ? raw === 1 : undefined;
      case "real":
        return typeof raw === "number" && Number.isFinite(raw) ? raw : undefined;
      case "bytes":
        return Buffer.isBuffer(raw) ? `\\x${raw.toString("hex")}` : undefined;
    }
  }

  protected async isGenuine(table: Table, column: Column, text: string, raw: RawRow): Promise<boolean> {
    const key = table.key.map(({ name }) => `${quoted(name)} = ?`).join(" AND ");
    const [row] = await this.query(
      `SELECT hex(${quoted(column.name)}) AS bytes FROM ${quoted(table.name)} WHERE ${key}`,
      table.key.map(({ name }) => raw[name]),
    );
    return row?.["bytes"] === Buffer.from(text).toString("hex").toUpperCase();
  }

  protected async write({ name, columns }: Table, rows: readonly Row[]): Promise<void> {
    const written = columns.filter((column) => !column.isGenerated);
    const into = `INSERT INTO ${quoted(name)} (${written.map((column) => quoted(column.name)).join(", ")}) VALUES `;
    const places = `(${written.map(() => "?").join(", ")})`;
    const most = Math.floor(MOST_VALUES / written.length);
    for (let at = 0; at < rows.length; at += most) {
      const part = rows.slice(at, at + most);
      const bindings = part.flatMap(({ values }) =>
        written.map((column) => bound(column, values[column.name] ?? null)),
      );
      await this.query(into + part.map(() => places).join(", "), bindings);
    }
  }

  protected rowsOf(result: unknown): RawRow[] {
    return Array.isArray(result) ? (result as RawRow[]) : [];
  }
}

/** What comes after a row in the order of the key. */
function after({ key }: Table, last: RawRow): { readonly sql: string; readonly bindings: readonly unknown[] } {
  const names = key.map(({ name }) => quoted(name)).join(", ");
  return { sql: `(${names}) > (${key.map(() => "?").join(", ")})`, bindings: key.map(({ name }) => last[name]) };
}

function bound({ kind }: Column, value: Value): unknown {
  if (kind === "bytes" && typeof value === "string") return Buffer.from(value.slice(2), "hex");
  return value;
}
