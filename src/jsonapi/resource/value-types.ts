/** What a column or a query parameter can hold. */
export type Scalar = string | number | boolean | null;

/** A value, or a phrase that follows the member's name: «must be a string». */
export type Parsed<T extends Scalar = Scalar> = { readonly value: T } | { readonly message: string };

/**
 * The type of an attribute's values: how JSON and query text become what is stored, and back.
 * Null never reaches a value type: whether a member is nullable is the member's affair.
 */
export interface ValueType<Value extends Scalar = Scalar> {
  readonly name: string;
  /** A JSON value of a request document, as it is to be stored. */
  parse(json: unknown): Parsed<Value>;
  /** The text of a query parameter, as it is to be compared. */
  parseText(text: string): Parsed<Value>;
  /** What a driver gave for the column, as JSON. */
  toJson(stored: unknown): unknown;
  /** JSON Schema (draft 2020-12) of the JSON value. */
  readonly schema: Readonly<Record<string, unknown>>;
}

const identity = (stored: unknown) => stored;

export interface StringOptions {
  /** In code points. */
  readonly minLength?: number;
  /** In code points. */
  readonly maxLength?: number;
  /** Leading and trailing white space is no part of the value. */
  readonly trim?: boolean;
  /** A further check: a phrase when the text will not do. */
  readonly check?: (text: string) => string | undefined;
  readonly format?: string;
}

/** Text: well-formed Unicode without NUL (no database stores that alike). */
export function string(options: StringOptions = {}): ValueType<string> {
  const { minLength = 0, maxLength = 255, trim = false, check, format } = options;
  const parse = (json: unknown): Parsed<string> => {
    if (typeof json !== "string") return { message: "must be a string" };
    if (!json.isWellFormed()) return { message: "must be well-formed Unicode (it holds a lone surrogate)" };
    if (json.includes("\0")) return { message: "must not hold the character NUL" };
    const text = trim ? json.trim() : json;
    // A code point is one or two UTF-16 units, so most texts are judged without counting.
    const length = text.length > 2 * maxLength ? text.length : text.length < minLength ? text.length : [...text].length;
    if (length < minLength) {
      return { message: minLength === 1 ? "must not be empty" : `must have at least ${String(minLength)} characters` };
    }
    if (length > maxLength) return { message: `must have at most ${String(maxLength)} characters` };
    const message = check?.(text);
    return message === undefined ? { value: text } : { message };
  };
  return {
    name: "string",
    parse,
    parseText: (text) => (text.isWellFormed() && !text.includes("\0") ? { value: text } : { message: "must be text" }),
    toJson: identity,
    schema: {
      type: "string",
      ...(minLength > 0 ? { minLength } : {}),
      maxLength,
      ...(format === undefined ? {} : { format }),
    },
  };
}

/** An absolute URL of the web: http or https. */
export function webUrl(maxLength = 2048): ValueType<string> {
  return string({
    maxLength,
    trim: true,
    format: "uri",
    check: (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      return url?.protocol === "https:" || url?.protocol === "http:" ? undefined : "must be an http or https URL";
    },
  });
}

/** One of these words. */
export function oneOf(...words: readonly string[]): ValueType<string> {
  const parse = (json: unknown) =>
    typeof json === "string" && words.includes(json)
      ? { value: json }
      : { message: `must be one of: ${words.join(", ")}` };
  return {
    name: "oneOf",
    parse,
    parseText: parse,
    toJson: identity,
    schema: { type: "string", enum: words },
  };
}

export const boolean: ValueType<boolean> = {
  name: "boolean",
  parse: (json) => (typeof json === "boolean" ? { value: json } : { message: "must be true or false" }),
  parseText: (text) =>
    text === "true" ? { value: true } : text === "false" ? { value: false } : { message: "must be true or false" },
  toJson: (stored) => stored === true || stored === 1,
  schema: { type: "boolean" },
};

/** What an integer column holds on every database. */
const MAX_INTEGER = 2 ** 31 - 1;

/** Whether a column of whole numbers can hold it. */
export function isInteger(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) <= MAX_INTEGER;
}

const parseInteger = (value: unknown): Parsed<number> =>
  isInteger(value)
    ? { value }
    : { message: `must be a whole number from -${String(MAX_INTEGER)} to ${String(MAX_INTEGER)}` };

export const integer: ValueType<number> = {
  name: "integer",
  parse: parseInteger,
  parseText: (text) => parseInteger(/^-?\d+$/.test(text) ? Number(text) : undefined),
  toJson: (stored) => Number(stored),
  schema: { type: "integer", minimum: -MAX_INTEGER, maximum: MAX_INTEGER },
};

/** RFC 3339, with `T` and an offset, to the millisecond; ISO 8601's date alone is midnight UTC. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/i;

function parseDateTime(json: unknown): Parsed<string> {
  const isDateTime = typeof json === "string" && DATE_TIME.test(json) && isDate(json.slice(0, 10));
  const milliseconds = isDateTime ? Date.parse(json) : Number.NaN;
  const value = Number.isNaN(milliseconds) ? "" : new Date(milliseconds).toISOString();
  // An offset may lead out of the years of four digits, which alone sort as text.
  return value.length === 24 ? { value } : { message: "must be a point in time such as 2026-01-31T12:00:00Z" };
}

/** Whether the calendar has this day. JavaScript takes February 30 for March 2. */
function isDate(text: string): boolean {
  const milliseconds = Date.parse(text);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text);
}

/** A point in time: ISO 8601 in UTC with milliseconds, which is also how it is stored. */
export const dateTime: ValueType<string> = {
  name: "dateTime",
  parse: parseDateTime,
  parseText: parseDateTime,
  toJson: identity,
  schema: { type: "string", format: "date-time" },
};
