/** The texts of the page's language that scripts say; the page brings them along. */
const texts = JSON.parse(document.body.dataset.texts);

/** A text with its places filled in: `text("say.tooShort", { min: 8 })`. */
export function text(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** The words for a `Retry-After`: seconds or a date (RFC 9110, section 10.2.3), or nothing that can be read. */
export function waitWords(header) {
  const seconds = /^\d+$/.test(header ?? "")
    ? Number(header)
    : Math.ceil((Date.parse(header ?? "") - Date.now()) / 1000);
  if (!(seconds > 0)) return text("say.soon");
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang);
  if (seconds <= 90) return words.format(seconds, "second");
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? words.format(minutes, "minute") : words.format(Math.ceil(minutes / 60), "hour");
}
