import { invalidParameter } from "../../errors/catalogue.ts";
import { attemptAll, FaultList } from "../../errors/fault.ts";
import { pageTooLarge } from "./cursor.ts";
import type { Query } from "./query.ts";
import { suggest } from "./suggest.ts";

/** A part of a collection. Links lead on in the words that the client uses. */
export type Page = OffsetPage | CursorPage;

/** By number and size, or offset and limit. */
export interface OffsetPage {
  readonly kind: "offset";
  /** Resources before it. */
  readonly offset: number;
  /** Resources on it at most. */
  readonly size: number;
  readonly style: "number" | "offset";
}

/** From a place in the order, whatever stands before it. Cursor Pagination profile. */
export interface CursorPage {
  readonly kind: "cursor";
  readonly size: number;
  /** Absent or empty: from the beginning. */
  readonly after?: string;
  /** Absent: as far as `size` goes; empty: up to the end. */
  readonly before?: string;
}

/** Whether a page is read from its end: where only that is known. */
export function readsBackwards({ after, before }: CursorPage): boolean {
  return before !== undefined && after === undefined;
}

export interface PageLimits {
  readonly defaultSize: number;
  readonly maxSize: number;
}

/** What a page depends on beside the query. */
export interface PageTerms {
  readonly limits: PageLimits;
  /** The client asked for the Cursor Pagination profile. */
  readonly prefersCursors: boolean;
}

/** A page further out than this would make the database skip rows for seconds. */
const MAX_OFFSET = 10_000_000;

const STYLES = {
  number: "number",
  size: null,
  offset: "offset",
  limit: "offset",
  after: "cursor",
  before: "cursor",
} as const;

/**
 * The page that `page[number]` and `page[size]` ask for, or `page[offset]` and `page[limit]`, or `page[after]`, `page[before]` and
 * `page[size]`. The first page is 1, the first offset 0, and the first cursor empty. A list of ids in `filter[id]` without a size is
 * answered whole, up to the maximum.
 *
 * @throws {Fault | Faults} 400 with `source.parameter`
 */
export function parsePage({ page, filters }: Query, { limits, prefersCursors }: PageTerms): Page {
  const style = styleOf(page) ?? (prefersCursors ? "cursor" : "number");
  const number = (member: string, least: 0 | 1) => {
    const text = page.get(member);
    return text === undefined ? undefined : parseNumber(`page[${member}]`, text, least);
  };
  const sizeMember = style === "offset" ? "limit" : "size";
  const [given, offset, pageNumber] = attemptAll(
    () => number(sizeMember, 1),
    () => number("offset", 0),
    () => number("number", 1),
  );
  const after = page.get("after");
  const before = page.get("before");
  // Cursor Pagination profile, "Combining `page[after]` and `page[before]`": a range is given whole, if it can be.
  const isRange = after !== undefined && before !== undefined;
  const size = given ?? (isRange ? limits.maxSize : defaultSize(filters, limits));
  if (size > limits.maxSize) throw tooLarge(`page[${sizeMember}]`, limits.maxSize, style);
  if (style === "cursor") {
    return {
      kind: "cursor",
      size,
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    };
  }
  const start = offset ?? ((pageNumber ?? 1) - 1) * size;
  if (start > MAX_OFFSET)
    throw invalidParameter(`page[${style}]`, `page[${style}] is too far out: go on by page[after].`);
  return { kind: "offset", offset: start, size, style };
}

/** @throws {Fault | Faults} 400 for members that there are not, or that do not go together */
function styleOf(page: Query["page"]): "number" | "offset" | "cursor" | undefined {
  const faults = new FaultList();
  let style: "number" | "offset" | "cursor" | undefined;
  for (const member of page.keys()) {
    const parameter = `page[${member}]`;
    const own = Object.hasOwn(STYLES, member) ? STYLES[member as keyof typeof STYLES] : undefined;
    if (own === undefined) {
      const known = Object.keys(STYLES);
      faults.add(
        invalidParameter(
          parameter,
          `There is no ${parameter}. There are: ${known.join(", ")}.`,
          suggest(member, known),
        ),
      );
    } else if (own !== null) {
      if (style !== undefined && style !== own) {
        faults.add(
          invalidParameter(
            parameter,
            "Pages go by number and size, or by offset and limit, or by after, before and size.",
          ),
        );
      }
      style = own;
    }
  }
  if (style === "offset" && page.has("size")) {
    faults.add(invalidParameter("page[size]", "With page[offset] the size is page[limit]."));
  }
  faults.throwIfAny();
  return style;
}

function parseNumber(parameter: string, text: string, least: 0 | 1): number {
  // As the Cursor Pagination profile has it: any sequence of digits is a number, however long.
  const number = /^[0-9]+$/.test(text) ? Number(text) : -1;
  if (number < least) throw invalidParameter(parameter, `${parameter} must be a whole number from ${String(least)}.`);
  return number;
}

function tooLarge(parameter: string, maxSize: number, style: string) {
  const detail = `${parameter} is too large; ${String(maxSize)} is the maximum.`;
  return style === "cursor" ? pageTooLarge(parameter, detail, maxSize) : invalidParameter(parameter, detail);
}

function defaultSize(filters: Query["filters"], { defaultSize, maxSize }: PageLimits): number {
  const ids = filters.find(({ path, operator }) => path.join(".") === "id" && (operator === "eq" || operator === "in"));
  return Math.min(maxSize, Math.max(defaultSize, ids?.values.length ?? 0));
}
