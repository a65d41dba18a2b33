import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

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
  const child = spawn(process.execPath, [compiled(script), ...arguments_], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
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
