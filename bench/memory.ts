/**
 * `npm run bench:memory [-- --minutes 3 --users 10000 --connections 20]`
 *
 * A server on SQLite under a steady load of everything that there is: what its heap holds after the garbage is collected, ten times
 * and at the end, and its resident memory every second, apart from that of the process that hashes. Prints only.
 */
import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { sqliteDatabases } from "./databases.ts";
import { load } from "./load.ts";
import { mix } from "./scenarios/mix.ts";
import { startRekey } from "./start.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    users: { type: "string", default: "10000" },
    connections: { type: "string", default: "20" },
    keep: { type: "string" },
  },
});
const [minutes, users, connections] = [values.minutes, values.users, values.connections].map(Number) as [
  number,
  number,
  number,
];
const SAMPLES = 10;
const MIB = 1024 * 1024;
/** What is bounded, but not full yet, and what the compiler keeps. */
const NOISE = 2 * MIB;
const MOST = 200 * MIB;

/** Resident bytes of a process, and of its children. */
function residentOf(pid: number): { readonly own: number; readonly children: number } {
  const resident = (of: string) =>
    1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${of}/status`, "utf8"))?.[1] ?? 0);
  const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").trim();
  return {
    own: resident(String(pid)),
    children: children === "" ? 0 : children.split(" ").reduce((sum, child) => sum + resident(child), 0),
  };
}

const mib = (bytes: number) => (bytes / MIB).toFixed(1).padStart(7);

const folder = mkdtempSync(join(tmpdir(), "rekey-memory-"));
try {
  const { url, world } = await sqliteDatabases({ folder, kept: values.keep ?? folder }).copy(users);
  const probed = await startRekey(url);
  try {
    const pid = probed.child.pid ?? 0;
    const most = { own: residentOf(pid).own, children: 0 };
    const watch = setInterval(() => {
      const now = residentOf(pid);
      most.own = Math.max(most.own, now.own);
      most.children = Math.max(most.children, now.children);
    }, 1000);
    console.log(`idle, before the first request: ${mib(most.own)} MiB resident\n`);
    console.log("requests   heap MiB   external   resident   hashing's   requests/s");

    const scenario = mix(100);
    const target = { url: probed.url, world, counters: new Map() };
    const seconds = (minutes * 60) / (SAMPLES + 1);
    const heaps: { requests: number; used: number }[] = [];
    let requests = 0;
    for (let sample = 0; sample <= SAMPLES; sample += 1) {
      const result = await load(target, scenario, { seconds, connections });
      requests += result.requests;
      const resident = residentOf(pid);
      const { used, external } = await probed.ask("heap");
      heaps.push({ requests, used });
      console.log(
        `${String(requests).padStart(8)}   ${mib(used)}    ${mib(external)}    ${mib(resident.own)}     ${mib(resident.children)}   ${result.requestsPerSecond.toFixed(0).padStart(10)}`,
      );
    }
    clearInterval(watch);

    // Of the second half: before, caches fill, and the compiler learns.
    const settled = heaps.slice(SAMPLES / 2);
    const [first, last] = [settled[0]?.used ?? 0, settled.at(-1)?.used ?? 0];
    console.log(`
heap: ${mib(last - first)} MiB more at the end than halfway; in between ${slope(settled).toFixed(1)} bytes a request: ${
      last - first < NOISE ? "it ends where it was" : "IT GROWS"
    }
resident at most: ${mib(most.own)} MiB: ${most.own < MOST ? "below" : "MORE THAN"} 200 MiB; the process that hashes: ${mib(most.children)} MiB`);
  } finally {
    await probed.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Of the line through these points that is nearest to them: bytes a request. */
function slope(points: readonly { readonly requests: number; readonly used: number }[]): number {
  const mean = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ requests }) => requests), mean(({ used }) => used)];
  return (
    points.reduce((sum, { requests, used }) => sum + (requests - x) * (used - y), 0) /
    points.reduce((sum, { requests }) => sum + (requests - x) ** 2, 0)
  );
}
