import * as scryptModule from "scrypt-kdf";

import type { ScryptCost } from "./scrypt-key.ts";

/** The package has a default export only, its types have none. */
const scrypt = (scryptModule as unknown as { default: typeof scryptModule }).default;

/** A piece of scrypt work, as it also goes to another process: plain JSON. */
export type Job =
  | { readonly kind: "hash"; readonly password: string; readonly cost: ScryptCost }
  | {
      readonly kind: "verify";
      readonly password: string;
      /** Null: there is nothing to match; the work is done all the same. */
      readonly key: { readonly stored: string; readonly cost: ScryptCost } | null;
      /** What a hash costs today: no answer costs less, but for a password that matches. */
      readonly cost: ScryptCost;
      /** False: the text is no password, whatever its hash. */
      readonly mayMatch: boolean;
    };

/** For «hash» scrypt's own encoding in base64, for «verify» whether it matches. */
export type JobResult = string | boolean;

export async function perform(job: Job): Promise<JobResult> {
  if (job.kind === "hash") {
    return Buffer.from(await scrypt.kdf(job.password, job.cost)).toString("base64");
  }
  const { key, password, cost } = job;
  if (key === null) {
    await scrypt.kdf(password, cost);
    return false;
  }
  const matches = (await scrypt.verify(Buffer.from(key.stored, "base64"), password)) && job.mayMatch;
  if (!matches) await makeUpFor(key.cost, cost, password);
  return matches;
}

/** A cheaper hash than today's would answer faster than no hash at all, and so tell that somebody has one: the rest of the work. */
async function makeUpFor(cost: ScryptCost, today: ScryptCost, password: string): Promise<void> {
  const missing = work(today) - work(cost);
  if (missing <= 0) return;
  const p = Math.round(missing / (2 ** cost.logN * cost.r));
  if (p > 0) await scrypt.kdf(password, { ...cost, p });
}

/** scrypt's work in units of 128 bytes mixed; memory is in proportion to the same without p. */
export function work({ logN, r, p }: ScryptCost): number {
  return 2 ** logN * r * p;
}

/** The work of a job at its most. */
export function workOf(job: Job): number {
  return Math.max(work(job.cost), job.kind === "verify" && job.key !== null ? work(job.key.cost) : 0);
}
