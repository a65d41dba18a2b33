import { openSync, readSync } from "node:fs";
import type { Knex } from "knex";
import type { Database } from "sqlite3";

import { KeepingSqliteClient } from "./sqlite-client.ts";

/** Length of the header of SQLite's index of the write-ahead log: https://www.sqlite.org/walformat.html#the_wal_index_header */
const HEADER = 48;

const header = Buffer.alloc(HEADER);
/** By the reader: the file is the same one as long as that is open. -1 where commits cannot be told. */
const files = new WeakMap<Database, number>();

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
  const reader = await client.reader();
  if (reader === undefined) return undefined;
  const file = files.get(reader) ?? (await open(client, reader));
  if (file < 0 || readSync(file, header, 0, HEADER, 0) !== HEADER) return undefined;
  return header.toString("latin1");
}

/**
 * Never closed: whoever closes a file on POSIX lets go of all locks that the process has on it, and those are SQLite's. Only where the
 * journal is a write-ahead log is it the one that SQLite writes; it is there once the connection has read something.
 */
async function open(client: KeepingSqliteClient, reader: Database): Promise<number> {
  const [journal] = (await client.read(reader, { sql: "PRAGMA journal_mode" })) as { journal_mode?: string }[];
  await client.read(reader, { sql: "SELECT count(*) FROM sqlite_master" });
  // The name that SQLite has for it: beside a symbolic link may lie what a database left behind that has moved.
  const [main] = (await client.read(reader, { sql: "PRAGMA database_list" })) as { file?: string }[];
  const known = files.get(reader);
  if (known !== undefined) return known;
  const file = journal?.journal_mode === "wal" ? openIfThere(`${main?.file ?? ""}-shm`) : -1;
  files.set(reader, file);
  return file;
}

function openIfThere(path: string): number {
  try {
    return openSync(path, "r");
  } catch {
    return -1;
  }
}
