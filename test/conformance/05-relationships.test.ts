import {
  changed,
  FIRST,
  newArticle,
  person,
  relationshipsIn,
  resourcesIn,
  samples,
  tag,
  TAGS,
} from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, people } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("format", "Relationships and resource links", import.meta.url);

conforms(
  {
    anchor: "document-resource-object-relationships",
    level: "MUST",
    says: "The value of the `relationships` key is an object",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const relationships of [[], "text", 5, null]) {
      const body = newArticle({}, { relationships });
      const answer = await server.ask("POST", "/api/articles", { as: "editor", body });
      t.same(faultsIn(answer), ["400 /data/relationships"], JSON.stringify(relationships));
    }
    t.same(Object.keys((await server.get(FIRST)).body.data.relationships), ["author", "sequelTo", "tags"]);
  },
);
conforms(
  {
    anchor: "document-resource-object-relationships",
    level: "MUST",
    says: "The value at a relationship's key is an object",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const author of [people.ada, [person("ada")], null, 5]) {
      const body = newArticle({}, { relationships: { author } });
      const answer = await server.ask("POST", "/api/articles", { as: "editor", body });
      t.same(faultsIn(answer), ["400 /data/relationships/author"], JSON.stringify(author));
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-relationships-relationship-object",
    level: "MUST",
    says: "A relationship object contains at least one of `links` (with `self` or `related`), `data`, `meta`, and extension members",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, answer] of await samples(server)) {
      for (const [place, { links }] of relationshipsIn(answer)) {
        t.same(Object.keys(links as object).sort(), ["related", "self"], `${name}: ${place}`);
      }
    }
    const body = newArticle({}, { relationships: { author: {} } });
    const refused = await server.ask("POST", "/api/articles", { as: "editor", body });
    t.same(faultsIn(refused), ["400 /data/relationships/author"]);
  },
);
outOfReach({
  anchor: "document-resource-object-relationships-relationship-object",
  level: "MAY",
  says: "A relationship object that represents a to-many relationship also contains pagination links",
  why: "relationship objects are never pages here: linkage is whole, or left to its own URL, which is paginated",
});
conforms(
  {
    anchor: "document-resource-object-relationships-relationship-object",
    level: "MUST",
    says: "Any pagination links in a relationship object paginate the relationship data, not the related resources",
  },
  async (t) => {
    const server = await makeArticles(t);
    const pages = await server.get(`${TAGS}?page[size]=1`);
    t.same(pages.body.data, [tag("red")], "the relationship's own URL is where its data is paginated");
    t.match(pages.body.links.next, `${PUBLIC_URL}${TAGS}?`);
    for (const [place, { links }] of relationshipsIn(await server.get("/api/articles?include=tags"))) {
      t.notOk("next" in links, place);
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-related-resource-links",
    level: "MUST",
    says: "A related resource link references a valid URL, even if the relationship isn't associated with any target resources",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, answer] of await samples(server)) {
      for (const [place, { links }] of relationshipsIn(answer)) {
        const related = await server.get((links.related as string).slice(PUBLIC_URL.length), "editor");
        t.equal(related.status, 200, `${name}: ${place}`);
      }
    }
    t.equal((await server.get(`${FIRST}/sequelTo`)).body.data, null);
  },
);
conforms(
  {
    anchor: "document-resource-object-related-resource-links",
    level: "MUST NOT",
    says: "A related resource link does not change because its relationship's content changes",
  },
  async (t) => {
    const server = await makeArticles(t);
    const links = async () => (await server.get(FIRST)).body.data.relationships.tags.links as unknown;
    const before = await links();
    t.equal((await server.ask("PATCH", TAGS, { as: "editor", body: { data: [] } })).status, 204);
    t.same(await links(), before);
    t.equal((await server.ask("PATCH", TAGS, { as: "editor", body: { data: [tag("blue")] } })).status, 204);
    t.same(await links(), before);
  },
);
conforms(
  {
    anchor: "document-resource-object-linkage",
    level: "MUST",
    says: "Linkage is `null`, an empty array, a single identifier, or an array of identifiers, as the relationship is",
  },
  async (t) => {
    const server = await makeArticles(t);
    const linkage = async (url: string, name: string) =>
      (await server.get(`${url}?include=${name}`)).body.data.relationships[name].data as unknown;
    t.equal(await linkage(FIRST, "sequelTo"), null);
    t.same(await linkage(`/api/articles/${articles.fourth}`, "tags"), []);
    t.same(await linkage(FIRST, "author"), person("ada"));
    t.same(await linkage(FIRST, "tags"), [tag("red"), tag("green")]);
    for (const [name, data] of [
      ["tags", null],
      ["tags", tag("red")],
      ["author", []],
      ["author", [person("ada")]],
      ["author", people.ada],
    ] as const) {
      const body = changed("first", {}, { relationships: { [name]: { data } } });
      const answer = await server.ask("PATCH", FIRST, { as: "editor", body });
      t.same(faultsIn(answer), [`400 /data/relationships/${name}/data`], `${name} ${JSON.stringify(data)}`);
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-links",
    level: "MAY",
    says: "A resource's links object contains a `self` link that identifies the resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, answer] of await samples(server)) {
      for (const { type, id, links } of resourcesIn(answer)) {
        t.equal(links.self, `${PUBLIC_URL}/api/${String(type)}/${String(id)}`, name);
      }
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-links",
    level: "MUST",
    says: "A server responds to a `GET` request to the `self` URL with a response that includes the resource as the primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, answer] of await samples(server)) {
      for (const { type, id, links } of resourcesIn(answer)) {
        const own = await server.get((links.self as string).slice(PUBLIC_URL.length), "editor");
        t.match(own.body.data, { type, id }, name);
      }
    }
  },
);
