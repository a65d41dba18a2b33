/** RFC 5646, section 4.4.1: what any registered language, script and region needs. */
const MAX_TAG_LENGTH = 35;

/** Whether a text is a language tag in its canonical form: `de`, `pt-BR`, `zh-Hant`. RFC 5646, section 4.5. */
export function isLanguageTag(text: string): boolean {
  return canonicalTag(text) === text;
}

/** The canonical form of a language tag, or `undefined` if it is none. */
function canonicalTag(text: string): string | undefined {
  if (text.length > MAX_TAG_LENGTH) return undefined;
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}
