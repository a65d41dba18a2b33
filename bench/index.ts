/**
 * `npm run bench [-- --users 10000 --seconds 4 --rounds 3 --connections 50 --only "read by id"]`
 *
 * Runs the server and the floor (see floor.ts) as processes of their own, each on a copy of one seeded SQLite database, loads
 * them in turns, and prints the medians and their ratio. Prints only; a slow machine is no fault.
 */
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { measure, scenarios, type Result, type Target } from "./scenarios.ts";
import { seedDatabase } from "./seeded.ts";
import { start } from "./start.ts";
import { measureStages } from "./stages.ts";
import { median } from "./telling/statistics.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "10000" },
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "50" },
    only: { type: "string", default: "" },
  },
});
const [users, seconds, rounds, connections] = [values.users, values.seconds, values.rounds, values.connections].map(
  Number,
) as [number, number, number, number];

function summary(results: readonly Result[]) {
  const of = (key: keyof Result) => median(results.map((result) => result[key]));
  return { rps: of("requestsPerSecond"), p50: of("p50"), p99: of("p99"), failures: of("failures") };
}

const folder = mkdtempSync(join(tmpdir(), "rekey-bench-"));
const children: ChildProcess[] = [];
try {
  const seeded = join(folder, "seeded.sqlite");
  const { token, ids, middle } = await seedDatabase(seeded, users);
  const [ours, floors] = ["ours.sqlite", "floor.sqlite"].map((name) => join(folder, name)) as [string, string];
  copyFileSync(seeded, ours);
  copyFileSync(seeded, floors);

  const server = await start("../src/main.js", [], {
    NODE_ENV: "development",
    LOG_LEVEL: "silent",
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: `sqlite:${ours}`,
    RESET_LIMIT_PER_IP: "100000000/60",
  });
  children.push(server.child);
  const floor = await start("floor.js", [floors], {});
  children.push(floor.child);
  const targets = {
    server: { url: server.url, token, ids, middle },
    floor: { url: floor.url, token, ids, middle },
  } satisfies Record<string, Target>;

  console.log(
    `${String(users)} users, SQLite, ${String(connections)} connections, medians of ${String(rounds)} rounds of ${String(seconds)} s, in turns\n`,
  );
  console.log(
    "scenario                    queries                  floor/s   rekey/s   ratio   p50 ms   p99 ms   failed",
  );
  for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
    const results = { server: [] as Result[], floor: [] as Result[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of ["floor", "server"] as const) {
        results[name].push(await measure(scenario, targets[name], seconds, connections));
      }
    }
    const [mine, bare] = [summary(results.server), summary(results.floor)];
    console.log(
      [
        scenario.name.padEnd(28),
        scenario.queries.padEnd(22),
        bare.rps.toFixed(0).padStart(10),
        mine.rps.toFixed(0).padStart(10),
        (bare.rps < 1 ? "–" : (mine.rps / bare.rps).toFixed(2)).padStart(8),
        String(mine.p50).padStart(9),
        String(mine.p99).padStart(9),
        String(mine.failures + bare.failures).padStart(9),
      ].join(""),
    );
  }
  await measureStages(ours);
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
