import type { Knex } from "knex";

/** How long another process may hold the migration lock before we give up (milliseconds). */
const LOCK_PATIENCE = 30_000;
const LOCK_POLL = 250;

/**
 * Brings the schema up to date. Several processes may call it at once: one migrates, the others wait for it.
 *
 * @returns the names of the migrations that were run
 * @throws {Error} when the lock stays taken (a process died in the middle of a migration), saying how to free it
 */
export async function migrateToLatest(db: Knex): Promise<string[]> {
  const giveUpAt = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      const [, names] = (await db.migrate.latest()) as [number, string[]];
      return names;
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (Date.now() > giveUpAt) {
        throw new Error(
          "Another process has held the migration lock for half a minute. If none is migrating, free it with: npm run rekey -- migrate unlock",
          { cause: error },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_POLL));
    }
  }
}

/** Takes back the newest batch of migrations. Returns the names. */
export async function rollBack(db: Knex): Promise<string[]> {
  const [, names] = (await db.migrate.rollback()) as [number, string[]];
  return names;
}

/** The names of the migrations that have run, and of those that have not. */
export async function migrationStatus(db: Knex): Promise<{ done: string[]; pending: string[] }> {
  const [done, pending] = (await db.migrate.list()) as [{ name: string }[], string[]];
  return {
    done: done.map((migration) => migration.name),
    pending: pending.map((migration) => migration.replace(/\.(ts|js)$/, "")),
  };
}

export async function unlockMigrations(db: Knex): Promise<void> {
  await db.migrate.forceFreeMigrationsLock();
}

function isLocked(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "MigrationLocked" || (/lock/i.test(error.message) && /migration/i.test(error.message)))
  );
}
