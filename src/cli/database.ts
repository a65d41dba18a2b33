import { Command } from "commander";

import { signingSecret } from "../accounts/signing-key.ts";
import { systemClock } from "../db/clock.ts";
import type { Progress, Summary } from "../db/copy/compare.ts";
import { compareDatabases, copyDatabase } from "../db/copy/copy.ts";
import { CopyFault } from "../db/copy/fault.ts";
import { endpoint, type Endpoint } from "../db/copy/open.ts";
import { CommandFault, processConfig } from "./environment.ts";
import { print } from "./with-database.ts";

interface Options {
  readonly from?: string;
  readonly to: string;
}

/** `rekey database copy|compare --to URL [--from URL]` */
export function databaseCommand(): Command {
  const command = new Command("database").description("move an installation between SQLite and PostgreSQL");
  const step = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .requiredOption("--to <url>", "the database to copy to, or to compare with: postgres://… or sqlite:PATH")
      .option("--from <url>", "the database to copy from; by default DATABASE_URL");

  step("copy", "copy everything into an empty database, and compare every row").action((options: Options) =>
    between(options, async (from, to) => {
      // Only of use where the configuration has no key of its own.
      const firstStart = (db: Parameters<typeof signingSecret>[0]) => signingSecret(db, systemClock);
      const summaries = await copyDatabase(from, to, { firstStart, report: reporter() });
      print(table(summaries));
      print(nextSteps(from, to));
    }),
  );
  step("compare", "compare every row of two databases that nobody uses meanwhile").action((options: Options) =>
    between(options, async (from, to) => {
      const summaries = await compareDatabases(from, to, reporter());
      print(table(summaries));
      print(`${from.shown} and ${to.shown} hold the same.`);
    }),
  );
  return command;
}

/** @throws {CommandFault} for whatever the operator can act on; never with a URL that has a password */
async function between(options: Options, run: (from: Endpoint, to: Endpoint) => Promise<void>): Promise<void> {
  try {
    const from = endpoint("source", options.from ?? processConfig().DATABASE_URL);
    await run(from, endpoint("target", options.to));
  } catch (error) {
    throw error instanceof CopyFault ? new CommandFault(error.message) : error;
  }
}

/** Milliseconds between two lines about the same table. */
const PAUSE = 2_000;

/** A line on standard error when a table begins that has rows, and from time to time while it lasts. */
function reporter(): (progress: Progress) => void {
  let current = "";
  let next = 0;
  return ({ phase, table, done, rows }) => {
    const subject = `${phase} ${table}`;
    const isNew = subject !== current;
    if (rows === 0 || (!isNew && (systemClock() < next || done === rows))) return;
    process.stderr.write(`${subject}: ${isNew ? "" : `${String(done)} of `}${String(rows)} rows\n`);
    current = subject;
    next = systemClock() + PAUSE;
  };
}

function table(summaries: readonly Summary[]): string {
  const names = Math.max(...summaries.map((summary) => summary.table.length));
  const lines = summaries.map(
    ({ table, rows, checksum }) => `${table.padEnd(names)}  ${String(rows).padStart(9)}  ${checksum}`,
  );
  return [
    `${"TABLE".padEnd(names)}  ${"ROWS".padStart(9)}  SHA-256 OF ALL ROWS, THE SAME ON BOTH SIDES`,
    ...lines,
  ].join("\n");
}

function nextSteps(from: Endpoint, to: Endpoint): string {
  return `
Everything is in ${to.shown}, and every row there equals its original.
Next:
  1. Set DATABASE_URL to it, wherever a server or this command runs.
  2. Start the server, and log in.
  3. Keep ${from.shown} until you are content, and start no server on it: the two know nothing of each other.`;
}
