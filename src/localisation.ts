import { ConfigFault } from "./config/read.ts";
import type { Config } from "./config/variables.ts";
import { Overrides } from "./languages/overrides.ts";
import { Templates } from "./mail/render.ts";
import { loadPageWords, type PageWords } from "./pages/words.ts";

/** All that the server says to people, in all languages. */
export interface Localisation {
  readonly templates: Templates;
  readonly pages: PageWords;
}

/**
 * Reads the mails' templates and the pages' texts, ours and the operator's.
 *
 * @throws {ConfigFault} with all that is wrong with the operator's, one line each with the file
 */
export function loadLocalisation({
  OVERRIDES_DIR,
  DEFAULT_LANGUAGE,
}: Pick<Config, "OVERRIDES_DIR" | "DEFAULT_LANGUAGE">): Localisation {
  const overrides = new Overrides(OVERRIDES_DIR);
  const templates = new Templates({ overrides, defaultLanguage: DEFAULT_LANGUAGE });
  const pages = loadPageWords({ overrides, defaultLanguage: DEFAULT_LANGUAGE });
  const faults = [...overrides.faults()];
  // A default must be one of both; beyond that, what mails are written in the pages need not know.
  const inBoth = templates.languages.filter((tag) => pages.languages.has(tag));
  // With faults it may be missing because of them.
  if (faults.length === 0 && !inBoth.includes(DEFAULT_LANGUAGE)) {
    faults.push(`DEFAULT_LANGUAGE takes one of: ${[...inBoth].sort().join(", ")}; it holds "${DEFAULT_LANGUAGE}"`);
  }
  if (faults.length > 0) throw new ConfigFault(faults);
  return { templates, pages };
}
