import type { FastifyInstance } from "fastify";

import { addVary } from "../http/vary.ts";
import { matchLanguage } from "../languages/match.ts";
import { fill, type Texts } from "../languages/texts.ts";
import type { PageWords } from "./words.ts";

/** What a template sees of its language. */
export interface LanguageView {
  /** A tag, and `ltr` or `rtl`. */
  readonly language: string;
  readonly direction: string;
  /** A text with its places filled in. */
  text(key: string, values?: Readonly<Record<string, string | number>>): string;
  /** A text that has markup in one of its places: what stands before and after it. */
  around(key: string, place: string): readonly [before: string, after: string];
  /** The texts for the script, as JSON; they stand in an attribute, where nothing is code. */
  readonly scriptTexts: string;
}

/**
 * A page in every language, answered in the one that the request likes best. RFC 9110, sections 12.1 and 12.5.4.
 *
 * @param render called once for each language
 */
export function serveInLanguages(
  app: FastifyInstance,
  path: string,
  { languages, defaultLanguage }: PageWords,
  render: (view: LanguageView) => string,
): void {
  const documents = new Map([...languages].map(([tag, texts]) => [tag, render(viewOf(tag, texts))]));
  const tags = [...documents.keys()];

  app.get(path, (request, reply) => {
    const tag = matchLanguage(request.headers["accept-language"], tags) ?? defaultLanguage;
    addVary(reply, "Accept-Language");
    return reply.header("content-language", tag).type("text/html; charset=utf-8").send(documents.get(tag));
  });
}

function viewOf(language: string, texts: Texts): LanguageView {
  const find = (key: string) => {
    const text = texts[key];
    if (text === undefined) throw new Error(`There is no text ${key}`);
    return text;
  };
  return {
    language,
    direction: find("direction"),
    text: (key, values = {}) => fill(find(key), values),
    around: (key, place) => {
      const [before = "", after = ""] = find(key).split(`{${place}}`);
      return [before, after];
    },
    scriptTexts: JSON.stringify(Object.fromEntries(Object.entries(texts).filter(([key]) => key.startsWith("say.")))),
  };
}
