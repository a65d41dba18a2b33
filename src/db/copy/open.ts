import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import knex, { type Knex } from "knex";

import { knexOptions, sqlitePool } from "../knex.ts";
import { CopyFault, describeFault } from "./fault.ts";
import { PostgresSide } from "./postgres-side.ts";
import type { Role, Side } from "./side.ts";
import { SqliteSide } from "./sqlite-side.ts";

/** A database by its URL, not yet opened. */
export interface Endpoint {
  readonly role: Role;
  readonly url: string;
  /** The URL without what is secret in it. */
  readonly shown: string;
  /** For messages: «The target (postgres://host/name)». */
  readonly subject: string;
  /** Of SQLite's file, absolute. */
  readonly path?: string;
}

/** @throws {CopyFault} */
export function endpoint(role: Role, url: string): Endpoint {
  if (url.startsWith("sqlite:")) {
    const name = url.slice("sqlite:".length);
    if (name === "" || name === ":memory:") throw new CopyFault(`The ${role} must be a file: sqlite:PATH.`);
    return { role, url, shown: url, subject: subjectOf(role, url), path: resolve(name) };
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const shown = withoutSecrets(role, url);
    return { role, url, shown, subject: subjectOf(role, shown) };
  }
  throw new CopyFault(`The ${role} takes sqlite:PATH or postgres://…`);
}

const subjectOf = (role: Role, shown: string) => `The ${role} (${shown})`;

function withoutSecrets(role: Role, url: string): string {
  try {
    const { protocol, username, password, host, pathname } = new URL(url);
    decodeURIComponent(password);
    return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`;
  } catch {
    throw new CopyFault(
      `The URL of the ${role} cannot be read: in names and passwords, write what is neither a letter nor a digit as % and two hexadecimal digits.`,
    );
  }
}

/** @throws {CopyFault} when they are the same file, or the same URL */
export function assertDifferent(source: Endpoint, target: Endpoint): void {
  const [one, other] = [source, target].map(({ url, path }) => {
    if (path === undefined) return url;
    if (!existsSync(path)) return path;
    const { dev, ino } = statSync(path);
    return `${String(dev)}:${String(ino)}`;
  });
  if (one === other) throw new CopyFault("The source and the target are the same database.");
}

/** Whether SQLite's file is there; what a server of PostgreSQL has is asked of it. */
export function isThere({ path }: Endpoint): boolean {
  return path === undefined || existsSync(path);
}

/**
 * Runs `run` in one transaction that has the database to itself; nothing is changed in it unless all succeeds.
 *
 * @throws {CopyFault} in words for the operator, where they are known
 */
export async function withSide<T>(endpoint: Endpoint, run: (side: Side) => Promise<T>): Promise<T> {
  const { role, subject, path } = endpoint;
  if (!isThere(endpoint)) throw new CopyFault(`${subject} is not there: no such file.`);
  const db = knex(optionsOf(endpoint));
  // A database that fails badly has rolled back already, and then refuses to do it again: that is not what went wrong.
  let first: unknown;
  try {
    return await db.transaction(async (trx) => {
      try {
        const side = path === undefined ? new PostgresSide(role, subject, trx) : new SqliteSide(role, subject, trx);
        await side.seize();
        return await run(side);
      } catch (error) {
        first = error;
        throw error;
      }
    });
  } catch (error) {
    throw describeFault(subject, first ?? error);
  } finally {
    await db.destroy();
  }
}

/**
 * SQLite is locked exclusively: a connection keeps a shared lock on a file in WAL mode as long as it is open, so that a server which
 * runs is noticed even while it does nothing, and none can start meanwhile. Foreign keys are checked at the end, all at once.
 */
const SQLITE_PRAGMAS = [
  "PRAGMA busy_timeout = 1000",
  "PRAGMA locking_mode = EXCLUSIVE",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = OFF",
].join("; ");

/** Knex would tell of faults on standard error, in the words of drivers and with what stands in rows, before we can. */
const silent = () => undefined;
const SILENT = { warn: silent, error: silent, deprecate: silent, debug: silent };

/** An ordinary connection, as the server has it. The caller closes it with `destroy()`. */
export function openEndpoint({ url }: Endpoint): Knex {
  return knex({ ...knexOptions(url), log: SILENT });
}

function optionsOf({ url, path }: Endpoint): Knex.Config {
  const options = { ...knexOptions(url), log: SILENT };
  if (path === undefined) return { ...options, pool: { ...options.pool, min: 0, max: 1 } };
  return {
    ...options,
    // Never makes the file: a mistyped path must not look like an empty database.
    connection: { filename: path, flags: ["OPEN_READWRITE"] },
    pool: sqlitePool(SQLITE_PRAGMAS),
  };
}
