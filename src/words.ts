import { ConfigFault } from "./config/read.ts";
import type { Config } from "./config/variables.ts";
import { Overrides } from "./languages/overrides.ts";
import { Templates } from "./mail/render.ts";

/** All that the server says to people, in all languages. */
export interface Words {
  readonly templates: Templates;
}

/**
 * Reads the mails' templates and the pages' texts, ours and the operator's.
 *
 * @throws {ConfigFault} with all that is wrong with the operator's, one line each with the file
 */
export function loadWords({
  OVERRIDES_DIR,
  DEFAULT_LANGUAGE,
}: Pick<Config, "OVERRIDES_DIR" | "DEFAULT_LANGUAGE">): Words {
  const overrides = new Overrides(OVERRIDES_DIR);
  const templates = new Templates({ overrides, defaultLanguage: DEFAULT_LANGUAGE });
  const faults = [...overrides.faults()];
  if (!templates.languages.includes(DEFAULT_LANGUAGE)) {
    faults.push(`DEFAULT_LANGUAGE takes one of: ${templates.languages.join(", ")}; it holds "${DEFAULT_LANGUAGE}"`);
  }
  if (faults.length > 0) throw new ConfigFault(faults);
  return { templates };
}
