/**
 * `npm run bench:storm [-- --users 10000 --seconds 10 --rate 200 --times 5 --burst 20000]`
 *
 * What reads cost while logins, registrations and redemptions storm in at several times what the machine can hash, and what a burst
 * of reset requests does to the memory. The server runs as a process with production's scrypt cost, on a seeded SQLite file; the
 * load comes from processes of their own, which share its cores. Prints only; a slow machine is no fault.
 */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

import { Hasher } from "../src/accounts/hasher.ts";
import { SEED_PASSWORD } from "../src/cli/seed.ts";
import { timestamp } from "../src/db/clock.ts";
import { openDatabase } from "../src/db/knex.ts";
import { seedDatabase } from "./seeded.ts";
import { compiled, start, SCRYPT } from "./start.ts";
import type { Load, LoadRequest, Report } from "./storm-load.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "10000" },
    seconds: { type: "string", default: "10" },
    rate: { type: "string", default: "200" },
    times: { type: "string", default: "5" },
    burst: { type: "string", default: "20000" },
  },
});
const [users, seconds, rate, times, burst] = [
  values.users,
  values.seconds,
  values.rate,
  values.times,
  values.burst,
].map(Number) as [number, number, number, number, number];

const TOKENS = 2000;

/** Gives every user a password, and some a reset token. */
async function prepare(filename: string): Promise<{ token: string; ids: readonly string[]; resetTokens: string[] }> {
  const { token, ids } = await seedDatabase(`sqlite:${filename}`, users);
  const db = openDatabase(`sqlite:${filename}`);
  try {
    await db("users").update({ password: await new Hasher(SCRYPT).hash(SEED_PASSWORD) });
    // The last ones: nobody logs in as them, so that no login finds its credentials changed meanwhile.
    const holders: string[] = await db("users").orderBy("id", "desc").limit(TOKENS).pluck("id");
    const resetTokens = holders.map(() => randomBytes(32).toString("base64url"));
    await db.transaction(async (trx) => {
      for (const [index, id] of holders.entries()) {
        const hash = createHash("sha256")
          .update(resetTokens[index] ?? "")
          .digest("hex");
        await trx("users")
          .where({ id })
          .update({ reset_password: hash, reset_password_expires_at: timestamp(Date.now() + 3_600_000) });
      }
    });
    return { token, ids, resetTokens };
  } finally {
    await db.destroy();
  }
}

const login = (name: string, email: string, password: string): LoadRequest => ({
  name,
  method: "POST",
  path: "/v1/sessions",
  body: JSON.stringify({ data: { type: "sessions", attributes: { email, password } } }),
});

/** Logins of all kinds, registrations and redemptions, well mixed. */
function stormOf(resetTokens: readonly string[]): LoadRequest[] {
  return resetTokens.flatMap((token, index) => [
    login("login, right", `user${String(1 + (index % (users - TOKENS)))}@example.org`, SEED_PASSWORD),
    login("login, wrong password", `user${String(1 + ((index * 7) % users))}@example.org`, "wrong-walnut-1"),
    login("login, unknown address", "nobodyUNIQUE@example.org", "wrong-walnut-1"),
    {
      name: "registration",
      method: "POST",
      path: "/v1/users",
      body: JSON.stringify({
        data: { type: "users", attributes: { email: "newUNIQUE@example.org", password: "walnut-orbit-9" } },
      }),
    },
    {
      name: "redemption",
      method: "PATCH",
      path: "/v1/auth/reset-password",
      body: JSON.stringify({ data: { token, password: "walnut-orbit-9" } }),
    },
  ]);
}

/** Runs a load client to its end. What it is to send goes in by its standard input. */
async function run(load: Load): Promise<Report> {
  const child = spawn(process.execPath, [compiled("storm-load.js")], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(load));
  return JSON.parse(await text(child.stdout)) as Report;
}

/** Resident memory of a process and its children, in MiB; NaN where the system does not say. */
function memoryOf(pid: number): { readonly own: number; readonly children: number } {
  try {
    const resident = (of: string) =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${of}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
    const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").trim();
    return {
      own: resident(String(pid)),
      children: children === "" ? 0 : children.split(" ").reduce((sum, child) => sum + resident(child), 0),
    };
  } catch {
    return { own: Number.NaN, children: Number.NaN };
  }
}

/** Watches a server's memory while something runs. */
async function watched<T>(pid: number, work: () => Promise<T>) {
  const before = memoryOf(pid);
  let most = before;
  const timer = setInterval(() => {
    const now = memoryOf(pid);
    most = { own: Math.max(most.own, now.own), children: Math.max(most.children, now.children) };
  }, 100);
  const result = await work();
  clearInterval(timer);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return { result, before, most, after: memoryOf(pid) };
}

