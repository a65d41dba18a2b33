import { serviceUnavailable } from "../../errors/catalogue.ts";
import type { Observe } from "../../events/event.ts";
import { ChildLost, HashingChild } from "./child.ts";
import { FairQueue } from "./fair-queue.ts";
import { type Job, type JobResult, perform, workOf } from "./job.ts";

/** Where scrypt runs. */
export interface HashingRunner {
  run(job: Job): Promise<JobResult>;
}

/** In this process: for programs that do nothing else meanwhile. */
export const hashHere: HashingRunner = { run: perform };

/**
 * Work (see `work`) below which a job is done in this process: some ten milliseconds of one thread. The weakest cost that production
 * takes is a hundred times that.
 */
const WORTH_ANOTHER_PROCESS = 2 ** 12 * 8;

/** After a child could not be started, the next try comes so much later (milliseconds). */
const PATIENCE = 30_000;

/** Milliseconds. A hash takes a quarter of a second; on a machine that is overwhelmed much longer, but by then its client has gone. */
const DEADLINE = 60_000;

export interface HashingProcessOptions {
  /** How many jobs are asked for at once, at most. */
  readonly concurrency: number;
  /** How many of them may run in this process where there is no other: they share libuv's threads with the database, DNS and files. */
  readonly concurrencyHere: number;
  readonly observe: Observe;
  /** Milliseconds without an answer after which the process counts as stuck. */
  readonly deadline?: number | undefined;
  /** What the process runs, instead of what hashes. */
  readonly program?: string | undefined;
}

/**
 * Runs costly scrypt work in a process of its own, with threads of its own and a lower priority: reads, the database, DNS and files
 * neither wait behind it for a thread of libuv's pool, nor share the processors with it as equals (see docs/performance.md).
 *
 * The process is started when it is first needed, and again when it has ended: a job that it had in hand goes to the next one, once.
 * Where none can be started, the work is done here, and the operator is told.
 */
export class HashingProcess implements HashingRunner {
  readonly #options: HashingProcessOptions;
  readonly #here: FairQueue;
  #child: HashingChild | undefined;
  #notBefore = 0;
  #isClosed = false;

  constructor(options: HashingProcessOptions) {
    this.#options = options;
    this.#here = new FairQueue({
      concurrency: options.concurrencyHere,
      maxWaiting: Infinity,
      full: () => new Error("unbounded"),
    });
  }

  /** Undefined as long as there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws {Fault} 503 when the process ended twice with this job in hand */
  async run(job: Job): Promise<JobResult> {
    if (workOf(job) < WORTH_ANOTHER_PROCESS) return await perform(job);
    let lost: unknown;
    for (let tries = 0; tries < 2; tries += 1) {
      const child = this.#ensureChild();
      if (child === undefined) return await this.#here.run("", () => perform(job));
      try {
        return await child.ask(job);
      } catch (error) {
        if (!(error instanceof ChildLost)) throw error;
        lost = error;
      }
    }
    throw serviceUnavailable("The password could not be checked just now. Try again in a moment.", 1, lost);
  }

  /** Ends the process. Work that still comes is done here. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#child?.kill();
  }

  #ensureChild(): HashingChild | undefined {
    if (this.#child !== undefined) return this.#child;
    if (this.#isClosed || performance.now() < this.#notBefore) return undefined;
    try {
      const child: HashingChild = new HashingChild({
        program: this.#options.program,
        threads: this.#options.concurrency,
        deadline: this.#options.deadline ?? DEADLINE,
        onEnd: (reason) => {
          this.#child = undefined;
          if (this.#isClosed) return;
          if (child.isReady) this.#options.observe({ type: "hashing.process-lost", reason });
          else this.#cannotStart(reason);
        },
      });
      this.#child = child;
    } catch (error) {
      this.#cannotStart(error instanceof Error ? error.message : "unknown");
    }
    return this.#child;
  }

  #cannotStart(reason: string): void {
    this.#notBefore = performance.now() + PATIENCE;
    this.#options.observe({ type: "hashing.process-failed", reason, inSeconds: PATIENCE / 1000 });
  }
}
