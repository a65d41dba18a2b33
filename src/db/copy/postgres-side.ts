import { setTimeout as sleep } from "node:timers/promises";

import { CopyFault } from "./fault.ts";
import { quoted, Side, type RawRow } from "./side.ts";
import { type Column, type Kind, type Row, type Table, type Value } from "./table.ts";

/** By what format_type() calls them. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:character varying(?:\(\d+\))?|text|uuid|json)$/, "text"],
  [/^(?:smallint|integer|bigint)$/, "integer"],
  [/^boolean$/, "boolean"],
  [/^(?:real|double precision)$/, "real"],
  [/^bytea$/, "bytes"],
];

/** How values of each kind are read from JSON. From there they are assigned, which refuses what is too long or out of range. */
const TYPES_IN_JSON: Readonly<Record<Kind, string>> = {
  text: "text",
  integer: "bigint",
  boolean: "boolean",
  real: "double precision",
  bytes: "bytea",
};

/** Whoever copies from or to a database holds this advisory lock of it. Any number that nothing else uses. */
const COPYING = 1_805_110_525;

/** How long other connections may take to go (milliseconds). */
const PATIENCE = 2_000;
const POLL = 50;

export class PostgresSide extends Side {
  async seize(): Promise<void> {
    // What an operator bounds for the server's sake would end us in the middle.
    for (const setting of ["statement_timeout", "idle_in_transaction_session_timeout"]) {
      await this.query(`SET LOCAL ${setting} = 0`);
    }
    await this.query("SET LOCAL lock_timeout = '5s'");
    const [encoding] = await this.query(
      "SELECT current_setting('server_encoding') AS name, current_schema() AS schema",
    );
    if (encoding?.["name"] !== "UTF8") {
      throw new CopyFault(`${this.subject} is not encoded in UTF8: make one with ENCODING 'UTF8'.`);
    }
    if (encoding["schema"] === null) {
      throw new CopyFault(`${this.subject} has no schema that this role may use: see docs/postgresql.md.`);
    }
    const [lock] = await this.query("SELECT pg_try_advisory_xact_lock(?) AS taken", [COPYING]);
    if (lock?.["taken"] !== true) {
      throw new CopyFault(`${this.subject} is being copied already, or is the same database as the source.`);
    }
    await this.assertAlone();
    const names = (await this.tableNames()).map(quoted);
    // Readers may stay with the source; who writes waits. Nobody may see a target that is not whole.
    const mode = this.role === "source" ? "SHARE" : "ACCESS EXCLUSIVE";
    if (names.length > 0) await this.query(`LOCK TABLE ${names.join(", ")} IN ${mode} MODE`);
  }

