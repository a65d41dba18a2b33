/**
 * The process that hashes: takes jobs from its parent, and does nothing else. Passwords come by the channel alone, and nothing is
 * written anywhere. Ends with its parent, however that ends.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

import { type Job, perform } from "./job.ts";

/** Beside the parent's: whatever it has to do comes first, and a tenth of a processor remains for this where that has no end. */
const NICER = 10;
const NICEST = 19;

/** Of 1000: where memory is short, this process goes before its parent. It is started again, and nothing is lost. */
const OUT_OF_MEMORY_SCORE = "500";

process.on("disconnect", () => process.exit(0));
// A terminal and a service manager send these to all processes at once: the parent says when it needs us no more.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// Node would print it. Nothing that is thrown here may be read by anybody.
process.on("uncaughtException", () => process.exit(1));

process.on("message", (message) => {
  const { id, job } = message as { readonly id: number; readonly job: Job };
  perform(job).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, fault: error instanceof Error ? error.name : "Error" }),
  );
});

lowerPriority();
process.send?.({});

function lowerPriority(): void {
  try {
    const priority = Math.min(NICEST, getPriority() + NICER);
    for (const thread of threads()) setPriority(thread, priority);
    writeFileSync("/proc/self/oom_score_adj", OUT_OF_MEMORY_SCORE);
  } catch {
    // Not every system lets us, and it works all the same.
  }
}

/** Linux keeps a priority for each thread, and those of the pool have been started already: modules are loaded by them. */
function threads(): number[] {
  try {
    return readdirSync("/proc/self/task").map(Number);
  } catch {
    return [process.pid];
  }
}
