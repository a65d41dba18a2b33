import type { Knex } from "knex";

import { aloneOnDatabase, StillTaken } from "./dialect.ts";
import { isBusy } from "./driver-errors.ts";
import { BundledMigrations } from "./migration-source.ts";

/** How long another process may hold Knex' own lock before we give up (milliseconds). */
const LOCK_PATIENCE = 30_000;
const LOCK_POLL = 250;

/**
 * A newer version of this program may have migrated the database. That is no fault here: see docs/many-instances.md on what a migration
 * may do.
 */
const ANY_LIST = { disableMigrationsListValidation: true } satisfies Knex.MigratorConfig;

const source = new BundledMigrations();

/** Migrations cannot be run or taken back now, for a reason that an operator can act on. */
export class MigrationFault extends Error {
  readonly code = "MIGRATION";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MigrationFault";
  }
}

/**
 * Brings the schema up to date. Any number of processes may call it at once, on an empty database too: one migrates, the others wait for
 * it. What a process had begun that died is undone by the database, and the next one goes on: all that is pending is run in one
 * transaction.
 *
 * @returns the names of the migrations that were run
 * @throws {MigrationFault} when the lock stays taken
 */
export async function migrateToLatest(db: Knex): Promise<string[]> {
  // Most starts find nothing to do, and need no lock to see that. A database without the table has all before it.
  if (await isMigrated(db).catch(() => false)) return [];
  return await alone(db, async () => {
    const giveUpAt = Date.now() + LOCK_PATIENCE;
    for (;;) {
      try {
        const [, names] = (await db.migrate.latest(ANY_LIST)) as [number, string[]];
        return names;
      } catch (error) {
        if (!isOthersDoing(error)) throw error;
        if (Date.now() > giveUpAt) {
          throw new MigrationFault(
            "Another process has held the migration lock for half a minute. If none is migrating, free it with: npm run rekey -- migrate unlock",
            { cause: error },
          );
        }
        await new Promise((resolve) => setTimeout(resolve, LOCK_POLL));
      }
    }
  });
}

/**
 * Takes back the newest batch of migrations. Returns the names.
 *
 * @throws {MigrationFault} when it is not of this version
 */
export async function rollBack(db: Knex): Promise<string[]> {
  return await alone(db, async () => {
    const { unknown } = await migrationStatus(db);
    if (unknown.length > 0) {
      throw new MigrationFault(
        `A newer version has migrated this database, and only that can take back what it did: ${unknown.join(", ")}`,
      );
    }
    const [, names] = (await db.migrate.rollback()) as [number, string[]];
    return names;
  });
}

async function alone<T>(db: Knex, run: () => Promise<T>): Promise<T> {
  try {
    return await aloneOnDatabase(db, run);
  } catch (error) {
    throw error instanceof StillTaken ? new MigrationFault(error.message, { cause: error }) : error;
  }
}

export interface MigrationStatus {
  /** Names, here and below. */
  readonly done: readonly string[];
  readonly pending: readonly string[];
  /** Those among `done` that only a newer version knows. */
  readonly unknown: readonly string[];
}

/** Which migrations have run, and which have not. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus> {
  const known = await knownMigrations();
  const [completed] = (await db.migrate.list(ANY_LIST)) as [{ name: string }[]];
  const done = completed.map(({ name }) => name);
  return {
    done,
    pending: known.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !known.includes(name)),
  };
}

/** Whether all migrations that this version knows have run; one query, for who asks often. Rejects where there was never one. */
export async function isMigrated(db: Knex): Promise<boolean> {
  const done = new Set(await db("knex_migrations").pluck("name"));
  return (await knownMigrations()).every((name) => done.has(name));
}

export async function unlockMigrations(db: Knex): Promise<void> {
  await db.migrate.forceFreeMigrationsLock();
}

async function knownMigrations(): Promise<string[]> {
  return (await source.getMigrations()).map((file) => source.getMigrationName(file));
}

/** Another process migrates, or makes Knex' own tables, at this moment. */
function isOthersDoing(error: unknown): boolean {
  if (isBusy(error)) return true;
  if (!(error instanceof Error)) return false;
  return (
    error.name === "MigrationLocked" ||
    (/lock/i.test(error.message) && /migration/i.test(error.message)) ||
    /knex_migrations\w* already exists/.test(error.message.replace(/["`]/g, ""))
  );
}
