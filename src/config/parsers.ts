import { statSync } from "node:fs";
import { resolve } from "node:path";
import { domainToASCII } from "node:url";

/** At most `max` in a window of `windowSeconds`. */
export interface Rate {
  readonly max: number;
  readonly windowSeconds: number;
}

/** From text to a value, or a phrase that follows the variable's name: «takes …». */
export type Parser<Value> = (value: string) => { readonly value: Value } | { readonly message: string };

/** One line of text. */
export const text: Parser<string> = (value) =>
  /\p{Cc}/u.test(value) ? { message: "takes text without control characters" } : { value };

/** What goes into a header as it is: visible ASCII without spaces. RFC 9110, section 5.5. */
export const token: Parser<string> = (value) =>
  /^[\x21-\x7e]+$/.test(value) ? { value } : { message: "takes visible ASCII characters without spaces" };

/** Something nobody can guess: as `token`, and long enough. */
export const secretKey: Parser<string> = (value) =>
  /^[\x21-\x7e]{32,}$/.test(value)
    ? { value }
    : { message: "takes at least 32 visible ASCII characters without spaces, such as openssl rand -base64 32 prints" };

/**
 * `name:password` for HTTP Basic authentication (RFC 7617: no colon in the name, no control characters). The password is long enough
 * not to be guessed, and of characters that no sender encodes in its own way.
 */
export const basicCredentials: Parser<string> = (value) =>
  /^[^:\p{Cc}]+:[\x21-\x7e]{16,}$/u.test(value)
    ? { value }
    : { message: "takes name:password, the password of at least 16 visible ASCII characters" };

/** A `token` that is long enough not to be guessed. */
export function longToken(least: number): Parser<string> {
  return (value) =>
    "value" in token(value) && value.length >= least
      ? { value }
      : { message: `takes at least ${String(least)} visible ASCII characters without spaces` };
}

/** A host name or an address, without brackets and port. */
export const host: Parser<string> = (value) => {
  const isHost = /^[a-z0-9_.:-]+$/i.test(value) && URL.canParse(`http://${value.includes(":") ? `[${value}]` : value}`);
  return isHost ? { value } : { message: "takes a host name or an address, such as 127.0.0.1 or ::" };
};

/** A whole number in decimal digits, `least` and `most` included. */
export function integer(least: number, most: number): Parser<number> {
  return (value) => {
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most
      ? { value: number }
      : { message: `takes a whole number from ${String(least)} to ${String(most)}` };
  };
}

/** Exactly one of these words. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Parser<Choice> {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value);
    return choice === undefined ? { message: `takes one of: ${choices.join(", ")}` } : { value: choice };
  };
}

/** Comma-separated; empty for none. */
export function list<Item>(parse: Parser<Item>): Parser<readonly Item[]> {
  return (value) => {
    const items: Item[] = [];
    for (const part of value.split(",").map((item) => item.trim())) {
      if (part === "") continue;
      const parsed = parse(part);
      if ("message" in parsed) return parsed;
      items.push(parsed.value);
    }
    return { value: items };
  };
}

/** `count/seconds`. */
export const rate: Parser<Rate> = (value) => {
  const [, max, windowSeconds] = /^(\d{1,9})\/(\d{1,7})$/.exec(value) ?? [];
  return Number(max) > 0 && Number(windowSeconds) > 0
    ? { value: { max: Number(max), windowSeconds: Number(windowSeconds) } }
    : { message: "takes count/seconds such as 5/60, both at least 1" };
};

/** Absolute, http or https; comes out without a slash at the end. */
export const httpUrl: Parser<string> = (value) => {
  const message = "takes an absolute http or https URL without credentials, query and fragment";
  if (!URL.canParse(value)) return { message };
  const url = new URL(value);
  const isPlain =
    /^https?:$/.test(url.protocol) &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  return isPlain && !/[?#]/.test(value) ? { value: url.href.replace(/\/+$/, "") } : { message };
};

/**
 * `redis://` or, encrypted, `rediss://`, with or without a name, a password, a port and a database's number. Strict, since what is not
 * seen as a password might be taken for a host, and be shown: signs that mean something in URLs must be percent-encoded.
 */
export const redisUrl: Parser<string> = (value) => {
  const isRedis =
    /^rediss?:\/\/[^/?#]+(\/\d{0,4})?$/.test(value) &&
    URL.canParse(value) &&
    new URL(value).hostname !== "" &&
    decodes(value);
  return isRedis
    ? { value }
    : {
        message:
          "takes redis://[[NAME]:PASSWORD@]HOST[:PORT][/NUMBER], or rediss://…, signs in NAME and PASSWORD as %XX",
      };
};

function decodes(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

/** Scheme, host and port, as browsers send it. RFC 6454, section 6.1. */
export const origin: Parser<string> = (value) => {
  const isOrigin =
    URL.canParse(value) &&
    /^https?:$/.test(new URL(value).protocol) &&
    new URL(value).origin === value.replace(/\/$/, "");
  return isOrigin ? { value: new URL(value).origin } : { message: "takes origins such as https://example.org" };
};

/** An address, or a display name and an address in angle brackets; the address in a form that mail services take. */
export const mailbox: Parser<string> = (value) => {
  // RFC 5322, section 3.2.3: with one of these characters a display name must be quoted; a comma would begin a second sender.
  const address = /^(?:"[^"\\<>\p{Cc}]+"|[^<>"\\,;:@()[\]\p{Cc}]+) <([^<>]+)>$/u.exec(value)?.[1] ?? value;
  const [, local = "", domain = ""] = /^([^@]+)@([^@]+)$/.exec(address) ?? [];
  // RFC 5322, section 3.2.3: atoms. Quoted strings are refused by most services.
  const isUsable = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$/i.test(local) && /^[a-z0-9.-]+$/.test(domainToASCII(domain));
  return isUsable ? { value } : { message: 'takes an address, or: Name <address>, or: "Name, with signs" <address>' };
};

/** A folder that is there; comes out absolute. */
export const folder: Parser<string> = (value) => {
  try {
    if (statSync(value).isDirectory()) return { value: resolve(value) };
  } catch {
    // Nothing that this process may see.
  }
  return { message: "takes a folder that is there" };
};

/** A language tag (RFC 5646); comes out in its canonical form. */
export const language: Parser<string> = (value) => {
  try {
    const [tag] = Intl.getCanonicalLocales(value);
    if (tag !== undefined && value.length <= 35) return { value: tag };
  } catch {
    // No tag.
  }
  return { message: "takes a language tag such as en or pt-BR" };
};
