import { once } from "node:events";
import type { Knex } from "knex";

import type { ListedEntry } from "../outbox/operator.ts";
import { queueDepth } from "../outbox/outbox.ts";

/** Width of each column but the last, which is the last error. */
const COLUMNS = [
  ["ID", 36],
  ["KIND", 23],
  ["STATE", 7],
  ["TRIES", 5],
  ["CREATED", 24],
  ["NEXT TRY, FAILED", 24],
  ["EXPIRES", 24],
] as const;

type Entries = AsyncIterable<ListedEntry>;

/** As a table, a line for each as it is read, and how many there are in all. No addresses: these are in the payload. */
export async function printEntries(db: Knex, entries: Entries): Promise<void> {
  let isFirst = true;
  for await (const entry of entries) {
    if (isFirst) await write(line([...COLUMNS.map(([name]) => name), "LAST ERROR"]));
    isFirst = false;
    await write(
      line([
        entry.id,
        entry.kind,
        stateOf(entry),
        String(entry.attempts),
        entry.created_at,
        entry.failed_at ?? entry.due_at,
        entry.expires_at,
        entry.last_error ?? "",
      ]),
    );
  }
  const { waiting, failed } = await queueDepth(db);
  await write(`${isFirst ? "" : "\n"}In all: ${String(waiting)} waiting, ${String(failed)} failed.\n`);
}

/** One JSON object a line; points in time as in the API. */
export async function printEntriesAsJson(entries: Entries): Promise<void> {
  for await (const entry of entries) {
    const { id, kind, attempts } = entry;
    const object = {
      id,
      kind,
      state: stateOf(entry),
      attempts,
      createdAt: entry.created_at,
      dueAt: entry.failed_at === null ? entry.due_at : null,
      failedAt: entry.failed_at,
      expiresAt: entry.expires_at,
      lastError: entry.last_error,
    };
    await write(`${JSON.stringify(object)}\n`);
  }
}

const stateOf = (entry: ListedEntry) => (entry.failed_at === null ? "waiting" : "failed");

function line(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0));
  return `${padded.join("  ").trimEnd()}\n`;
}

/** As fast as it is read, so that a long list takes no memory. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
