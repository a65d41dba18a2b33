import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { load, nextRequest, type Load, type Result, type Target } from "./load.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { compiled, SCRYPT, type Probed } from "./start.ts";
import { Connection } from "./storm-client.ts";
import { median } from "./telling/statistics.ts";

/** A server under load. */
export interface Runner extends Target {
  readonly probed: Probed;
}

export interface Measured extends Result {
  /** Processor time of the server's process for one request: microseconds. That of the database server is not in it. */
  readonly cpu: number;
}

/** One round of load, after whatever was left to do of what came before. */
export async function measureRound(runner: Runner, scenario: Scenario, wanted: Load): Promise<Measured> {
  await settle(runner);
  const before = await runner.probed.ask("cpu");
  const result = await load(runner, scenario, wanted);
  return { ...result, cpu: ((await runner.probed.ask("cpu")) - before) / result.requests };
}

/** Medians of rounds. */
export function summary(rounds: readonly Measured[]): Measured {
  const of = (key: keyof Measured) => median(rounds.map((round) => round[key]));
  return {
    requests: of("requests"),
    requestsPerSecond: of("requestsPerSecond"),
    p50: of("p50"),
    p99: of("p99"),
    failures: rounds.reduce((sum, { failures }) => sum + failures, 0),
    cpu: of("cpu"),
  };
}

/** What a request has the database execute until its answer, of several requests the median: `queries+transaction`. */
export async function countStatements(runner: Runner, scenario: Scenario): Promise<string> {
  const counts: { queries: number; ends: number }[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await settle(runner);
    // Servers close connections on which nothing is asked for ten seconds.
    const connection = await Connection.open(Number(new URL(runner.url).port));
    await runner.probed.ask("statements");
    await connection.ask(nextRequest(runner, scenario));
    const statements = await runner.probed.ask("statements");
    connection.close();
    const ends = statements.filter((sql) => /^(begin|commit)\b/i.test(sql)).length;
    counts.push({ queries: statements.length - ends, ends });
  }
  const [queries, ends] = [median(counts.map((count) => count.queries)), median(counts.map((count) => count.ends))];
  return ends === 0 ? String(queries) : `${String(queries)}+${String(ends)}`;
}

/** Waits until the process is as good as idle: mails of accepted requests are still to be made, and garbage is to be collected. */
async function settle({ probed }: Runner): Promise<void> {
  const PAUSE = 100;
  for (let turn = 0; turn < 300; turn += 1) {
    const before = await probed.ask("cpu");
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if ((await probed.ask("cpu")) - before < PAUSE * 1000 * 0.1) return;
  }
}

/** Hashes a second of all cores, at production's cost. */
export async function measureHashes(seconds: number): Promise<number> {
  const script = compiled("floor/scrypt.js");
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    String(SCRYPT.logN),
    String(SCRYPT.p),
    String(seconds),
  ]);
  return Number(stdout);
}
