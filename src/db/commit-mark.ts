import { openSync, readSync } from "node:fs";
import type { Knex } from "knex";

import { KeepingSqliteClient } from "./clients.ts";

/** Length of the header of SQLite's index of the write-ahead log: https://www.sqlite.org/walformat.html#the_wal_index_header */
const HEADER = 48;

const header = Buffer.alloc(HEADER);
const files = new WeakMap<KeepingSqliteClient, number>();

/**
 * Something that is another one after every commit to the database, whoever made it: as long as it is what it was, what was read is
 * what would be read. It costs a call of the operating system, and no statement. `undefined` where this cannot be told.
 *
 * It is the header by which SQLite itself knows whether the pages in its cache are still good. A commit has not come back to whoever
 * makes it before the header is another one.
 */
export async function commitMark(db: Knex): Promise<string | undefined> {
  const client: unknown = db.client;
  if (!(client instanceof KeepingSqliteClient) || db.isTransaction === true) return undefined;
  const file = files.get(client) ?? (await open(client));
  if (file === undefined || readSync(file, header, 0, HEADER, 0) !== HEADER) return undefined;
  return header.toString("latin1");
}

/**
 * The file is the same one for as long as a connection is open, and the reader stays open until the client is destroyed. It is never
 * closed here: whoever closes a file on POSIX lets go of all locks that the process has on it, and those are SQLite's.
 */
async function open(client: KeepingSqliteClient): Promise<number | undefined> {
  const reader = client.reader();
  if (reader === undefined) return undefined;
  await reader;
  try {
    const file = files.get(client) ?? openSync(`${client.connectionSettings.filename}-shm`, "r");
    files.set(client, file);
    return file;
  } catch {
    // No write-ahead log.
    return undefined;
  }
}
