/**
 * `npm run bench [-- --users 10000,1000000 --database postgres --fsync --only "read by id" …]`: see docs/performance.md.
 *
 * Runs the server and the floor (see floor/) as processes of their own, each on a copy of the same seeded database, compares what
 * they answer, then loads them in turns, and prints medians. Prints only; a slow machine is no fault.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { postgresDatabases, sqliteDatabases } from "./databases.ts";
import { load } from "./load.ts";
import { countStatements, measureHashes, measureRound, summary, type Measured, type Runner } from "./measure.ts";
import { LEGEND, printHead, printRow } from "./report.ts";
import { passwords } from "./scenarios/passwords.ts";
import { reads } from "./scenarios/reads.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { writes } from "./scenarios/writes.ts";
import { startProbed, startRekey } from "./start.ts";
import { median } from "./telling/statistics.ts";
import { differences } from "./verify.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "10000" },
    database: { type: "string", default: "sqlite" },
    fsync: { type: "boolean", default: false },
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "50" },
    only: { type: "string", default: "" },
    keep: { type: "string" },
    profile: { type: "string" },
  },
});
const sizes = values.users.split(",").map(Number);
const [seconds, rounds, connections] = [values.seconds, values.rounds, values.connections].map(Number) as [
  number,
  number,
  number,
];
const scenarios = [...reads, ...writes, ...passwords].filter(({ name }) => name.includes(values.only));

/** A server and the floor, with so many users each. */
interface Pair {
  readonly users: number;
  readonly server: Runner;
  readonly floor: Runner;
}

const folder = mkdtempSync(join(tmpdir(), "rekey-bench-"));
const databases =
  values.database === "postgres"
    ? await postgresDatabases(values.fsync)
    : sqliteDatabases({ folder, kept: values.keep ?? folder });
const runners: Runner[] = [];

async function startRunner(users: number, which: "server" | "floor"): Promise<Runner> {
  const { url, world } = await databases.copy(users);
  const probed = which === "floor" ? await startProbed("floor/index.js", [url], {}) : await startRekey(url);
  const runner = { probed, url: probed.url, world, counters: new Map() };
  runners.push(runner);
  return runner;
}

/** Prints in what the answers of a pair differ. */
async function compare(scenario: Scenario, { users, server, floor }: Pair): Promise<void> {
  for (const difference of await differences(scenario, server, floor)) {
    console.log(
      `FAULT: ${scenario.name.trim()} with ${String(users)} users is not what the floor answers: ${difference}`,
    );
  }
}

async function measure(scenario: Scenario, pairs: readonly Pair[]): Promise<void> {
  const wanted = { seconds: scenario.seconds ?? seconds, connections: scenario.connections ?? connections };
  const isCompared = scenario.hashes === undefined;
  const results = pairs.map(() => ({ server: [] as Measured[], floor: [] as Measured[] }));
  const hashes: number[] = [];
  const queries = [];
  for (const { server, floor } of pairs) {
    queries.push({
      server: await countStatements(server, scenario),
      floor: isCompared ? await countStatements(floor, scenario) : "",
    });
    for (const runner of isCompared ? [floor, server] : [server]) {
      await load(runner, scenario, { ...wanted, seconds: Math.min(2, wanted.seconds) });
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    if (!isCompared) hashes.push((await measureHashes(wanted.seconds)) / (scenario.hashes ?? 1));
    for (const [at, { server, floor }] of pairs.entries()) {
      if (isCompared) results[at]?.floor.push(await measureRound(floor, scenario, wanted));
      results[at]?.server.push(await measureRound(server, scenario, wanted));
    }
  }
  const [fewest] = results.map((result) => summary(result.server));
  for (const [at, { users }] of pairs.entries()) {
    const result = results[at];
    if (result === undefined || fewest === undefined) continue;
    const server = summary(result.server);
    printRow({
      scenario: scenario.name,
      users,
      queries: queries[at]?.server ?? "",
      server,
      ...(isCompared
        ? { floor: { queries: queries[at]?.floor ?? "", measured: summary(result.floor) } }
        : { hashes: median(hashes) }),
      ...(at === 0 ? {} : { flatness: server.cpu / fewest.cpu }),
    });
  }
}

/** Writes where the processor time of each pair's main threads goes, for Chrome's or an editor's profile viewer. */
async function profile(scenario: Scenario, pair: Pair, to: string): Promise<void> {
  for (const which of ["floor", "server"] as const) {
    await pair[which].probed.ask("profile");
    const { requests } = await load(pair[which], scenario, { seconds, connections });
    const file = join(to, `${scenario.name.trim().replaceAll(/\W+/g, "-")}-${which}-${String(requests)}.cpuprofile`);
    writeFileSync(file, JSON.stringify(await pair[which].probed.ask("profile")));
  }
}

try {
  const pairs: Pair[] = [];
  for (const users of sizes) {
    pairs.push({ users, server: await startRunner(users, "server"), floor: await startRunner(users, "floor") });
  }
  for (const scenario of scenarios.filter(({ hashes }) => hashes === undefined)) {
    for (const pair of pairs) await compare(scenario, pair);
  }
  console.log(
    `${databases.name}, Node.js ${process.version}, ${String(connections)} connections, medians of ${String(rounds)} rounds of ${String(seconds)} s, in turns\n`,
  );
  printHead();
  for (const scenario of scenarios) {
    await measure(scenario, pairs);
    if (values.profile !== undefined && pairs[0] !== undefined) await profile(scenario, pairs[0], values.profile);
  }
  console.log(LEGEND);
} finally {
  await Promise.all(runners.map(({ probed }) => probed.stop()));
  await databases.end();
  rmSync(folder, { recursive: true, force: true });
}
