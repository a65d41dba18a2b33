import { invalidParameter } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import type { Query } from "./query.ts";

/** A part of a collection. Links lead on in the words that the client uses: pages by number and size, or offset and limit. */
export interface Page {
  /** Resources before it. */
  readonly offset: number;
  /** Resources on it at most. */
  readonly size: number;
  readonly style: "number" | "offset";
}

export interface PageLimits {
  readonly defaultSize: number;
  readonly maxSize: number;
}

/** A page further out than this would make the database skip rows for seconds. */
const MAX_OFFSET = 10_000_000;

const STYLES = {
  number: "number",
  size: "number",
  offset: "offset",
  limit: "offset",
} as const;

/**
 * The page that `page[number]` and `page[size]` ask for, or `page[offset]` and `page[limit]`, of which the first page is 1 and the
 * first offset 0. A list of ids in `filter[id]` without a size is answered whole, up to the maximum.
 *
 * @throws {Fault | Faults} 400 with `source.parameter`
 */
export function parsePage({ page, filters }: Query, limits: PageLimits): Page {
  const faults = new FaultList();
  const numbers = new Map<string, number>();
  let style: Page["style"] | undefined;
  for (const [member, text] of page) {
    faults.collect(() => {
      const parameter = `page[${member}]`;
      const own = Object.hasOwn(STYLES, member) ? STYLES[member as keyof typeof STYLES] : undefined;
      if (own === undefined) {
        throw invalidParameter(parameter, `There is no ${parameter} here. Take page[number] and page[size].`);
      }
      if (style !== undefined && style !== own) {
        throw invalidParameter(parameter, "Take either page[number] and page[size], or page[offset] and page[limit].");
      }
      style = own;
      numbers.set(member, parseNumber(parameter, text, member === "offset" ? 0 : 1));
    });
  }
  faults.throwIfAny();

  const sizeMember = style === "offset" ? "limit" : "size";
  const size = numbers.get(sizeMember) ?? defaultSize(filters, limits);
  if (size > limits.maxSize) {
    throw invalidParameter(`page[${sizeMember}]`, `page[${sizeMember}] must be ${String(limits.maxSize)} at most.`);
  }
  const offset = style === "offset" ? (numbers.get("offset") ?? 0) : ((numbers.get("number") ?? 1) - 1) * size;
  if (offset > MAX_OFFSET) {
    throw invalidParameter(`page[${style ?? "number"}]`, `page[${style ?? "number"}] is too far out.`);
  }
  return { offset, size, style: style ?? "number" };
}

function parseNumber(parameter: string, text: string, least: 0 | 1): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (number < least) throw invalidParameter(parameter, `${parameter} must be a whole number from ${String(least)}.`);
  return number;
}

function defaultSize(filters: Query["filters"], { defaultSize, maxSize }: PageLimits): number {
  const ids = filters.find(({ path, operator }) => path.join(".") === "id" && (operator === "eq" || operator === "in"));
  return Math.min(maxSize, Math.max(defaultSize, ids?.values.length ?? 0));
}
