import { Command } from "commander";
import type { Knex } from "knex";

import { parseEmail } from "../accounts/email.ts";
import { clearMailStatus, undeliverable } from "../accounts/mail-status.ts";
import { systemClock } from "../db/clock.ts";
import { CommandFault } from "./environment.ts";
import { print, withDatabase } from "./with-database.ts";

interface Options {
  readonly json?: true;
  readonly clear?: string;
}

/** `rekey mail undeliverable [--json] [--clear EMAIL]` */
export function undeliverableCommand(): Command {
  return new Command("undeliverable")
    .description("list the users whose address the mail service says is dead, or take such a mark away")
    .option("--json", "as JSON")
    .option("--clear <email>", "take the mark of this address away: mail gets there again")
    .action(({ json, clear }: Options) =>
      withDatabase({ migrated: true }, (db) =>
        clear === undefined ? list(db, json === true) : clearMark(db, clear, json === true),
      ),
    );
}

async function list(db: Knex, asJson: boolean): Promise<void> {
  const found: object[] = [];
  for await (const user of undeliverable(db)) {
    found.push(user);
    if (!asJson) print([user.since, user.status, user.email].join("  "));
  }
  if (asJson) print(JSON.stringify(found, null, 2));
  else if (found.length === 0) print("No address is known to be dead.");
}

async function clearMark(db: Knex, text: string, asJson: boolean): Promise<void> {
  if (asJson) throw new CommandFault("--json is for the list, and does not go together with --clear.");
  const email = parseEmail(text);
  if ("message" in email) throw new CommandFault(`The email ${email.message}.`);
  const noted = await db.transaction((trx) => clearMailStatus(trx, email.normal, systemClock()));
  if (noted.result === "nobody") throw new CommandFault(`There is no user ${email.address}.`);
  print(noted.result === "changed" ? `The mark of ${email.address} is gone.` : `${email.address} has no mark.`);
}
