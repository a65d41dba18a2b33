import { fill, type Texts } from "../languages/texts.ts";
import { clientNames } from "./wording.ts";

/** `words.json` of a language: what is no template. Its keys, and the places in them, are those of the English file. */
export type Words = Texts;

/** What is wrong with words that are all there: a phrase that follows the file's name. */
export function wordsFault({ locale = "", direction = "" }: Words): string | undefined {
  if (!["ltr", "rtl"].includes(direction)) return "must have ltr or rtl as direction";
  try {
    if (Intl.DateTimeFormat.supportedLocalesOf(locale).length === 1) return undefined;
  } catch {
    // No tag at all.
  }
  return "must have as locale a language that dates and numbers can be written in";
}

/** A `User-Agent` in words of ours, e.g. `Firefox on Windows`. Nothing of the header itself is ever printed. */
export function browserWords(words: Words, userAgent: string | null): string {
  const { browser, system } = clientNames(userAgent);
  if (browser === undefined && system === undefined) return words["unknownProgram"] ?? "";
  const name = browser ?? words["unknownBrowser"] ?? "";
  if (system === undefined) return name;
  const pattern = { iPhone: words["onIphone"], iPad: words["onIpad"] }[system] ?? words["onSystem"];
  return fill(pattern ?? "", { browser: name, system });
}

/** A point in time in words, e.g. `23 November 2026 at 06:48 UTC`. Null if `iso` is none. */
export function utcWords(words: Words, iso: string): string | null {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return null;
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(words["locale"], { ...options, timeZone: "UTC" }).format(date);
  return fill(words["moment"] ?? "", {
    day: format({ day: "numeric", month: "long", year: "numeric" }),
    time: format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  });
}

/** A span in words, e.g. `30 minutes`, `1 hour`, `2 days`: in the largest unit of which it is a whole number. */
export function durationWords(words: Words, minutes: number): string {
  const [count, unit] =
    minutes % 1440 === 0 ? [minutes / 1440, "day"] : minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
  return new Intl.NumberFormat(words["locale"], { style: "unit", unit, unitDisplay: "long" }).format(count);
}
