import Negotiator from "negotiator";

/** Browsers send some hundred characters; nobody reads more languages than fit into these. */
const LONGEST_HEADER = 1000;

/**
 * The language, of those there are, that an `Accept-Language` header likes best; null if it likes none, says nothing (`*`), or makes
 * no sense. RFC 9110, section 12.5.4; by the lookup of RFC 4647, section 3.4 (`de-AT` finds `de`), and the other way round: whoever
 * asks for `pt` is glad of `pt-BR`.
 *
 * @param available canonical tags
 */
export function matchLanguage(header: string | undefined, available: readonly string[]): string | null {
  if (header === undefined || header === "*" || header.length > LONGEST_HEADER) return null;
  for (const range of new Negotiator({ headers: { "accept-language": header } }).languages()) {
    const found = range === "*" ? undefined : lookUp(range.toLowerCase(), available);
    if (found !== undefined) return found;
  }
  return null;
}

function lookUp(range: string, available: readonly string[]): string | undefined {
  for (let tag = range; tag !== ""; tag = shortened(tag)) {
    const found = available.find((candidate) => candidate.toLowerCase() === tag);
    if (found !== undefined) return found;
  }
  const [language = ""] = range.split("-");
  return available.find((candidate) => candidate.toLowerCase().startsWith(`${language}-`));
}

/** Without its last subtag, and without a single letter that would then be the last. */
function shortened(tag: string): string {
  return tag.replace(/(?:-[^-])?-[^-]*$|^[^-]*$/, "");
}
