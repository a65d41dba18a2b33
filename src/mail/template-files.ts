import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Eta } from "eta/core";

import type { Overrides } from "../languages/overrides.ts";
import { isLanguageTag } from "../languages/tag.ts";
import { readTexts } from "../languages/texts.ts";
import { wordsFault, type Words } from "./words.ts";

/** The templates of one language, compiled, and its words. */
export interface Language {
  readonly words: Words;
  readonly html: Eta;
  readonly text: Eta;
  /** Where each part (`reset.subject`) was read: a path for `Overrides.fault`. */
  readonly files: ReadonlyMap<string, string>;
}

/** In all languages the same: they hold no words. */
const SHARED = ["layout.html", "button.html"];
const PARTS = ["asked-by.html", "asked-by.text"];
const FOLDER = "mails";

/**
 * Reads the templates (Eta, https://eta.js.org) of every language: ours, and in their place or beside them those of the operator. A
 * language that is the operator's own must be whole. What is wrong is told to `overrides`; such a language is missing in what comes
 * back.
 *
 * @param names of the mails: each is `NAME.subject.eta`, `NAME.text.eta` and `NAME.html.eta`
 */
export function readLanguages(overrides: Overrides, names: readonly string[]): Map<string, Language> {
  const languages = new Map<string, Language>();
  const own = ownLanguages();
  const shared = new Set(SHARED.map((name) => `${name}.eta`));
  const added = overrides.namesIn(FOLDER).filter((name) => !shared.has(name) && !own.includes(name));
  for (const tag of [...own, ...added]) {
    if (!isLanguageTag(tag)) {
      // Its files are as good as read: one line is enough.
      for (const name of overrides.namesIn(`${FOLDER}/${tag}`)) overrides.read(`${FOLDER}/${tag}/${name}`);
      overrides.fault(`${FOLDER}/${tag}`, "must be a language tag such as nl or pt-BR");
      continue;
    }
    const language = readLanguage(overrides, tag, own.includes(tag), names);
    if (language !== undefined) languages.set(tag, language);
  }
  return languages;
}

/** The tags of the languages that we have mails in. */
export function ownLanguages(): string[] {
  return readdirSync(ownPath(""), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function readLanguage(
  overrides: Overrides,
  tag: string,
  isOurs: boolean,
  names: readonly string[],
): Language | undefined {
  const files = new Map<string, string>();
  const language = { html: engine(true), text: engine(false), words: readWords(overrides, tag, isOurs), files };
  const faults: string[] = [];
  const load = (name: string, ownFile: string | undefined, path: string) => {
    const override = overrides.read(path);
    const source = override ?? (ownFile === undefined ? undefined : readFileSync(ownPath(ownFile), "utf8"));
    const file = override === undefined && ownFile !== undefined ? ownPath(ownFile) : path;
    const fault = source === undefined ? "is missing" : templateFault(language, name, source);
    files.set(name, file);
    if (fault === undefined) return;
    faults.push(fault);
    overrides.fault(file, fault);
  };
  for (const name of SHARED) load(name, `${name}.eta`, `${FOLDER}/${name}.eta`);
  const parts = names.flatMap((name) => [`${name}.subject`, `${name}.text`, `${name}.html`]);
  for (const name of [...PARTS, ...parts]) {
    load(name, isOurs ? `${tag}/${name}.eta` : undefined, `${FOLDER}/${tag}/${name}.eta`);
  }
  return faults.length === 0 ? language : undefined;
}

function readWords(overrides: Overrides, tag: string, isOurs: boolean): Words {
  const path = `${FOLDER}/${tag}/words.json`;
  const read = (json: string, file: string, base?: Words) => {
    const fault = (message: string) => overrides.fault(file, message);
    const words = readTexts({ json, like, base, fault });
    const message = wordsFault(words);
    if (message === undefined) return words;
    fault(message);
    return base ?? like;
  };
  const like = JSON.parse(readFileSync(ownPath("en/words.json"), "utf8")) as Words;
  const ownFile = ownPath(`${tag}/words.json`);
  const ours = isOurs ? read(readFileSync(ownFile, "utf8"), ownFile) : undefined;
  const json = overrides.read(path);
  if (json !== undefined) return read(json, path, ours);
  if (ours === undefined) overrides.fault(path, "is missing");
  return ours ?? like;
}

/** `<%~` prints what it is given as it is: for parts of ours, never for a value. */
const RAW = /<%[-_]?\s*~(?!\s*(?:include\s*\(|it\.body\b))/;

function templateFault({ html, text }: Language, name: string, source: string): string | undefined {
  if (RAW.test(source)) return "must not print values as they are: <%~ is for include(…) and it.body alone";
  try {
    // The @ makes it a name for `include` and `layout`: Eta looks for no file.
    (name.endsWith(".html") ? html : text).loadTemplate(`@${name}`, source);
    return undefined;
  } catch (error) {
    return `cannot be compiled: ${firstLine(error)}`;
  }
}

/** What an error says, in one line. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]?.trim() ?? "";
}

function ownPath(file: string): string {
  return fileURLToPath(new URL(`./templates/${file}`, import.meta.url));
}

function engine(autoEscape: boolean): Eta {
  return new Eta({
    autoEscape,
    autoTrim: false,
    autoFilter: true,
    filterFunction: (value) => {
      // Eta would print «undefined».
      if (typeof value === "string") return value;
      throw new Error("a value is missing");
    },
  });
}
