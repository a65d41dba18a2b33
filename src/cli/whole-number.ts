import { InvalidArgumentError } from "commander";

/** An argument that is a whole number from 1 to 99,999,999. @throws {InvalidArgumentError} */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}
