/** A JSON pointer from its reference tokens: `pointer("data", "attributes", "a/b")` is `/data/attributes/a~1b`. RFC 6901, section 3. */
export function pointer(...tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