  /**
   * Servers connect with the role that this command connects with. Others (monitoring, backups) may look on. A connection that was closed
   * just now, as our own that migrated, is gone after a moment.
   */
  async assertAlone(): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE;
    for (let others = await this.#others(); others !== ""; others = await this.#others()) {
      if (Date.now() > giveUpAt) {
        throw new CopyFault(
          `${this.subject} has other connections of the same role: ${others}. Stop the servers, and whatever else uses it.`,
        );
      }
      await sleep(POLL);
    }
  }

  async #others(): Promise<string> {
    // Within a transaction the first answer would be given again.
    await this.query("SELECT pg_stat_clear_snapshot()");
    const others = await this.query(
      `SELECT coalesce(nullif(application_name, ''), 'no name') AS name, coalesce(host(client_addr), 'this machine') AS address,
         count(*)::integer AS total
       FROM pg_stat_activity
       WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
         AND backend_type = 'client backend'
       GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    return others
      .map((row) => `${String(row["total"])} from ${String(row["address"])} (${String(row["name"])})`)
      .join(", ");
  }

  async assertReferences(): Promise<void> {
    // A foreign key is always kept here.
  }

  async tableNames(): Promise<string[]> {
    const rows = await this.query(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
    );
    return rows.map(({ name }) => String(name));
  }

  async table(name: string): Promise<Table> {
    const found = await this.query(
      `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attgenerated <> '' AS generated,
         array_position(i.indkey::int2[], a.attnum) AS place
       FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
       WHERE a.attrelid = format('%I.%I', current_schema(), ?::text)::regclass AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum`,
      [name],
    );
    const columns = found.map((row) => {
      const type = String(row["type"]);
      const kind = KINDS.find(([pattern]) => pattern.test(type))?.[1];
      if (kind === undefined) throw this.unknownType(name, String(row["name"]), type);
      const place = row["place"] === null ? null : Number(row["place"]);
      return { name: String(row["name"]), kind, type, isGenerated: row["generated"] === true, place };
    });
    const key = columns.flatMap((column) => (column.place === null ? [] : [{ ...column, place: column.place }]));
    if (key.length === 0) throw this.noKey(name);
    return { name, columns, key: key.sort((one, other) => one.place - other.place) };
  }

  /**
   * Foreign keys are taken away, and made again when all is there: checked all at once, which is much faster, and whatever the order of
   * the tables. Triggers would count what is counted already.
   */
  async suspend(tables: readonly Table[]): Promise<() => Promise<void>> {
    const names = new Set(tables.map(({ name }) => name));
    const ours = (rows: RawRow[]) => rows.filter((row) => names.has(String(row["table"])));
    const foreignKeys = ours(
      await this.query(
        `SELECT t.relname AS table, c.conname AS name, pg_get_constraintdef(c.oid) AS definition
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
         WHERE c.contype = 'f' AND c.conparentid = 0 AND t.relnamespace = current_schema()::regnamespace`,
      ),
    );
    const triggers = ours(
      await this.query(
        `SELECT t.relname AS table, g.tgname AS name, g.tgenabled AS enabled
         FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
         WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND t.relnamespace = current_schema()::regnamespace`,
      ),
    );
    const alter = (row: RawRow, change: string) => this.query(`ALTER TABLE ${quoted(String(row["table"]))} ${change}`);
    const nameOf = (row: RawRow) => quoted(String(row["name"]));
    for (const row of triggers) await alter(row, `DISABLE TRIGGER ${nameOf(row)}`);
    for (const row of foreignKeys) await alter(row, `DROP CONSTRAINT ${nameOf(row)}`);
    return async () => {
      for (const row of foreignKeys) await alter(row, `ADD CONSTRAINT ${nameOf(row)} ${String(row["definition"])}`);
      for (const row of triggers) {
        const how = { A: "ALWAYS ", R: "REPLICA " }[String(row["enabled"])] ?? "";
        await alter(row, `ENABLE ${how}TRIGGER ${nameOf(row)}`);
      }
      // Or the first queries would be planned as if the tables were empty.
      for (const name of names) await this.query(`ANALYZE ${quoted(name)}`);
    };
  }

  async counter(table: Table): Promise<string | null> {
    const sequence = await this.#sequence(table);
    if (sequence === undefined) return null;
    const [row] = await this.query(`SELECT last_value::text AS last, is_called AS called FROM ${sequence.name}`);
    return row?.["called"] === true ? String(row["last"]) : null;
  }

  async setCounter(table: Table, last: string | null): Promise<void> {
    const sequence = await this.#sequence(table);
    if (sequence === undefined) return;
    await this.query(
      `SELECT setval(?::regclass, greatest(max(${quoted(sequence.column)}), ?::bigint))
       FROM ${quoted(table.name)} HAVING greatest(max(${quoted(sequence.column)}), ?::bigint) IS NOT NULL`,
      [sequence.name, last, last],
    );
  }

  async #sequence({ name, columns }: Table): Promise<{ readonly name: string; readonly column: string } | undefined> {
    for (const { name: column, kind } of columns) {
      if (kind !== "integer") continue;
      const [row] = await this.query("SELECT pg_get_serial_sequence(quote_ident(?), ?) AS name", [name, column]);
      if (typeof row?.["name"] === "string") return { name: row["name"], column };
    }
    return undefined;
  }

  /** By a cursor: the order of the bytes is that of no index but where the database's own collation is C, and so is sorted once. */
  protected async *pages(table: Table, select: string, size: number): AsyncGenerator<RawRow[]> {
    const order = table.key.map((column) =>
      column.kind === "text" ? `${this.expression(column)} COLLATE "C"` : quoted(column.name),
    );
    await this.query(
      `DECLARE copied NO SCROLL CURSOR FOR SELECT ${select} FROM ${quoted(table.name)} ORDER BY ${order.join(", ")}`,
    );
    for (;;) {
      const page = await this.query(`FETCH ${String(size)} FROM copied`);
      if (page.length > 0) yield page;
      if (page.length < size) break;
    }
    await this.query("CLOSE copied");
  }

  protected expression({ name, kind }: Column): string {
    // The driver would parse JSON, and makes text of eight bytes alone.
    return kind === "text" || kind === "integer" ? `${quoted(name)}::text` : quoted(name);
  }

  protected widthOf({ name, kind }: Column): string {
    return kind === "bytes" ? `2 * octet_length(${quoted(name)})` : `octet_length(${quoted(name)}::text)`;
  }

  protected value({ kind }: Column, raw: unknown): Value | undefined {
    if (Buffer.isBuffer(raw)) return kind === "bytes" ? `\\x${raw.toString("hex")}` : undefined;
    if (typeof raw === "number") return Number.isFinite(raw) ? raw : undefined;
    return typeof raw === "string" || typeof raw === "boolean" ? raw : undefined;
  }

  protected async isGenuine(): Promise<boolean> {
    // All text here is UTF-8.
    return true;
  }

  protected async write({ name, columns }: Table, rows: readonly Row[]): Promise<void> {
    const written = columns.filter((column) => !column.isGenerated);
    const read = written.map((column) => `${quoted(column.name)} ${TYPES_IN_JSON[column.kind]}`);
    const values = written.map(({ name: column, type }) =>
      type === "uuid" || type === "json" ? `${quoted(column)}::${type}` : quoted(column),
    );
    await this.query(
      `INSERT INTO ${quoted(name)} (${written.map((column) => quoted(column.name)).join(", ")})
       OVERRIDING SYSTEM VALUE SELECT ${values.join(", ")} FROM json_to_recordset(?::json) AS copied (${read.join(", ")})`,
      [`[${rows.map(({ text }) => text).join(",")}]`],
    );
  }

  /** A statement that fails makes all that follow fail, up to a savepoint. */
  protected override async guarded(run: () => Promise<void>): Promise<void> {
    await this.query("SAVEPOINT batch");
    try {
      await run();
    } catch (error) {
      await this.query("ROLLBACK TO SAVEPOINT batch");
      throw error;
    }
    await this.query("RELEASE SAVEPOINT batch");
  }

  protected rowsOf(result: unknown): RawRow[] {
    return (result as { readonly rows?: RawRow[] }).rows ?? [];
  }
}
