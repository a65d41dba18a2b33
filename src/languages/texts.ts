import { distance } from "fastest-levenshtein";

/** Sentences of one language by their keys. A sentence may have places for values: `{minutes}`. */
export type Texts = Readonly<Record<string, string>>;

export interface TextsToRead {
  /** JSON: an object of strings. */
  readonly json: string;
  /** What the keys and the places in each sentence must be: English. */
  readonly like: Texts;
  /** What holds where the file says nothing; without it every key must be there. */
  readonly base?: Texts | undefined;
  /** Told what is wrong: a phrase that follows the file's name. */
  readonly fault: (message: string) => void;
}

const LONGEST_TEXT = 2000;

/**
 * Reads a file of texts. What is wrong with it is told; of that the base, or English, is in what comes back.
 */
export function readTexts({ json, like, base, fault }: TextsToRead): Texts {
  const texts: Record<string, string> = { ...like, ...base };
  const file = parsed(json);
  if (file === undefined) {
    fault("is no JSON object");
    return texts;
  }
  for (const [key, value] of Object.entries(file)) {
    const model = Object.hasOwn(like, key) ? like[key] : undefined;
    const message = model === undefined ? unknownKey(key, like) : faultOf(key, value, model);
    if (message !== undefined) fault(message);
    else texts[key] = value as string;
  }
  if (base === undefined) {
    for (const key of Object.keys(like)) if (!Object.hasOwn(file, key)) fault(`lacks the text ${key}`);
  }
  return texts;
}

/** The sentence with its places filled in. Values are not looked at again: a brace in one opens no place. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) =>
    String(Object.hasOwn(values, name) ? values[name] : place),
  );
}

function parsed(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function unknownKey(key: string, like: Texts): string {
  const near = Object.keys(like).find((known) => distance(key.slice(0, 64), known) <= 3);
  return `has the unknown text ${JSON.stringify(key.slice(0, 64))}${near === undefined ? "" : `: is ${near} meant?`}`;
}

function faultOf(key: string, value: unknown, model: string): string | undefined {
  if (typeof value !== "string" || value.trim() === "") return `says nothing as ${key}: it must be text`;
  if (value.length > LONGEST_TEXT || /\p{Cc}/u.test(value)) return `has more than one short line as ${key}`;
  const places = placesIn(model);
  if (placesIn(value) === places) return undefined;
  return places === "" ? `has a place for a value in ${key}, which has none` : `must have ${places} in ${key}`;
}

function placesIn(text: string): string {
  return [...new Set(text.match(/\{[^{}]*\}/g))].sort().join(" and ");
}
