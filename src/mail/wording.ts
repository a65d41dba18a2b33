import { isIP } from "node:net";

/**
 * What strangers can bring into a mail, made harmless. Somebody may register or ask for a reset with another person's
 * address, so a name, a browser and a new address are text of an attacker in a mail that bears our sender: mail programs
 * would make links of what looks like one.
 */

/** One line without control, formatting (bidirectional, zero-width) and unassigned characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
}

const LONGEST_NAME = 50;

/** A name to greet with, or null if it is not plainly one: letters, spaces, hyphens, apostrophes, and dots only where they make no host name. */
export function greetingName(name: string | null): string | null {
  if (name === null || name.length > 10 * LONGEST_NAME) return null;
  const line = oneLine(name);
  const isPlain = /^[\p{L}\p{M}][\p{L}\p{M} .'’-]*$/u.test(line) && !/\.[\p{L}\p{M}]{2}/u.test(line);
  return isPlain && line.length <= LONGEST_NAME ? line : null;
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\b(Macintosh|Mac OS X)\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

const LONGEST_USER_AGENT = 512;

/** What a `User-Agent` says of browser and system, by names of ours: nothing of the header itself is ever printed. */
export function clientNames(userAgent: string | null): { readonly browser?: string; readonly system?: string } {
  const header = (userAgent ?? "").slice(0, LONGEST_USER_AGENT);
  const find = (list: typeof BROWSERS) => list.find(([pattern]) => pattern.test(header))?.[1];
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)];
  return { ...(browser === undefined ? {} : { browser }), ...(system === undefined ? {} : { system }) };
}

/** An IP address, or null if it is none. */
export function addressWords(ipAddress: string): string | null {
  return isIP(ipAddress) === 0 ? null : ipAddress;
}

/** An email address that only its holder recognises, and that no mail program makes a link of: `n…@e….org`. */
export function maskedEmail(email: string): string | null {
  const line = oneLine(email);
  const at = line.lastIndexOf("@");
  const domain = line.slice(at + 1);
  const dot = domain.lastIndexOf(".");
  const start = (text: string) => (/^[\p{L}\p{N}]/u.exec(text)?.[0] ?? "") + "…";
  if (at < 1 || domain === "") return null;
  const end = dot < 1 ? "" : domain.slice(dot + 1);
  return `${start(line)}@${start(domain)}${/^[\p{L}\p{N}-]{1,20}$/u.test(end) ? `.${end}` : ""}`;
}
