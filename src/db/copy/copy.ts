import type { Knex } from "knex";

import { migrateToLatest } from "../migrate.ts";
import { BundledMigrations } from "../migration-source.ts";
import { compareTable, Differences, type Report, type Summary } from "./compare.ts";
import { CopyFault, describeFault } from "./fault.ts";
import { assertFresh, freshRows, type FreshRows } from "./fresh.ts";
import { assertDifferent, isThere, openEndpoint, withSide, type Endpoint } from "./open.ts";
import { quoted, type Migration, type Side } from "./side.ts";
import { pairsOf, TOTALS, type Pair } from "./table.ts";
import { compareTotals, writeTotals } from "./totals.ts";

interface Sides {
  readonly source: Side;
  readonly target: Side;
}

/**
 * Copies an installation from one database to another that is empty, and compares all of it before it counts: the target is either what
 * the source is, or as empty as before. Nobody else may use either meanwhile. What tables there are, the databases say.
 *
 * @param firstStart what the first start of a server writes: a target that has no more than that is empty
 * @throws {CopyFault}
 */
export async function copyDatabase(
  from: Endpoint,
  to: Endpoint,
  { firstStart, report }: { readonly firstStart: (db: Knex) => Promise<unknown>; readonly report: Report },
): Promise<Summary[]> {
  assertDifferent(from, to);
  return await withSide(from, async (source) => {
    const migrations = await assertMigrated(source);
    await source.assertReferences();
    const sources = await source.tables();
    const fresh = await freshRows(firstStart);
    if (isThere(to)) await withSide(to, (target) => assertMigratable(target, fresh));
    await migrate(to);
    return await withSide(to, async (target) => {
      const sides = { source, target };
      const pairs = pairsOf(sources, await target.tables());
      await assertFresh(target, fresh);
      await fill(sides, pairs, migrations, report);
      const summaries = await compareSides(sides, pairs, report);
      await source.assertAlone();
      return summaries;
    });
  });
}

/** Compares two databases that nobody uses meanwhile. @throws {CopyFault} naming what they differ in */
export async function compareDatabases(from: Endpoint, to: Endpoint, report: Report): Promise<Summary[]> {
  assertDifferent(from, to);
  return await withSide(from, async (source) => {
    await assertMigrated(source);
    return await withSide(to, async (target) => {
      await assertMigrated(target);
      return await compareSides({ source, target }, pairsOf(await source.tables(), await target.tables()), report);
    });
  });
}

/** @throws {CopyFault} when not exactly the migrations of this version have run */
async function assertMigrated(side: Side): Promise<Migration[]> {
  const done = await side.migrations();
  if (done === undefined) throw new CopyFault(`${side.subject} is no database of Rekey: it has no migrations.`);
  await assertKnown(side, done);
  const missing = (await bundledNames()).filter((name) => !done.some((migration) => migration.name === name));
  if (missing.length === 0) return done;
  throw new CopyFault(
    `${side.subject} lacks migrations of this version: ${missing.join(", ")}. With DATABASE_URL set to it, run: npm run rekey -- migrate`,
  );
}

/** @throws {CopyFault} when migrations ran that this version does not know */
async function assertKnown(side: Side, done: readonly Migration[]): Promise<void> {
  const known = await bundledNames();
  const unknown = done.filter(({ name }) => !known.includes(name)).map(({ name }) => name);
  if (unknown.length === 0) return;
  throw new CopyFault(
    `${side.subject} has migrations that this version does not know: ${unknown.join(", ")}. Use the version that made them.`,
  );
}

async function bundledNames(): Promise<string[]> {
  const bundled = new BundledMigrations();
  return (await bundled.getMigrations()).map((file) => bundled.getMigrationName(file));
}

/** Looks before anything is changed. @throws {CopyFault} when there is something that a copy would harm */
async function assertMigratable(target: Side, fresh: FreshRows): Promise<void> {
  const done = await target.migrations();
  if (done !== undefined) {
    await assertKnown(target, done);
    await assertFresh(target, fresh);
  } else if ((await target.tableNames()).length > 0) {
    throw new CopyFault(`${target.subject} holds tables of something else. Copy into a database of its own.`);
  }
}

async function migrate(endpoint: Endpoint): Promise<void> {
  const db = openEndpoint(endpoint);
  try {
    await migrateToLatest(db);
  } catch (error) {
    throw describeFault(endpoint.subject, error);
  } finally {
    await db.destroy();
  }
}

async function fill(
  { source, target }: Sides,
  pairs: readonly Pair[],
  migrations: readonly Migration[],
  report: Report,
) {
  const resume = await target.suspend(pairs.map((pair) => pair.target));
  const copied = new Map<string, number>();
  for (const pair of pairs) {
    const { name } = pair.target;
    if (name === TOTALS) continue;
    await target.query(`DELETE FROM ${quoted(name)}`);
    const rows = await source.count(pair.source);
    let done = 0;
    report({ phase: "copying", table: name, done, rows });
    for await (const page of source.rows(pair.source)) {
      await target.insert(pair.target, page, done + 1);
      done += page.length;
      report({ phase: "copying", table: name, done, rows });
    }
    await target.setCounter(pair.target, await source.counter(pair.source));
    copied.set(name, done);
  }
  if (pairs.some(({ target: { name } }) => name === TOTALS)) await writeTotals(source, target, copied);
  await target.setBatches(migrations);
  await resume();
}

/** @throws {CopyFault} naming what they differ in */
async function compareSides(sides: Sides, pairs: readonly Pair[], report: Report): Promise<Summary[]> {
  const differences = new Differences();
  const summaries: Summary[] = [];
  for (const pair of pairs) {
    if (pair.source.name !== TOTALS) summaries.push(await compareTable(sides, pair, differences, report));
  }
  if (pairs.some(({ source: { name } }) => name === TOTALS)) {
    const rows = new Map(summaries.map((summary) => [summary.table, summary.rows]));
    summaries.push(await compareTotals([sides.source, sides.target], rows, differences));
  }
  differences.assertNone();
  return summaries;
}
