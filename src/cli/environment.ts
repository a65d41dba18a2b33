import { existsSync, readFileSync } from "node:fs";

import { readConfig } from "../config/read.ts";
import type { Config } from "../config/variables.ts";

/** The configuration of this process: its environment, and a `.env` file where it stands. @throws {ConfigFault} */
export function processConfig(): Config {
  return readConfig(process.env, existsSync(".env") ? { dotenv: readFileSync(".env", "utf8") } : {});
}

/** Says in one line what went wrong, and ends the process as failed. Stacks are for faults of ours alone. */
export function fail(error: unknown): never {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === "EADDRINUSE") return `Something else listens on ${String(address)}:${String(port)} already: set PORT.`;
  if (code === "EACCES" && port !== undefined) return `This process may not listen on port ${String(port)}: set PORT.`;
  const isExpected = error.name === "ConfigFault" || error.name === "CommandFault" || code !== undefined;
  return isExpected ? error.message : (error.stack ?? error.message);
}

/** A command cannot do what it was asked to, for a reason that the operator can act on. */
export class CommandFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandFault";
  }
}
