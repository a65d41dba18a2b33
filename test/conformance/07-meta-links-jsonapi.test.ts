import {
  changed,
  CURSORS,
  FIRST,
  newArticle,
  operate,
  relationshipsIn,
  resourcesIn,
  samples,
  TAGS,
  ATOMIC,
} from "../fixtures/articles/documents.ts";
import { makeArticles, PUBLIC_URL, type Answer } from "../fixtures/articles/server.ts";
import type { Json } from "../fixtures/document.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("format", "Meta information, links and the JSON:API object", import.meta.url);

/** Every links object of a document. */
const linksIn = (answer: Answer): Json[] => [
  ...(answer.body.links === undefined ? [] : [answer.body.links]),
  ...resourcesIn(answer).map(({ links }) => links),
  ...relationshipsIn(answer).map(([, { links }]) => links),
  ...((answer.body.errors ?? []) as Json[]).flatMap(({ links }) => (links === undefined ? [] : [links])),
];

conforms(
  { anchor: "document-meta", level: "MUST", says: "The value of each `meta` member is an object" },
  async (t) => {
    const server = await makeArticles(t);
    let count = 0;
    for (const [name, { body }] of await samples(server)) {
      const items = [body, ...[body.data ?? []].flat(), ...(body.errors ?? [])] as Json[];
      for (const { meta } of items.filter((item) => "meta" in item)) {
        t.ok(typeof meta === "object" && meta !== null && !Array.isArray(meta), name);
        count += 1;
      }
    }
    t.ok(count > 8);
  },
);
conforms(
  { anchor: "document-meta", level: "MAY", says: "Any members are specified within `meta` objects" },
  async (t) => {
    const server = await makeArticles(t);
    const body = { ...newArticle({}, { meta: { deep: { any: [1, null, "thing"] } } }), meta: { "own-name": 1 } };
    t.equal((await server.ask("POST", "/api/articles", { as: "editor", body })).status, 201);
    t.same((await server.get("/api/articles?page[size]=2", "editor")).body.meta, {
      total: 5,
      page: { number: 1, size: 2, total: 5 },
    });
  },
);

conforms(
  { anchor: "document-links", level: "MUST", says: "The value of the `links` member is an object" },
  async (t) => {
    let count = 0;
    for (const [name, answer] of await samples(await makeArticles(t))) {
      for (const links of linksIn(answer)) {
        t.ok(typeof links === "object" && links !== null && !Array.isArray(links), name);
        count += 1;
      }
    }
    t.ok(count > 50);
  },
);
conforms(
  {
    anchor: "document-links-link",
    level: "MUST",
    says: "A link is represented as a string whose value is a URI-reference, a link object, or `null` if the link does not exist",
  },
  async (t) => {
    const kinds = new Set<string>();
    for (const [name, answer] of await samples(await makeArticles(t))) {
      for (const links of linksIn(answer)) {
        for (const [relation, link] of Object.entries(links as Record<string, Json>)) {
          const href = link === null ? PUBLIC_URL : typeof link === "string" ? link : link.href;
          kinds.add(link === null ? "null" : typeof link);
          t.ok(typeof href === "string" && URL.canParse(href) && !/[[\] "<>]/.test(href), `${name}: ${relation}`);
        }
      }
    }
    t.same([...kinds].sort(), ["null", "object", "string"]);
  },
);
outOfReach({
  anchor: "document-links-link",
  level: "SHOULD",
  says: "A link's relation type is inferred from the name of the link unless the link object has a `rel` member",
  why: "about whoever reads links; no link here has a `rel`",
});
conforms({ anchor: "document-links-link-object", level: "MUST", says: "A link object contains `href`" }, async (t) => {
  const server = await makeArticles(t);
  const { self } = (await server.get("/api/articles?page[after]=")).body.links;
  t.equal(self.href, `${PUBLIC_URL}/api/articles?page%5Bafter%5D=`);
  const again = await server.get((self.href as string).slice(PUBLIC_URL.length));
  t.same(again.body.links.self, self);
});
conforms(
  {
    anchor: "document-links-link-object",
    level: "MAY",
    says: "A link object also contains `rel`, `describedby`, `title`, `type`, `hreflang` and `meta`",
  },
  async (t) => {
    const { headers, body } = await (await makeArticles(t)).get(`${TAGS}?page[after]=`);
    t.same(Object.keys(body.links.self).sort(), ["href", "type"]);
    t.equal(body.links.self.type, headers["content-type"]);
  },
);
for (const [member, says] of [
  ["rel", "The value of `rel` is a valid link relation type"],
  ["hreflang", "Each string of `hreflang` is a valid language tag"],
] as const) {
  outOfReach({
    anchor: "document-links-link-object",
    level: "MUST",
    says,
    why: `no link has a \`${member}\`; test/fixtures/document/links.ts would judge one in any answer of the suite`,
  });
}

conforms(
  {
    anchor: "document-jsonapi-object",
    level: "MAY",
    says: "A document includes information about its implementation under a top-level `jsonapi` member",
  },
  async (t) => {
    for (const [name, { body }] of await samples(await makeArticles(t))) t.equal(body.jsonapi.version, "1.1", name);
  },
);
conforms(
  {
    anchor: "document-jsonapi-object",
    level: "MUST",
    says: "If present, the value of the `jsonapi` member is an object",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same((await server.get(FIRST)).body.jsonapi, { version: "1.1" });
    t.same((await server.get("/api/nope")).body.jsonapi, { version: "1.1" });
  },
);
conforms(
  {
    anchor: "document-jsonapi-object",
    level: "MAY",
    says: "The jsonapi object contains `version`, `ext`, `profile` and `meta`",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same((await server.get("/api/articles?page[after]=")).body.jsonapi, { version: "1.1", profile: [CURSORS] });
    const results = await operate(server, [{ op: "update", ...changed("first", { rating: 1 }) }]);
    t.same(results.body.jsonapi, { version: "1.1", ext: [ATOMIC] });
  },
);
conforms(
  {
    anchor: "document-jsonapi-object",
    level: "MUST NOT",
    says: "Servers do not use an `ext` or `profile` member for content negotiation",
  },
  async (t) => {
    const server = await makeArticles(t);
    const jsonapi = { version: "1.1", ext: ["https://example.org/unknown", ATOMIC], profile: [CURSORS] };
    const made = await server.ask("POST", "/api/articles", { as: "editor", body: { ...newArticle(), jsonapi } });
    t.equal(made.status, 201);
    t.same(made.body.jsonapi, { version: "1.1" });
  },
);
conforms(
  {
    anchor: "document-jsonapi-object",
    level: "MUST",
    says: "Content negotiation only happens based on media type parameters in the header",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = {
      jsonapi: { ext: [ATOMIC] },
      "atomic:operations": [{ op: "update", ...changed("first", { rating: 1 }) }],
    };
    t.equal((await server.ask("POST", "/api/operations", { as: "editor", body })).status, 415);
    t.equal((await server.get(FIRST)).body.data.attributes.rating, 5);
  },
);