const at = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
const ms = (value: number) => `${value.toFixed(1)} ms`;
const mib = ({ own, children }: { own: number; children: number }) => `${own.toFixed(0)} + ${children.toFixed(0)} MiB`;
const all = ({ times }: Report) =>
  Object.values(times)
    .flat()
    .sort((a, b) => a - b);

function printAnswers(report: Report): void {
  for (const [name, counts] of Object.entries(report.byName)) {
    const told = Object.entries(counts).map(([status, count]) => `${String(count)} × ${status}`);
    console.log(`  ${name.padEnd(24)}${told.join(", ")}`);
  }
  for (const [status, list] of Object.entries(report.times)) {
    console.log(`  answers ${status}: p50 ${ms(at(list, 0.5))}, p99 ${ms(at(list, 0.99))}, longest ${ms(at(list, 1))}`);
  }
  if (report.retryAfter !== null) {
    const [least, most] = report.retryAfter;
    console.log(
      `  Retry-After from ${String(least)} to ${String(most)} s; 503 without it: ${String(report.withoutRetryAfter)}`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), "rekey-storm-"));
try {
  const filename = join(folder, "storm.sqlite");
  const { token, ids, resetTokens } = await prepare(filename);
  const server = await start("../src/main.js", [], {
    NODE_ENV: "development",
    LOG_LEVEL: "silent",
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: `sqlite:${filename}`,
    TRUST_PROXY: "127.0.0.1",
    SCRYPT_LOG_N: String(SCRYPT.logN),
    SCRYPT_P: String(SCRYPT.p),
  });
  const pid = server.child.pid ?? 0;
  try {
    const port = Number(new URL(server.url).port);
    const reads: Load = {
      port,
      requests: ids.map((id) => ({ name: "read by id", method: "GET", path: `/v1/users/${id}`, token })),
      rate,
      seconds,
      connections: 20,
    };
    console.log(
      `${String(users)} users, SQLite, scrypt logN ${String(SCRYPT.logN)} p ${String(SCRYPT.p)}; reads by id at ${String(rate)}/s on 20 connections.`,
    );
    console.log(
      "The load comes from two processes that share the server's cores: on few cores they are part of what is measured.\n",
    );

    await run({ ...reads, seconds: 3 });
    const idle = await run(reads);
    console.log(
      `idle        reads p50 ${ms(at(all(idle), 0.5))}, p99 ${ms(at(all(idle), 0.99))}, longest ${ms(at(all(idle), 1))}`,
    );

    const capacityLoad: Load = {
      port,
      requests: Array.from({ length: 50 }, (_entry, index) =>
        login("login", `user${String(index + 1)}@example.org`, "wrong-walnut-1"),
      ),
      rate: 0,
      seconds,
      connections: 8,
    };
    const capacityReport = await run(capacityLoad);
    const capacity = all(capacityReport).length / capacityReport.seconds;
    console.log(`capacity    ${capacity.toFixed(1)} logins/s\n`);

    const stormRate = capacity * times;
    const storm = stormOf(resetTokens);
    // The storm begins before the reads and outlasts them.
    const { result, before, most, after } = await watched(pid, async () => {
      const storming = run({ port, requests: storm, rate: stormRate, seconds: seconds + 4, connections: 1000 });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const read = await run(reads);
      return { storm: await storming, read };
    });
    const ratio = at(all(result.read), 0.99) / at(all(idle), 0.99);
    console.log(`in a storm of ${stormRate.toFixed(0)}/s (${String(times)} times the capacity)`);
    console.log(
      `            reads p50 ${ms(at(all(result.read), 0.5))}, p99 ${ms(at(all(result.read), 0.99))}, longest ${ms(at(all(result.read), 1))}: p99 is ${ratio.toFixed(1)} times that of the idle server`,
    );
    printAnswers(result.read);
    printAnswers(result.storm);
    console.log(`  memory (server + its children) before ${mib(before)}, at most ${mib(most)}, after ${mib(after)}\n`);

    const resets = await watched(pid, () =>
      run({
        port,
        requests: [
          {
            name: "reset request",
            method: "POST",
            path: "/v1/auth/reset-password",
            body: JSON.stringify({ data: { email: "nobodyUNIQUE@example.org" } }),
          },
        ],
        rate: 0,
        seconds: 120,
        count: burst,
        connections: 2000,
      }),
    );
    console.log(
      `a burst of ${String(burst)} reset requests on 2000 connections, in ${resets.result.seconds.toFixed(1)} s`,
    );
    printAnswers(resets.result);
    console.log(
      `  memory (server + its children) before ${mib(resets.before)}, at most ${mib(resets.most)}, after ${mib(resets.after)}`,
    );
  } finally {
    server.child.kill();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
