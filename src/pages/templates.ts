import { Eta } from "eta/core";

import { readStatic } from "./static-files.ts";

/**
 * The HTML templates among the files of `static/` (Eta, https://eta.js.org): everything that is put in is escaped.
 *
 * @param names of the files, without `.eta`
 * @returns renders one of them; throws when a value is missing
 * @throws {Error} when a file cannot be read
 */
export function loadTemplates<const Name extends string>(names: readonly Name[]): (name: Name, data: object) => string {
  const eta = new Eta({
    autoEscape: true,
    autoTrim: false,
    autoFilter: true,
    filterFunction: (value) => {
      // Eta would print «undefined».
      if (typeof value === "string" || typeof value === "number") return String(value);
      throw new Error("a value is missing");
    },
  });
  // The @ makes it a name for `include`: Eta looks for no file.
  for (const name of names) eta.loadTemplate(`@${name}`, readStatic(`${name}.eta`));
  return (name, data) => eta.render(`@${name}`, data);
}
