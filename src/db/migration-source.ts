import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Knex } from "knex";

/**
 * The migrations beside this code: TypeScript when it runs from source, JavaScript when it is compiled. They are recorded
 * without their extension, so that a database migrated by the one is at home in the other.
 */
export class BundledMigrations implements Knex.MigrationSource<string> {
  readonly #folder = fileURLToPath(new URL("../../migrations", import.meta.url));

  async getMigrations(): Promise<string[]> {
    const files = await readdir(this.#folder);
    return files.filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith(".d.ts")).sort();
  }

  getMigrationName(file: string): string {
    return parse(file).name;
  }

  async getMigration(file: string): Promise<Knex.Migration> {
    return (await import(pathToFileURL(join(this.#folder, file)).href)) as Knex.Migration;
  }
}
