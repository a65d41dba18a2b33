import { notAcceptable, unsupportedMediaType } from "../../errors/catalogue.ts";

/** JSON:API's media type. RFC 6838 registration: no parameters but `ext` and `profile`. */
export const MEDIA_TYPE = "application/vnd.api+json";

/** What was agreed on: extension and profile URIs that apply. */
export interface Negotiated {
  readonly ext: readonly string[];
  readonly profile: readonly string[];
}

export interface Supported {
  readonly ext: readonly string[];
  readonly profile: readonly string[];
}

/** One media range or type: `type/subtype`, lower case, with its parameters. */
interface MediaRange {
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1; RFC 9110, section 12.4.2. */
  readonly quality: number;
}

/** Longer headers are an attack on the parser. */
const MAX_LENGTH = 4096;

/**
 * Whether an answer in JSON:API's media type is acceptable, and with which profiles. JSON:API 1.1, "Server Responsibilities".
 * A missing header accepts everything. `application/json` counts as acceptance: a client that parses it parses ours.
 *
 * @throws {Fault} 406
 */
export function negotiateAccept(header: string | undefined, supported: Supported): Negotiated {
  if (header === undefined) return NOTHING;
  // Clients send the same header each time.
  const known = negotiated.get(supported) ?? new Map<string, Negotiated>();
  negotiated.set(supported, known);
  let agreed = known.get(header);
  if (agreed === undefined) {
    agreed = negotiate(header, supported);
    if (known.size < MAX_KNOWN) known.set(header, agreed);
  }
  return agreed;
}

const NOTHING: Negotiated = { ext: [], profile: [] };
/** What was agreed on by header, for each of the few sets that endpoints support. */
const negotiated = new WeakMap<Supported, Map<string, Negotiated>>();
const MAX_KNOWN = 100;

function negotiate(header: string, supported: Supported): Negotiated {
  if (header.trim() === "") return NOTHING;
  const ranges = parseRanges(header);
  if (ranges === undefined) throw notAcceptable("The Accept header is not well-formed.");

  const own = ranges.filter(({ essence }) => essence === MEDIA_TYPE);
  const usable = own.filter(
    ({ parameters }) =>
      isUnmodified(parameters) && listed(parameters, "ext").every((uri) => supported.ext.includes(uri)),
  );
  if (own.length > 0 && usable.length === 0) {
    throw notAcceptable(
      `Every ${MEDIA_TYPE} in the Accept header has a parameter other than ext and profile, or an extension that is not supported here.`,
    );
  }
  // RFC 9110, section 12.5.1: the most specific range that matches decides; of several instances, the most wanted one.
  const [best] = [...usable].sort((a, b) => b.quality - a.quality);
  const quality =
    best?.quality ??
    ["application/json", "application/*", "*/*"]
      .map((essence) => ranges.find((range) => range.essence === essence)?.quality)
      .find((found) => found !== undefined) ??
    0;
  if (quality === 0) throw notAcceptable(`Answers come as ${MEDIA_TYPE}, which the Accept header does not allow.`);
  return {
    ext: best === undefined ? [] : listed(best.parameters, "ext"),
    profile:
      best === undefined ? [] : listed(best.parameters, "profile").filter((uri) => supported.profile.includes(uri)),
  };
}

/**
 * The extensions and profiles of a request document. JSON:API 1.1, "Client Responsibilities" and "Server Responsibilities".
 *
 * @throws {Fault} 415
 */
export function checkContentType(header: string | undefined, supported: Supported): Negotiated {
  const [type, ...more] = header === undefined ? [] : (parseRanges(header) ?? []);
  if (type?.essence !== MEDIA_TYPE || more.length > 0) {
    throw unsupportedMediaType(`The request body must be ${MEDIA_TYPE}.`);
  }
  // A content type has no quality: here `q` would be one more foreign parameter.
  if (!isUnmodified(type.parameters) || type.parameters.has("q")) {
    throw unsupportedMediaType(`${MEDIA_TYPE} takes no parameters but ext and profile.`);
  }
  const ext = listed(type.parameters, "ext");
  const unknown = ext.find((uri) => !supported.ext.includes(uri));
  if (unknown !== undefined) {
    throw unsupportedMediaType(`The extension ${JSON.stringify(unknown)} is not supported here.`);
  }
  return { ext, profile: listed(type.parameters, "profile").filter((uri) => supported.profile.includes(uri)) };
}

/**
 * The Content-Type of a request that needs no document. Any type will do, or none; but JSON:API's own keeps its rules wherever it is
 * named. JSON:API 1.1, "Server Responsibilities".
 *
 * @throws {Fault} 415
 */
export function checkNeedlessContentType(header: string | undefined, supported: Supported): void {
  const [type] = header === undefined ? [] : (parseRanges(header) ?? []);
  if (type?.essence === MEDIA_TYPE) checkContentType(header, supported);
}

/** The Content-Type of an answer, to the byte. */
export function contentType({ ext = [], profile = [] }: Partial<Negotiated>): string {
  const parameter = (name: string, uris: readonly string[]) => (uris.length > 0 ? `;${name}="${uris.join(" ")}"` : "");
  return MEDIA_TYPE + parameter("ext", ext) + parameter("profile", profile);
}

function isUnmodified(parameters: ReadonlyMap<string, string>): boolean {
  return [...parameters.keys()].every((name) => name === "ext" || name === "profile" || name === "q");
}

/** `ext` and `profile` are lists of URIs, separated by spaces. JSON:API 1.1, "Media Type Parameter Rules". */
function listed(parameters: ReadonlyMap<string, string>, name: string): string[] {
  return (parameters.get(name) ?? "").split(" ").filter((uri) => uri !== "");
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const RANGE = new RegExp(`\\s*(${TOKEN}/${TOKEN})`, "y");
const PARAMETER = new RegExp(`\\s*;\\s*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`, "y");
const COMMA = /\s*(?:,|$)/y;

/** RFC 9110, sections 8.3.1 and 12.5.1. `undefined`: not well-formed. */
function parseRanges(header: string): MediaRange[] | undefined {
  if (header.length > MAX_LENGTH) return undefined;
  const ranges: MediaRange[] = [];
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < header.length) {
    // Lists may have empty elements: RFC 9110, section 5.6.1.2.
    if (next(COMMA) !== null) continue;
    const essence = next(RANGE)?.[1]?.toLowerCase();
    if (essence === undefined) return undefined;
    const parameters = new Map<string, string>();
    for (let match = next(PARAMETER); match !== null; match = next(PARAMETER)) {
      const [, name, token, quoted] = match;
      if (name !== undefined) parameters.set(name.toLowerCase(), token ?? (quoted ?? "").replace(/\\(.)/g, "$1"));
    }
    if (next(COMMA) === null) return undefined;
    const quality = Number(parameters.get("q") ?? "1");
    ranges.push({ essence, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 });
  }
  return ranges;
}
