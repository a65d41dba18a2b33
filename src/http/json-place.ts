import { createScanner } from "jsonc-parser";

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

/** How the kinds are called in a message. Not by their text: that may be half a password. */
const NAMES: Readonly<Record<number, string>> = {
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

type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or close" | "end";

/**
 * Where a text stops being JSON (RFC 8259), e.g. `Unexpected comma at line 2, column 7`; undefined when it does not. Lines and
 * columns begin with 1. `JSON.parse` gives a place for some faults only, and its words quote the text.
 */
export function describeSyntaxFault(text: string): string | undefined {
  const scanner = createScanner(text, false);
  const open: ("object" | "array")[] = [];
  let expected: Expected = "value";

  for (;;) {
    const kind: number = scanner.scan();
    if (kind === Kind.blank || kind === Kind.lineBreak) continue;
    const isWellFormed = (scanner.getTokenError() as number) === 0;
    const next: Expected | undefined = isWellFormed ? follow(expected, kind, open) : undefined;
    if (next === undefined) {
      const line = scanner.getTokenStartLine() + 1;
      const column = scanner.getTokenStartCharacter() + 1;
      const what = `${isWellFormed ? "Unexpected" : "Ill-formed"} ${NAMES[kind] ?? "characters"}`;
      return `${what} at line ${String(line)}, column ${String(column)}`;
    }
    if (kind === Kind.end) return undefined;
    expected = next;
  }
}

/** What may come after a token of this kind, or undefined when it may not come here. Keeps `open` up to date. */
function follow(expected: Expected, kind: number, open: ("object" | "array")[]): Expected | undefined {
  const inside = open.at(-1);

  switch (kind) {
    case Kind.end:
      return expected === "end" ? "end" : undefined;
    case Kind.colon:
      return expected === "colon" ? "value" : undefined;
    case Kind.comma:
      if (expected !== "comma or close") return undefined;
      return inside === "object" ? "key" : "value";
    case Kind.closeBrace:
    case Kind.closeBracket: {
      const closes = kind === Kind.closeBrace ? "object" : "array";
      const isEmpty = expected === (kind === Kind.closeBrace ? "key or }" : "value or ]");
      if (inside !== closes || !(isEmpty || expected === "comma or close")) return undefined;
      open.pop();
      return afterValue(open);
    }
  }
  if (expected.startsWith("key")) return kind === Kind.string ? "colon" : undefined;
  if (!expected.startsWith("value")) return undefined;
  if (kind === Kind.openBrace || kind === Kind.openBracket) {
    open.push(kind === Kind.openBrace ? "object" : "array");
    return kind === Kind.openBrace ? "key or }" : "value or ]";
  }
  return kind >= Kind.null && kind <= Kind.number ? afterValue(open) : undefined;
}

function afterValue(open: readonly unknown[]): Expected {
  return open.length === 0 ? "end" : "comma or close";
}
