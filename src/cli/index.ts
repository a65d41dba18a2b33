#!/usr/bin/env node
import { Command } from "commander";

import { databaseCommand } from "./database.ts";
import { fail } from "./environment.ts";
import { mailCommand } from "./mail.ts";
import { migrateCommand } from "./migrate.ts";
import { overridesCommand } from "./overrides.ts";
import { seedCommand } from "./seed-command.ts";
import { undeliverableCommand } from "./undeliverable.ts";
import { usersCommand } from "./users.ts";

const program = new Command("rekey")
  .description("An account server: users, roles and sessions, and the forgotten password.")
  .showHelpAfterError();

// Loaded when it is asked for: the server's parts take longer to load than most commands take in all.
program
  .command("serve")
  .description("run the server")
  .action(async () => {
    const { serve } = await import("./serve.ts");
    await serve();
  });
program.addCommand(usersCommand());
program.addCommand(mailCommand().addCommand(undeliverableCommand()));
program.addCommand(migrateCommand());
program.addCommand(databaseCommand());
program.addCommand(seedCommand());
program.addCommand(overridesCommand());

// Whoever reads what is printed may have seen enough: `rekey mail list | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}
