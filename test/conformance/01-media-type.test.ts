import { CURSORS, samples, WITH_CURSORS } from "../fixtures/articles/documents.ts";
import { makeArticles, MEDIA_TYPE } from "../fixtures/articles/server.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("format", "The media type", import.meta.url);

const UNKNOWN = "https://example.org/unknown";
conforms(
  {
    anchor: "media-type-parameter-rules",
    level: "MUST NOT",
    says: "The JSON:API media type is not specified with any media type parameters other than `ext` and `profile`",
  },
  async (t) => {
    for (const [name, { headers }] of await samples(await makeArticles(t))) {
      t.match(headers["content-type"], /^application\/vnd\.api\+json(;ext="[^"]+")?(;profile="[^"]+")?$/, name);
    }
  },
);
outOfReach({
  anchor: "media-type-parameter-rules",
  level: "SHOULD",
  says: "Visiting an extension's or a profile's URI returns documentation that describes its usage",
  why: "both URIs here are jsonapi.org's own, not this server's",
});
conforms(
  {
    anchor: "media-type-parameter-rules",
    level: "MUST",
    says: "The values of the `ext` and `profile` parameters equal a space-separated list of extension or profile URIs",
  },
  async (t) => {
    const server = await makeArticles(t);
    const profiles = (list: string) => ({ headers: { accept: `${MEDIA_TYPE};profile="${list}"` } });
    const among = await server.ask("GET", "/api/articles", profiles(`${UNKNOWN} ${CURSORS}`));
    t.equal(among.headers["content-type"], WITH_CURSORS, "one of a list is applied, and named alone");
    const joined = await server.ask("GET", "/api/articles", profiles(`${UNKNOWN},${CURSORS}`));
    t.equal(joined.headers["content-type"], MEDIA_TYPE, "a comma separates nothing");
  },
);
for (const [level, says] of [
  ["MAY", "An extension imposes additional processing rules or further restrictions"],
  [
    "MUST NOT",
    "An extension does not lessen or remove any processing rules, restrictions or object member requirements",
  ],
  ["MAY", "An extension defines new members within the document structure"],
  ["MAY", "An extension defines new query parameters"],
  ["MUST", "An extension that defines new query parameters or document members defines a namespace"],
  ["MUST", "A namespace contains at least one character, and only the characters a-z, A-Z and 0-9"],
  ["MUST NOT", "An extension does not define more than one namespace"],
  ["MUST", "The namespace used for all query parameters and document members is the same for any given extension"],
] as const) {
  outOfReach({ anchor: "extension-rules", level, says, why: "for authors of extensions; this server defines none" });
}
for (const [level, says] of [
  ["MAY", "A profile defines document members and processing rules that are reserved for implementors"],
  ["MUST NOT", "A profile does not define any query parameters except implementation-specific ones"],
  ["MUST NOT", "A profile does not alter or remove processing rules of the specification or of an extension"],
  ["MAY", "A profile defines processing rules for query parameters that are reserved for implementors"],
] as const) {
  outOfReach({ anchor: "profile-rules", level, says, why: "for authors of profiles; this server defines none" });
}
