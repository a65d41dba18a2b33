import { Command, Option } from "commander";
import type { Knex } from "knex";

import { systemClock } from "../db/clock.ts";
import { dropEntry, listEntries, retryEntry, type EntryState, type RetryOutcome } from "../outbox/operator.ts";
import { LEASE_SECONDS } from "../outbox/outbox.ts";
import { CommandFault } from "./environment.ts";
import { printEntries, printEntriesAsJson } from "./mail-list.ts";
import { print, withDatabase } from "./with-database.ts";
import { wholeNumber } from "./whole-number.ts";

interface ListOptions {
  readonly failed?: true;
  readonly waiting?: true;
  readonly json?: true;
  readonly limit?: number;
}

/** Entries that are read, or changed in one transaction, at once: the server needs the write lock too. */
const AT_ONCE = 200;

/** `rekey mail list|retry|drop`: what is still to be mailed, and what could not be. The server may run meanwhile. */
export function mailCommand(): Command {
  const command = new Command("mail").description("mails that wait to be sent, and mails that failed");
  command
    .command("list")
    .description("list them, the oldest first")
    .option("--failed", "only what was refused or could not be mailed in time")
    .addOption(new Option("--waiting", "only what is still to be mailed").conflicts("failed"))
    .option("--json", "one JSON object a line")
    .option("--limit <count>", "no more than so many", wholeNumber)
    .action((options: ListOptions) =>
      withDatabase({ migrated: true }, async (db) => {
        const entries = entriesOf(db, stateOf(options), options.limit);
        await (options.json === true ? printEntriesAsJson(entries) : printEntries(db, entries));
      }),
    );
  command
    .command("retry")
    .argument("[id...]")
    .description("give failed mails a fresh start, and try waiting ones now")
    .option("--all", "all that failed and all that wait")
    .action((ids: readonly string[], { all }: { readonly all?: true }) =>
      withDatabase({ migrated: true }, async (db) => {
        if (isForAll(ids, "--all", all)) await retryAll(db);
        else await retryNamed(db, new Set(ids));
      }),
    );
  command
    .command("drop")
    .argument("[id...]")
    .description("delete mails: they will not be sent")
    .option("--all-failed", "all that failed")
    .action((ids: readonly string[], { allFailed }: { readonly allFailed?: true }) =>
      withDatabase({ migrated: true }, async (db) => {
        if (isForAll(ids, "--all-failed", allFailed)) await dropFailed(db);
        else await dropNamed(db, new Set(ids));
      }),
    );
  return command;
}

function stateOf({ failed, waiting }: ListOptions): EntryState | undefined {
  if (failed === true) return "failed";
  return waiting === true ? "waiting" : undefined;
}

/** All entries, read page by page: there may be very many. */
async function* entriesOf(db: Knex, state?: EntryState, limit = Number.POSITIVE_INFINITY) {
  let after: string | undefined;
  for (let left = limit; left > 0;) {
    const page = await listEntries(db, { state, limit: Math.min(left, AT_ONCE), after });
    yield* page;
    if (page.length < AT_ONCE) return;
    after = page.at(-1)?.id;
    left -= page.length;
  }
}

/** Whether the option that means all is given, and no ids. @throws {CommandFault} when neither or both are */
function isForAll(ids: readonly string[], option: string, isGiven: true | undefined): boolean {
  if (isGiven === true && ids.length > 0)
    throw new CommandFault(`Name the mails by their ids, or say ${option}, not both.`);
  if (isGiven !== true && ids.length === 0) throw new CommandFault(`Name the mails by their ids, or say ${option}.`);
  return isGiven === true;
}

const RETRIED: Readonly<Record<Exclude<RetryOutcome, "unknown">, string>> = {
  restarted: "failed before, and has a fresh start",
  hurried: "waited, and is tried now",
  due: `is tried within ${String(LEASE_SECONDS)} seconds anyway, or is being sent`,
};

async function retryNamed(db: Knex, ids: ReadonlySet<string>): Promise<void> {
  const unknown: string[] = [];
  for (const id of ids) {
    const outcome = await retryEntry(db, id, systemClock());
    if (outcome === "unknown") unknown.push(id);
    else print(`${id} ${RETRIED[outcome]}.`);
  }
  refuse(unknown);
}

async function retryAll(db: Knex): Promise<void> {
  const counts: Record<RetryOutcome, number> = { restarted: 0, hurried: 0, due: 0, unknown: 0 };
  await eachPage(db, undefined, async (trx, ids) => {
    for (const id of ids) counts[await retryEntry(trx, id, systemClock())] += 1;
  });
  print(`Fresh starts: ${String(counts.restarted)}. Tried now: ${String(counts.hurried)}.`);
  if (counts.due > 0)
    print(`Tried within ${String(LEASE_SECONDS)} seconds anyway, or being sent: ${String(counts.due)}.`);
}

async function dropNamed(db: Knex, ids: ReadonlySet<string>): Promise<void> {
  const unknown: string[] = [];
  for (const id of ids) {
    if (await dropEntry(db, id)) print(`${id} is dropped.`);
    else unknown.push(id);
  }
  refuse(unknown);
}

async function dropFailed(db: Knex): Promise<void> {
  let dropped = 0;
  await eachPage(db, "failed", async (trx, ids) => {
    for (const id of ids) if (await dropEntry(trx, id)) dropped += 1;
  });
  print(`Dropped: ${String(dropped)}.`);
}

/** Runs `change` on the ids of all entries, as many at a time as one transaction may take. */
async function eachPage(
  db: Knex,
  state: EntryState | undefined,
  change: (trx: Knex, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const page = await listEntries(db, { state, limit: AT_ONCE, after });
    if (page.length === 0) return;
    await db.transaction((trx) =>
      change(
        trx,
        page.map(({ id }) => id),
      ),
    );
    after = page.at(-1)?.id;
  }
}

/** What was named but is not there is said after the rest is done. @throws {CommandFault} */
function refuse(unknown: readonly string[]): void {
  if (unknown.length === 0) return;
  throw new CommandFault(unknown.map((id) => `There is no mail ${printable(id)} (any more).`).join("\n"));
}

const printable = (text: string) => text.replace(/\p{C}+/gu, " ").slice(0, 100);
