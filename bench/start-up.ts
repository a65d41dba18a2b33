/**
 * `npm run bench:start [-- --runs 10]`: how long a server that is built, with a database that exists, takes from its start to its
 * first answer: by itself, and by `npm start`, which also looks whether anything must be built. Prints only.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { compiled } from "./start.ts";
import { median } from "./telling/statistics.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "10" } } });
const runs = Number(values.runs);
const root = compiled("../../");
const folder = mkdtempSync(join(tmpdir(), "rekey-start-"));

const ways = [
  { name: "node dist/src/main.js", command: process.execPath, arguments: [compiled("../src/main.js")] },
  { name: "npm start", command: "npm", arguments: ["start"] },
  // What the machine takes for starting anything.
  { name: "an empty Node.js", command: process.execPath, arguments: ["-e", "console.log('http://127.0.0.1:0')"] },
];

/** Milliseconds from the start of a process to the first answer of the server in it. */
async function measure({ command, arguments: given }: (typeof ways)[number]): Promise<number> {
  const begun = performance.now();
  // A process group of its own: npm does not hand every signal on.
  const child = spawn(command, given, {
    cwd: root,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      HOST: "127.0.0.1",
      PORT: "0",
      DATABASE_URL: `sqlite:${join(folder, "rekey.sqlite")}`,
    },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const ended = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
  });
  if (!url.endsWith(":0")) {
    const answer = await fetch(`${url}/healthz`);
    if (!answer.ok) throw new Error(`/healthz answers ${String(answer.status)}`);
  }
  const milliseconds = performance.now() - begun;
  try {
    process.kill(-(child.pid ?? 0), "SIGTERM");
  } catch {
    // It has ended by itself.
  }
  await ended;
  return milliseconds;
}

try {
  // The first one makes the database.
  for (const way of ways) await measure(way);
  const times = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const way of ways) times.get(way.name)?.push(await measure(way));
  }
  console.log(`milliseconds to the first answer, ${String(runs)} runs in turns\n`);
  console.log("".padEnd(26) + ["fastest", "median", "slowest"].map((title) => title.padStart(10)).join(""));
  for (const [name, taken] of times) {
    const cells = [Math.min(...taken), median(taken), Math.max(...taken)];
    console.log(name.padEnd(26) + cells.map((value) => value.toFixed(0).padStart(10)).join(""));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
