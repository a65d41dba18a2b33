import { Command } from "commander";

import { loadLocalisation } from "../localisation.ts";
import { processConfig } from "./environment.ts";
import { print } from "./with-database.ts";

/** `rekey overrides check` */
export function overridesCommand(): Command {
  const command = new Command("overrides").description("your own mail templates and page texts (OVERRIDES_DIR)");
  command
    .command("check")
    .description("read them all and try every template, as the start of the server does")
    .action(() => {
      const config = processConfig();
      const { templates, pages } = loadLocalisation(config);
      const list = (tags: Iterable<string>) => [...tags].sort().join(", ");
      print(`Nothing is wrong in ${config.OVERRIDES_DIR ?? "what comes with the server: OVERRIDES_DIR is not set"}.`);
      print(`Mails are written in ${list(templates.languages)}; pages are shown in ${list(pages.languages.keys())}.`);
      print(`Whoever asks for none of these gets ${config.DEFAULT_LANGUAGE}.`);
    });
  return command;
}
