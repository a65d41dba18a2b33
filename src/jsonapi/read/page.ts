import { invalidParameter } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";

/** By number and size; the first page is number 1. */
export interface Page {
  readonly number: number;
  readonly size: number;
}

export interface PageLimits {
  readonly defaultSize: number;
  readonly maxSize: number;
}

/** A page further out than this would make the database skip rows for seconds. */
const MAX_OFFSET = 10_000_000;

/**
 * The page that `page[number]` and `page[size]` ask for.
 *
 * @throws {Fault | Faults} 400 with `source.parameter`
 */
export function parsePage(page: ReadonlyMap<string, string>, limits: PageLimits): Page {
  const faults = new FaultList();
  let number = 1;
  let size = limits.defaultSize;
  for (const [member, text] of page) {
    faults.collect(() => {
      const parameter = `page[${member}]`;
      if (member !== "number" && member !== "size") {
        throw invalidParameter(parameter, `There is no ${parameter} here. Take page[number] and page[size].`);
      }
      if (!/^[1-9]\d{0,8}$/.test(text))
        throw invalidParameter(parameter, `${parameter} must be a whole number from 1.`);
      if (member === "number") number = Number(text);
      else size = Number(text);
      if (size > limits.maxSize) {
        throw invalidParameter(parameter, `${parameter} must be ${String(limits.maxSize)} at most.`);
      }
    });
  }
  faults.throwIfAny();
  if ((number - 1) * size > MAX_OFFSET) throw invalidParameter("page[number]", "page[number] is too far out.");
  return { number, size };
}
