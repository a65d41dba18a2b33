import { createHash } from "node:crypto";

import type { Differences, Summary } from "./compare.ts";
import type { Side } from "./side.ts";
import { TOTALS } from "./table.ts";

/**
 * `row_counts` says how many rows other tables have, in as many parts as were written at once. It is counted, not copied: triggers keep
 * each database's own.
 */

/** What they say: totals by the names of tables. */
async function totalsOf(side: Side): Promise<Map<string, number>> {
  const rows = await side.query(
    `SELECT table_name AS name, sum(row_count) AS total FROM ${TOTALS} GROUP BY table_name`,
  );
  return new Map(rows.map(({ name, total }) => [String(name), Number(total)]));
}

/** @param rows how many rows were copied to each table */
export async function writeTotals(source: Side, target: Side, rows: ReadonlyMap<string, number>): Promise<void> {
  await target.query(`DELETE FROM ${TOTALS}`);
  for (const [name, total] of await totalsOf(source)) {
    await target.query(`INSERT INTO ${TOTALS} (table_name, slot, row_count) VALUES (?, 0, ?)`, [
      name,
      rows.get(name) ?? total,
    ]);
  }
}

/** @param rows how many rows the tables really have, on both sides */
export async function compareTotals(
  sides: readonly Side[],
  rows: ReadonlyMap<string, number>,
  differences: Differences,
): Promise<Summary> {
  let summary: Summary = { table: TOTALS, rows: 0, checksum: "" };
  for (const side of sides) {
    const totals = [...(await totalsOf(side))].sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [name, total] of totals) {
      if (total !== (rows.get(name) ?? total))
        differences.add(`${TOTALS}: the ${side.role} has another total of ${name} than rows`);
    }
    const checksum = createHash("sha256").update(JSON.stringify(totals)).digest("hex");
    if (summary.checksum !== "" && summary.checksum !== checksum) differences.add(`${TOTALS}: the totals differ`);
    summary = { table: TOTALS, rows: totals.length, checksum };
  }
  return summary;
}
