import { Command } from "commander";

import { migrateToLatest, migrationStatus, rollBack, unlockMigrations } from "../db/migrate.ts";
import { print, withDatabase } from "./with-database.ts";

/** `rekey migrate [latest|rollback|status|unlock]` */
export function migrateCommand(): Command {
  const command = new Command("migrate").description("the database's migrations, by hand");
  const step = (name: string, description: string, isDefault = false) =>
    command.command(name, { isDefault }).description(description);

  step("latest", "run what has not been run yet", true).action(() =>
    withDatabase({ migrated: false }, async (db) => {
      const names = await migrateToLatest(db);
      print(
        names.length === 0
          ? "Nothing to do: all migrations have run."
          : names.map((name) => `ran ${plain(name)}`).join("\n"),
      );
    }),
  );
  step("rollback", "take back the newest batch").action(() =>
    withDatabase({ migrated: false }, async (db) => {
      const names = await rollBack(db);
      print(names.length === 0 ? "Nothing to take back." : names.map((name) => `took back ${plain(name)}`).join("\n"));
    }),
  );
  step("status", "list what has run, what has not, and what only a newer version knows").action(() =>
    withDatabase({ migrated: false }, async (db) => {
      const { done, pending, unknown } = await migrationStatus(db);
      for (const name of done) print(`${unknown.includes(name) ? "unknown" : "done   "}  ${name}`);
      for (const name of pending) print(`pending  ${name}`);
    }),
  );
  step("unlock", "free the lock that a process left which died in the middle").action(() =>
    withDatabase({ migrated: false }, async (db) => {
      await unlockMigrations(db);
      print("The migration lock is free.");
    }),
  );
  return command;
}

const plain = (name: string) => name.replace(/\.(ts|js)$/, "");
