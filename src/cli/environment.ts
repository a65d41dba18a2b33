import { existsSync, readFileSync } from "node:fs";

import { parseEmail } from "../accounts/email.ts";
import { ConfigFault, configWarnings, readConfig } from "../config/read.ts";
import type { Config } from "../config/variables.ts";

/**
 * The configuration of this process: its environment, and a `.env` file where it stands. What looks like a mistake, but is none
 * that stops the process, goes to standard error.
 *
 * @throws {ConfigFault}
 */
export function processConfig(): Config {
  const options = existsSync(".env") ? { dotenv: readFileSync(".env", "utf8") } : {};
  const config = readConfig(process.env, options);
  const admin = parseEmail(config.ADMIN_EMAIL ?? "nobody@localhost");
  if ("message" in admin)
    throw new ConfigFault([`ADMIN_EMAIL ${admin.message}; it holds "${config.ADMIN_EMAIL ?? ""}"`]);
  for (const warning of configWarnings(process.env, options)) process.stderr.write(`Warning: ${warning}\n`);
  return config;
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
