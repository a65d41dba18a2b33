import { Command } from "commander";

import { Hasher } from "../accounts/hasher.ts";
import { CommandFault } from "./environment.ts";
import { print, withDatabase } from "./with-database.ts";
import { seed, SEED_PASSWORD } from "./seed.ts";
import { wholeNumber } from "./whole-number.ts";

/** `rekey seed --users N` */
export function seedCommand(): Command {
  return new Command("seed")
    .description("fill the database with deterministic users and roles, for demos and benchmarks")
    .requiredOption("--users <count>", "how many users there shall be", wholeNumber)
    .action((options: { readonly users: number }) =>
      withDatabase({ migrated: true }, async (db, config) => {
        if (config.NODE_ENV === "production") {
          throw new CommandFault("Not in production: everybody could log in as one of these users.");
        }
        const passwordHash = await new Hasher({ logN: config.SCRYPT_LOG_N, p: config.SCRYPT_P }).hash(SEED_PASSWORD);
        const made = await seed(db, { users: options.users, passwordHash });
        print(`Made ${String(made)} users, user1@example.org and on, all with the password ${SEED_PASSWORD}.`);
      }),
    );
}
