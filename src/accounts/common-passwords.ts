import { createRequire } from "node:module";
import type * as Language from "@zxcvbn-ts/language-common";

let common: ReadonlySet<string> | undefined;

/**
 * Whether a password, in lower case, is among those that people use most. The list takes long to load (25 ms, 5 MB), so it is loaded when
 * the first password is judged, and not before the server listens.
 */
export function isCommonPassword(password: string): boolean {
  if (common === undefined) {
    const require = createRequire(import.meta.url);
    const { dictionary } = require("@zxcvbn-ts/language-common") as typeof Language;
    common = new Set(dictionary["passwords-common"]);
  }
  return common.has(password);
}
