import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { Answers, Question } from "./probe.ts";

/** As in production. */
export const SCRYPT = { logN: 15, p: 3 };

/** A compiled script beside this one. */
export const compiled = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Starts a compiled script that prints the URL it listens at, and waits for that.
 *
 * @param script its path from this folder
 */
export async function start(
  script: string,
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  return await listening(script, [compiled(script), ...arguments_], environment);
}

/** A server that is looked into while it runs. */
export interface Probed {
  readonly child: ChildProcess;
  readonly url: string;
  ask<Asked extends Question>(question: Asked): Promise<Answers[Asked]>;
  /** Kills it, and waits until it is gone. */
  stop(): Promise<void>;
}

/** As start(), with the probe (see probe.ts) loaded before the script. */
export async function startProbed(
  script: string,
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Probed> {
  const probe = ["--expose-gc", "--import", compiled("probe.js")];
  const { child, url } = await listening(script, [...probe, compiled(script), ...arguments_], environment, "ipc");
  return {
    child,
    url,
    ask: async <Asked extends Question>(question: Asked) => {
      const answered = once(child, "message");
      child.send(question);
      const [answer] = (await answered) as [Answers[Asked]];
      return answer;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The server as it is measured: at production's cost of passwords, and with no limit in the way. */
export function startRekey(databaseUrl: string): Promise<Probed> {
  return startProbed("../src/main.js", [], {
    NODE_ENV: "development",
    LOG_LEVEL: "silent",
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: databaseUrl,
    SCRYPT_LOG_N: String(SCRYPT.logN),
    SCRYPT_P: String(SCRYPT.p),
    RESET_LIMIT_PER_IP: "100000000/60",
    LOGIN_LIMIT_PER_IP: "100000000/60",
  });
}

async function listening(
  script: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  channel: "ipc" | "ignore" = "ignore",
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, command, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit", channel],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => {
      reject(new Error(`${script} ended with ${String(code)}: ${printed}`));
    });
  });
  return { child, url };
}
