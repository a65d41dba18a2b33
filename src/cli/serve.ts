import closeWithGrace from "close-with-grace";

import { buildApp } from "../app.ts";
import type { Config } from "../config/variables.ts";
import { fail, processConfig } from "./environment.ts";

/** How long requests and mails in hand may take to finish when the server stops (milliseconds). */
const GRACE = 15_000;

/** Runs the server until it is told to stop. */
export async function serve(): Promise<void> {
  try {
    const config = processConfig();
    const threads = threadsOf(process.env["UV_THREADPOOL_SIZE"]);
    const { app, publicUrl, mailbox } = await buildApp(config, { logger: loggerOptions(config), threads });
    closeWithGrace({ delay: GRACE, logger: false }, async ({ err }) => {
      if (err !== undefined) app.log.fatal({ err }, "stopping after a fault");
      await app.close();
    });
    await app.listen({ host: config.HOST, port: config.PORT });
    announce(publicUrl(), mailbox !== undefined && config.NODE_ENV !== "production");
  } catch (error) {
    fail(error);
  }
}

/** How many threads libuv makes of `UV_THREADPOOL_SIZE`: four by default, one for what is no number. */
function threadsOf(text = "4"): number {
  return Math.max(1, Number.parseInt(text, 10) || 1);
}

function announce(url: string, hasMailbox: boolean): void {
  const lines = [
    ["Rekey is listening on", url],
    ["  API", `${url}/v1/users`],
    ["  documentation", `${url}/docs`],
    ["  reset page", `${url}/reset-password`],
    ...(hasMailbox ? [["  mailbox", `${url}/mailbox   (mails are kept here, none is sent)`]] : []),
  ];
  process.stdout.write(`\n${lines.map(([name = "", value = ""]) => `${name.padEnd(22)}${value}`).join("\n")}\n\n`);
}

/** Lines for people in development, JSON in production. */
function loggerOptions({ LOG_LEVEL, NODE_ENV }: Config) {
  if (NODE_ENV === "production") return { level: LOG_LEVEL };
  return {
    level: LOG_LEVEL,
    transport: {
      target: "pino-pretty",
      options: { singleLine: true, ignore: "pid,hostname", translateTime: "HH:MM:ss" },
    },
  };
}
