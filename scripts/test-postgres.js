/**
 * Runs tests on PostgreSQL: `node scripts/test-postgres.js [ARGUMENT OF tap …]`, after `node scripts/build.js --all`. It starts a
 * PostgreSQL of its own and stops it, however the tests end; its status is that of tap.
 *
 * Without a file among the arguments it runs each test file that can reach a database, which its imports tell: one that reaches none
 * would do the same as on SQLite. With `--brief` it leaves out some of them, see below. What is about
 * SQLite alone is in test/sqlite, what is about PostgreSQL alone in test/postgres.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";

import { startPgBouncer, startPostgres } from "../dist/test/fixtures/servers.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tests = join(root, "dist", "test");

/** Databases of tests are made here, and nowhere else: see test/structure/imports.test.ts. */
const databases = join(tests, "fixtures", "database.js");

/** How long tap may take to end its tests when it is told to (milliseconds). */
const PATIENCE = 10_000;

/** The files that a compiled module imports, of ours. */
function importsOf(file) {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.{1,2}\/[^"]+)"/g)]
    .map(([, target]) => resolve(dirname(file), target))
    .filter((target) => target.endsWith(".js") && existsSync(target));
}

/** Whether a module imports another, by whatever detour. */
function reaches(file, wanted, seen = new Set()) {
  if (file === wanted) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return importsOf(file).some((next) => reaches(next, wanted, seen));
}

/**
 * What starts a server and asks nothing of its database that others do not ask: how pages look, what hashing does, whether a client
 * compiles. The longest of all tests are among them.
 */
const ON_ONE_DATABASE =
  /^dist\/test\/(?:pages\/docs-page|process\/(?:guide|hashing)|accounts\/hashing\/.*|openapi\/client|http\/shared-limits)\.test\.js$/;

/**
 * What `--brief` leaves out: pages in browsers, to which all databases are alike, and the command line in all its ways. Of what takes
 * longest, processes that die at each step and what is generated, it runs a part, another one each time.
 */
const NOT_BRIEF = /^dist\/test\/(?:pages\/.*|story\/browser|attacks\/page|process\/cli)\.test\.js$/;

/** @returns {string[]} paths from the project's folder, sorted */
function filesOnDatabases() {
  return readdirSync(tests, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js") && !name.startsWith("sqlite/"))
    .map((name) => join(tests, name))
    .filter((file) => reaches(file, databases))
    .map((file) => relative(root, file))
    .filter((path) => !ON_ONE_DATABASE.test(path) && !(isBrief && NOT_BRIEF.test(path)))
    .sort();
}

/** @returns {string[]} the groups that they run in, see scripts/group-tests.js */
function groupsOf(files) {
  if (files.length === 0) return [];
  const folder = join("dist", "groups-postgres");
  execFileSync(process.execPath, [join(root, "scripts", "group-tests.js"), folder, ...files], { cwd: root });
  return readdirSync(join(root, folder)).map((name) => join(folder, name));
}

const isBrief = process.argv.includes("--brief");
const given = process.argv.slice(2).filter((argument) => argument !== "--brief");
const files = given.some((argument) => !argument.startsWith("-") && existsSync(argument)) ? [] : filesOnDatabases();
if (given.includes("--list")) {
  console.log(files.join("\n"));
  process.exit(0);
}
const groups = groupsOf(files);

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
let stopped;
let tap;
for (const signal of Object.keys(signals)) {
  process.on(signal, () => {
    stopped ??= signal;
    killTests("SIGTERM");
    setTimeout(() => killTests("SIGKILL"), PATIENCE).unref();
  });
}

/** The tests of a tap that is killed would live on, and hold their databases: all of them are meant. */
function killTests(signal) {
  try {
    if (tap !== undefined) process.kill(-tap.pid, signal);
  } catch {
    // They have ended.
  }
}

const postgres = await startPostgres();
let pooler;
let status = 1;
try {
  pooler = await startPgBouncer(postgres);
  if (stopped === undefined) {
    tap = spawn(process.execPath, [join(root, "node_modules", "tap", "dist", "esm", "run.mjs"), ...given, ...groups], {
      cwd: root,
      // No time zone is as far from any other: whoever relies on that of the process is found out.
      env: {
        TZ: "Pacific/Chatham",
        ...process.env,
        ...(isBrief ? { TEST_BRIEF: "yes", FUZZ_RUNS: "0.5" } : {}),
        TEST_DATABASE_URL: postgres.url(),
        TEST_POOLER_URL: pooler.url(),
      },
      stdio: "inherit",
      // A process group of its own.
      detached: true,
    });
    const [code] = await once(tap, "close");
    status = code ?? 1;
  }
} finally {
  await pooler?.stop();
  await postgres.stop();
}
process.exit(stopped === undefined ? status : 128 + signals[stopped]);
