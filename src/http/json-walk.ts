import { createScanner, type JSONScanner } from "jsonc-parser";

import { malformedBody } from "../errors/catalogue.ts";
import { pointer } from "../errors/pointer.ts";

/** Deeper documents are attacks on whatever walks them recursively; JSON:API's deepest have about 12 levels. */
export const MAX_DEPTH = 64;

/** jsonc-parser's `SyntaxKind`. Its declarations have it as a const enum, which a module compiled by itself cannot read. */
const Kind = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineBreak: 14,
  blank: 15,
  end: 17,
} as const;

/** An array or object that is open, with the index or key at which the walk stands in it. `keys` is undefined for an array. */
interface Container {
  readonly keys: Set<string> | undefined;
  at: string | number;
}

type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or close" | "end";

/**
 * Walks the tokens of a JSON text once, without recursion, and refuses what `JSON.parse` would take or tell too little of:
 * - a syntax fault, with its line and column. RFC 8259.
 * - a key that an object has twice: parsers differ in which one wins, so a proxy's filter and this server would read two
 *   documents. RFC 7493, section 2.3.
 * - the key `__proto__`, however it is spelled, and more than {@link MAX_DEPTH} levels.
 *
 * @throws {Fault} 400 malformed-body
 */
export function walkJson(text: string): void {
  const scanner = createScanner(text, false);
  const open: Container[] = [];
  let expected: Expected = "value";

  for (;;) {
    const kind: number = scanner.scan();
    if (kind === Kind.blank || kind === Kind.lineBreak) continue;
    if ((scanner.getTokenError() as number) !== 0) throw unexpected(scanner, kind);

    const inside = open.at(-1);
    if (kind === Kind.end && expected === "end") return;
    if (expected === "colon" && kind === Kind.colon) {
      expected = "value";
    } else if (expected === "comma or close" && kind === Kind.comma && inside !== undefined) {
      if (typeof inside.at === "number") inside.at += 1;
      expected = inside.keys === undefined ? "value" : "key";
    } else if (inside !== undefined && closes(kind, inside, expected)) {
      open.pop();
      expected = open.length === 0 ? "end" : "comma or close";
    } else if (kind === Kind.string && inside?.keys !== undefined && expected.startsWith("key")) {
      takeKey(scanner.getTokenValue(), open, inside, inside.keys);
      expected = "colon";
    } else if (expected.startsWith("value") && (kind === Kind.openBrace || kind === Kind.openBracket)) {
      if (open.length === MAX_DEPTH) {
        throw malformedBody(`The body has more than ${String(MAX_DEPTH)} levels of arrays and objects.`);
      }
      const isObject = kind === Kind.openBrace;
      open.push(isObject ? { keys: new Set(), at: "" } : { keys: undefined, at: 0 });
      expected = isObject ? "key or }" : "value or ]";
    } else if (expected.startsWith("value") && kind >= Kind.null && kind <= Kind.number) {
      expected = open.length === 0 ? "end" : "comma or close";
    } else {
      throw unexpected(scanner, kind);
    }
  }
}

function closes(kind: number, inside: Container, expected: Expected): boolean {
  return inside.keys === undefined
    ? kind === Kind.closeBracket && (expected === "value or ]" || expected === "comma or close")
    : kind === Kind.closeBrace && (expected === "key or }" || expected === "comma or close");
}

function takeKey(key: string, open: readonly Container[], inside: Container, keys: Set<string>): void {
  inside.at = key;
  const place = () => pointer(...open.map((container) => container.at));
  if (key === "__proto__") throw malformedBody("The body has the key __proto__, which is not allowed.", place());
  if (keys.has(key)) throw malformedBody(`The body has the key ${JSON.stringify(key)} twice in one object.`, place());
  keys.add(key);
}

/** Names the kind of token, not its text: that may be half a password. */
function unexpected(scanner: JSONScanner, kind: number): Error {
  const names: Readonly<Record<number, string>> = {
    [Kind.openBrace]: "{",
    [Kind.closeBrace]: "}",
    [Kind.openBracket]: "[",
    [Kind.closeBracket]: "]",
    [Kind.comma]: "comma",
    [Kind.colon]: "colon",
    [Kind.null]: "null",
    [Kind.true]: "true",
    [Kind.false]: "false",
    [Kind.string]: "string",
    [Kind.number]: "number",
    [Kind.end]: "end",
  };
  const what =
    (scanner.getTokenError() as number) === 0
      ? `Unexpected ${names[kind] ?? "characters"}`
      : `Ill-formed ${names[kind] ?? "characters"}`;
  const line = scanner.getTokenStartLine() + 1;
  const column = scanner.getTokenStartCharacter() + 1;
  return malformedBody(`The body is not JSON: ${what} at line ${String(line)}, column ${String(column)}.`);
}
