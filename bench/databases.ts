import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import knex from "knex";

import { SEED_PASSWORD } from "../src/cli/seed.ts";
import { Hasher } from "../src/accounts/hasher.ts";
import { startPostgres } from "../test/fixtures/servers.ts";
import type { World } from "./scenarios/scenario.ts";
import { seedDatabase } from "./seeded.ts";
import { compiled, SCRYPT } from "./start.ts";

/** Databases that are seeded once for each number of users, and copied for each server. */
export interface Databases {
  readonly name: string;
  /** A database of its own with that many users: its URL, and what is in it. */
  copy(users: number): Promise<{ readonly url: string; readonly world: World }>;
  end(): Promise<void>;
}

export interface DatabaseOptions {
  /** Where copies live. */
  readonly folder: string;
  /** Where seeded SQLite files live, and are looked for first: a million users take minutes. */
  readonly kept: string;
}

/** One file each. */
export function sqliteDatabases({ folder, kept }: DatabaseOptions): Databases {
  let copies = 0;
  return {
    name: "SQLite",
    copy: async (users) => {
      mkdirSync(kept, { recursive: true });
      const seeded = join(kept, `${String(users)}-${lastMigration()}.sqlite`);
      const known = `${seeded}.json`;
      if (!existsSync(known)) {
        const world = await seedDatabase(`sqlite:${seeded}`, users, await passwordHash());
        writeFileSync(known, JSON.stringify(world));
      }
      const file = join(folder, `copy-${String((copies += 1))}.sqlite`);
      copyFileSync(seeded, file, constants.COPYFILE_FICLONE);
      return { url: `sqlite:${file}`, world: JSON.parse(readFileSync(known, "utf8")) as World };
    },
    end: async () => undefined,
  };
}

/** One database each, of a PostgreSQL that is started here. */
export async function postgresDatabases(durable: boolean): Promise<Databases> {
  const server = await startPostgres({ durable });
  const admin = knex({ client: "pg", connection: server.url() });
  const worlds = new Map<number, Promise<World>>();
  let copies = 0;
  const seeded = async (users: number): Promise<World> => {
    await admin.raw("create database ??", [`seeded_${String(users)}`]);
    return await seedDatabase(server.url(`seeded_${String(users)}`), users, await passwordHash());
  };
  return {
    name: `PostgreSQL, fsync ${durable ? "on" : "off"}`,
    copy: async (users) => {
      const world = worlds.get(users) ?? seeded(users);
      worlds.set(users, world);
      await world;
      const name = `copy_${String((copies += 1))}`;
      await admin.raw("create database ?? template ??", [name, `seeded_${String(users)}`]);
      return { url: server.url(name), world: await world };
    },
    end: async () => {
      await admin.destroy();
      await server.stop();
    },
  };
}

/** What was seeded before it is of no use any more. */
function lastMigration(): string {
  const files = readdirSync(compiled("../migrations")).filter((name) => name.endsWith(".js"));
  return (files.sort().at(-1) ?? "").replace(".js", "");
}

const passwordHash = () => new Hasher(SCRYPT).hash(SEED_PASSWORD);
