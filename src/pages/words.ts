import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Overrides } from "../languages/overrides.ts";
import { isLanguageTag } from "../languages/tag.ts";
import { readTexts, type Texts } from "../languages/texts.ts";

/** What the pages say and how they look, where an operator may put in their own. */
export interface PageWords {
  /** By tag. */
  readonly languages: ReadonlyMap<string, Texts>;
  /** The tag of the language for whoever asks for none that there is. */
  readonly defaultLanguage: string;
  /** CSS that comes after ours. */
  readonly style: string | undefined;
  /** An SVG image in the place of ours. */
  readonly mark: string | undefined;
}

export interface PageWordsOptions {
  /** The operator's files, and told of what is wrong with them. */
  readonly overrides?: Overrides;
  readonly defaultLanguage?: string;
}

const FOLDER = "pages/texts";

/**
 * The texts of the pages, `texts/LANGUAGE.json`: ours, and over or beside them the operator's, `pages/texts/LANGUAGE.json`. One for a
 * language of ours need hold no more than what differs; one for another language must hold every key.
 *
 * @throws {Error} when one of ours cannot be read; of the operator's, `overrides` are told
 */
export function loadPageWords({ overrides, defaultLanguage = "en" }: PageWordsOptions = {}): PageWords {
  const told = overrides ?? new Overrides();
  const own = new Map(
    filesOf(readdirSync(ownPath(""))).map(({ tag, file }) => [tag, readFileSync(ownPath(file), "utf8")]),
  );
  const languages = new Map<string, Texts>();
  const read = (tag: string, json: string, file: string, base?: Texts) => {
    const fault = (message: string) => told.fault(file, message);
    const texts = readTexts({ json, like: english, base, fault });
    if (["ltr", "rtl"].includes(texts["direction"] ?? "")) languages.set(tag, texts);
    else fault("must have ltr or rtl as direction");
  };
  const english = JSON.parse(own.get("en") ?? "") as Texts;
  for (const [tag, json] of own) read(tag, json, ownPath(`${tag}.json`));
  for (const { tag, file } of filesOf(told.namesIn(FOLDER))) {
    const path = `${FOLDER}/${file}`;
    const json = told.read(path);
    if (!isLanguageTag(tag)) told.fault(path, "must be named by a language tag such as nl.json or pt-BR.json");
    else if (json !== undefined) read(tag, json, path, languages.get(tag));
  }
  const style = told.read("pages/style.css");
  const mark = told.read("pages/mark.svg");
  if (mark !== undefined && !mark.includes("<svg")) told.fault("pages/mark.svg", "is no SVG image");
  if (overrides === undefined) told.throwIfFaulty();
  return { languages, defaultLanguage, style, mark };
}

function filesOf(names: readonly string[]): { readonly tag: string; readonly file: string }[] {
  return names.filter((name) => name.endsWith(".json")).map((file) => ({ tag: file.slice(0, -".json".length), file }));
}

function ownPath(file: string): string {
  return fileURLToPath(new URL(`./texts/${file}`, import.meta.url));
}
