/**
 * `npm run bench:telling [-- --pairs 300 --logN 11 --p 3 --delay 40 --only "reset"]`
 *
 * Nobody is told who has an account; here it is measured. Runs the compiled server as a process of its own on a SQLite database
 * with people in it, with a stand-in for Postmark in another process. For each scenario it asks about what exists and what does
 * not, in random order, over one kept-alive connection, and prints the chance of telling them apart by the time alone: that of the
 * best guesser who sees one number of each, and one who sees means of ten. 0.5 is a coin. Prints only; never fails on a time.
 *
 * Passwords cost less than in production by default (2^11 rather than 2^15), so that a thousand logins take no hour: a difference
 * beside hashing then weighs more, not less.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { start } from "../start.ts";
import { differences } from "./alike.ts";
import { Connection } from "./connection.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { chanceOfGreater, interval, meansOf, median, shuffled } from "./statistics.ts";
import { makeWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "300" },
    users: { type: "string", default: "2000" },
    logN: { type: "string", default: "11" },
    p: { type: "string", default: "3" },
    delay: { type: "string", default: "40" },
    only: { type: "string", default: "" },
  },
});
const pairs = Number(values.pairs);
const WARM_UP = 30;
const REPEATS = 10;
const CROWD = 6;

const children: ChildProcess[] = [];
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill();
    process.exit(1);
  });
}

async function urlOf(script: string, arguments_: string[], environment: Record<string, string> = {}): Promise<string> {
  const { child, url } = await start(script, arguments_, environment);
  children.push(child);
  return url;
}

type Times = Map<string, Map<string, number[]>>;

/** Asks about every case equally often, in random order. By what was looked at, and by case: milliseconds in the order of asking. */
async function run({ cases, share = 1, measure }: Scenario): Promise<Times> {
  const number = Math.max(REPEATS, Math.round(pairs * share));
  for (let turn = 0; turn < Math.min(WARM_UP, number); turn += 1) for (const kind of cases) await measure(kind, turn);
  const times: Times = new Map();
  for (let turn = 0; turn < number; turn += 1) {
    for (const kind of shuffled(cases)) {
      for (const [looked, milliseconds] of Object.entries(await measure(kind, turn))) {
        const byCase = times.get(looked) ?? new Map<string, number[]>();
        times.set(looked, byCase);
        byCase.set(kind, [...(byCase.get(kind) ?? []), milliseconds]);
      }
    }
  }
  return times;
}

const probability = (left: readonly number[], right: readonly number[]) => {
  const chance = chanceOfGreater(left, right);
  return Math.max(chance, 1 - chance);
};

function print(scenario: Scenario, times: Times): void {
  const unknown = scenario.cases.at(-1) ?? "";
  for (const [looked, byCase] of times) {
    const there = byCase.get(unknown) ?? [];
    for (const kind of scenario.cases.slice(0, -1)) {
      const here = byCase.get(kind) ?? [];
      const [low, high] = interval(here, there);
      const isOff = low > 0.5 || high < 0.5;
      console.log(
        [
          `${scenario.name}${looked === "answer" ? "" : `: ${looked}`} `.padEnd(47),
          `${kind} / ${unknown}`.padEnd(28),
          median(here).toFixed(3).padStart(10),
          median(there).toFixed(3).padStart(10),
          ((median(here) - median(there)) * 1000).toFixed(0).padStart(8),
          probability(here, there).toFixed(3).padStart(8),
          `  ${low.toFixed(2)}–${high.toFixed(2)}${isOff ? " !" : "  "}`,
          probability(meansOf(here, REPEATS), meansOf(there, REPEATS)).toFixed(2).padStart(8),
        ].join(""),
      );
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), "rekey-telling-"));
try {
  const filename = join(folder, "world.sqlite");
  const cost = { logN: Number(values.logN), p: Number(values.p) };
  const world = await makeWorld(filename, { each: pairs + WARM_UP, others: Number(values.users), ...cost });
  const unlimited = "100000000/60";
  const url = await urlOf("../src/main.js", [], {
    LOG_LEVEL: "silent",
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: `sqlite:${filename}`,
    REGISTRATION: "confirm",
    SCRYPT_LOG_N: String(cost.logN),
    SCRYPT_P: String(cost.p),
    POSTMARK_SERVER_TOKEN: "a-server-token",
    POSTMARK_API_URL: await urlOf("telling/post-office.js", [values.delay]),
    RESET_LIMIT_PER_IP: unlimited,
    RESET_LIMIT_PER_ACCOUNT: unlimited,
    LOGIN_LIMIT_PER_IP: unlimited,
  });
  const connection = await Connection.to(url);
  const others = await Promise.all(Array.from({ length: CROWD }, () => Connection.to(url)));

  console.log(
    `${values.pairs} of each case in random order, SQLite, scrypt 2^${values.logN} r=8 p=${values.p}, mail takes ${values.delay} ms; times in ms, the difference in µs.\nP: the chance of telling the two apart (0.5 is a coin), 95 % interval of the chance that the first is slower, P by means of ${String(REPEATS)}\n`,
  );
  console.log(
    `${"".padEnd(74)}${["first", "second"].map((name) => name.padStart(10)).join("")}${"diff".padStart(8)}${"P".padStart(8)}  ${"interval".padEnd(11)}${`P of ${String(REPEATS)}`.padStart(8)}`,
  );
  for (const scenario of scenarios({ connection, others, world }).filter(({ name }) => name.includes(values.only))) {
    for (const difference of await differences(scenario, connection))
      console.log(`NOT ALIKE: ${scenario.name}: ${difference}`);
    print(scenario, await run(scenario));
  }
  for (const open of [connection, ...others]) open.close();
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
