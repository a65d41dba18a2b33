import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Job, JobResult } from "./job.ts";

/** From source beside this source, compiled beside this compiled file. */
const PROGRAM = fileURLToPath(new URL(`child-main${import.meta.url.slice(-3)}`, import.meta.url));

/** The child ended before it gave an answer. The same job may go to another one. */
export class ChildLost extends Error {
  constructor(reason: string) {
    super(`The hashing process ended: ${reason}`);
    this.name = "ChildLost";
  }
}

interface Answer {
  /** Absent when it says that it is ready. */
  readonly id?: number;
  readonly result?: JobResult;
  /** The name of an error; its message might quote a password. */
  readonly fault?: string;
}

interface InHand {
  resolve(result: JobResult): void;
  reject(error: Error): void;
}

/** Milliseconds for a child to start, on a machine that has much else to do. */
const STARTS_WITHIN = 60_000;

export interface ChildOptions {
  /** What it runs; a file beside this one if not said otherwise. */
  readonly program?: string | undefined;
  /** The width of its thread pool. */
  readonly threads: number;
  /** Milliseconds: a child that has work and answers nothing for so long is stuck, and is killed. */
  readonly deadline: number;
  /** Called once, when it has ended or could not be started. */
  readonly onEnd: (reason: string) => void;
}

/** One hashing process, from its start to its end. */
export class HashingChild {
  readonly #forked: ChildProcess;
  readonly #options: ChildOptions;
  readonly #inHand = new Map<number, InHand>();
  readonly #ended: Promise<void>;
  #count = 0;
  #isReady = false;
  #watch: NodeJS.Timeout | undefined;

  /** @throws {Error} when the system starts no process at all */
  constructor(options: ChildOptions) {
    this.#options = options;
    const { program = PROGRAM } = options;
    this.#forked = fork(program, {
      // No secret of the server's, and none of the options that its own Node was given: they may not be for two.
      env: { UV_THREADPOOL_SIZE: String(options.threads) },
      execArgv: program.endsWith(".ts") ? ["--import", import.meta.resolve("tsx")] : [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#forked.on("message", (answer) => this.#receive(answer as Answer));
    this.#ended = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#failAll(new ChildLost(reason));
        this.#forked.removeAllListeners().on("error", () => undefined);
        options.onEnd(reason);
        resolve();
      };
      this.#forked.once("error", (error) => end(error.message));
      this.#forked.once("exit", (code, signal) => end(signal ?? `code ${String(code)}`));
    });
  }

  get pid(): number | undefined {
    return this.#forked.pid;
  }

  /** It has said so: whatever becomes of it now, it could be started. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** @throws {ChildLost} when it ends meanwhile */
  ask(job: Job): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      const id = (this.#count += 1);
      this.#inHand.set(id, { resolve, reject });
      if (this.#inHand.size === 1) this.#watchFromNow();
      // Where the channel is gone, so is the child, or soon: its end tells all who wait.
      this.#forked.send({ id, job }, (error) => {
        if (error !== null) this.#forked.kill("SIGKILL");
      });
    });
  }

  /** At once: there is nothing that it could lose. */
  async kill(): Promise<void> {
    this.#forked.kill("SIGKILL");
    await this.#ended;
  }

  #receive({ id, result, fault }: Answer): void {
    this.#isReady = true;
    const job = id === undefined ? undefined : this.#take(id);
    this.#watchFromNow();
    if (result === undefined) job?.reject(new Error(`Hashing failed: ${fault ?? "no result"}`));
    else job?.resolve(result);
  }

  #take(id: number): InHand | undefined {
    const job = this.#inHand.get(id);
    this.#inHand.delete(id);
    return job;
  }

  #watchFromNow(): void {
    clearTimeout(this.#watch);
    if (this.#inHand.size === 0) return;
    const patience = this.#isReady ? this.#options.deadline : STARTS_WITHIN;
    this.#watch = setTimeout(() => this.#forked.kill("SIGKILL"), patience);
  }

  #failAll(error: Error): void {
    clearTimeout(this.#watch);
    for (const id of [...this.#inHand.keys()]) this.#take(id)?.reject(error);
  }
}
