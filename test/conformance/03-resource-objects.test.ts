import {
  article,
  changed,
  FIRST,
  newArticle,
  person,
  relationshipsIn,
  resourcesIn,
  samples,
  SECOND,
  tag,
  TAGS,
} from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, people } from "../fixtures/articles/tables.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeAdmin } from "../fixtures/people.ts";

const { conforms, outOfReach } = section("format", "Resource objects", import.meta.url);

conforms(
  { anchor: "document-resource-objects", level: "MUST", says: "A resource object contains at least `id` and `type`" },
  async (t) => {
    const server = await makeArticles(t);
    let count = 0;
    for (const [name, answer] of await samples(server)) {
      for (const { id, type } of resourcesIn(answer)) {
        t.ok(id !== "" && type !== "", name);
        count += 1;
      }
    }
    t.ok(count > 10);
    const { type: _, ...untyped } = newArticle().data;
    const refused = await server.ask("POST", "/api/articles", { as: "editor", body: { data: untyped } });
    t.same(faultsIn(refused), ["400 /data"]);
    const nameless = await server.ask("PATCH", FIRST, { as: "editor", body: { data: { type: "articles" } } });
    t.same(faultsIn(nameless), ["400 /data"]);
  },
);
conforms(
  {
    anchor: "document-resource-objects",
    level: "MAY",
    says: "The `id` is left out for a new resource; a client includes a `lid` to identify it locally within the document",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const more of [{}, { lid: "local" }]) {
      const body = newArticle({ slug: JSON.stringify(more) }, more);
      const { status, body: made } = await server.ask("POST", "/api/articles", { as: "editor", body });
      t.equal(status, 201);
      t.type(made.data.id, "string");
      t.notOk("lid" in made.data, "the answer identifies it by its id");
    }
  },
);
conforms(
  {
    anchor: "document-resource-objects",
    level: "MAY",
    says: "A resource object contains `attributes`, `relationships`, `links` and `meta`",
  },
  async (t) => {
    const { body } = await (await makeArticles(t)).get("/api/articles?page[after]=&page[size]=1");
    t.same(Object.keys(body.data[0]).sort(), ["attributes", "id", "links", "meta", "relationships", "type"]);
  },
);
conforms(
  {
    anchor: "document-resource-object-identification",
    level: "MUST",
    says: "Every resource object contains a `type`, and an `id` unless it represents a new resource from the client",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const id of [undefined, null]) {
      const body = { data: { type: "articles", id, attributes: { title: "X" } } };
      t.same(
        faultsIn(await server.ask("PATCH", FIRST, { as: "editor", body })),
        ["400 /data"],
        "an update is of what there is",
      );
    }
    for (const resource of resourcesIn(await server.get("/api/people?include=articles"))) {
      t.match(resource, { type: /^(people|articles)$/, id: /^[0-9a-f-]{36}$/ });
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-identification",
    level: "MUST",
    says: "The `lid` is identical for every representation of the resource in the document, including identifiers",
  },
  async (t) => {
    const server = await makeArticles(t);
    const referring = (lid: string) =>
      newArticle(
        {},
        {
          lid: "me",
          relationships: { author: { data: person("ada") }, sequelTo: { data: { type: "articles", lid } } },
        },
      );
    const other = await server.ask("POST", "/api/articles", { as: "editor", body: referring("you") });
    t.same(faultsIn(other), ["404 /data/relationships/sequelTo/data/lid"]);
    const made = await server.ask("POST", "/api/articles", { as: "editor", body: referring("me") });
    t.equal(made.status, 201, "a new resource may refer to itself");
    t.equal(made.body.data.relationships.sequelTo.data.id, made.body.data.id);
  },
);
conforms(
  {
    anchor: "document-resource-object-identification",
    level: "MUST",
    says: "The values of the `id`, `type`, and `lid` members are strings",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const member of ["id", "type", "lid"]) {
      const body = newArticle({}, { [member]: 5 });
      t.same(faultsIn(await server.ask("POST", "/api/articles", { as: "editor", body })), [`400 /data/${member}`]);
    }
    for (const [name, answer] of await samples(server)) {
      for (const { id, type } of resourcesIn(answer)) t.same([typeof id, typeof type], ["string", "string"], name);
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-identification",
    level: "MUST",
    says: "Within a given API, each resource object's `type` and `id` pair identifies a single, unique resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = newArticle({}, { id: articles.first });
    t.same(faultsIn(await server.ask("POST", "/api/articles", { as: "editor", body })), ["409 /data/id"]);
    const many = await server.get("/api/articles?include=author.articles,tags.articles&page[size]=2");
    const keys = resourcesIn(many).map(({ type, id }) => `${String(type)} ${String(id)}`);
    t.equal(new Set(keys).size, keys.length, "each stands once, however it was reached");
  },
);
conforms(
  {
    anchor: "document-resource-object-identification",
    level: "MUST",
    says: "The values of `type` members adhere to the same constraints as member names",
  },
  async (t) => {
    const app = await makeApp(t);
    const { token } = await makeAdmin(app);
    for (const type of ["users", "roles", "sessions"]) {
      const { body } = await app.ask("GET", `/v1/${type}`, { token });
      t.ok(body.data.length > 0);
      for (const resource of body.data) t.equal(resource.type, type);
      t.match(type, /^[a-z]+$/);
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-fields",
    level: "MUST",
    says: "Fields share a common namespace with each other and with `type` and `id`",
  },
  async (t) => {
    for (const [name, answer] of await samples(await makeArticles(t))) {
      for (const { attributes = {}, relationships = {} } of resourcesIn(answer)) {
        const fields = [...Object.keys(attributes as object), ...Object.keys(relationships as object)];
        t.equal(new Set([...fields, "type", "id"]).size, fields.length + 2, name);
      }
    }
  },
);
conforms(
  {
    anchor: "document-resource-object-attributes",
    level: "MUST",
    says: "The value of the `attributes` key is an object",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const attributes of [[], "text", 5, null]) {
      const body = { data: { type: "articles", attributes } };
      const answer = await server.ask("POST", "/api/articles", { as: "editor", body });
      t.same(faultsIn(answer), ["400 /data/attributes"], JSON.stringify(attributes));
    }
    for (const { attributes } of resourcesIn(await server.get("/api/articles"))) t.type(attributes.title, "string");
  },
);
conforms(
  {
    anchor: "document-resource-object-attributes",
    level: "SHOULD NOT",
    says: "Keys that reference related resources (e.g. `author_id`) do not appear as attributes",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const { attributes } of resourcesIn(await server.get("/api/articles?include=author", "editor"))) {
      for (const [name, value] of Object.entries(attributes as object)) {
        t.notMatch(name, /id$/i);
        t.notOk([...Object.values(articles), ...Object.values(people)].includes(value as never), name);
      }
    }
    const body = newArticle({ authorId: people.ben });
    const refused = await server.ask("POST", "/api/articles", { as: "editor", body });
    t.same(faultsIn(refused), ["422 /data/attributes/authorId"]);
  },
);
conforms(
  {
    anchor: "document-resource-object-attributes",
    level: "SHOULD",
    says: "Relationships are used for references to related resources",
  },
  async (t) => {
    const { body } = await (await makeArticles(t)).get(SECOND, "editor");
    t.same(body.data.relationships.author.data, person("ben"));
    t.same(body.data.relationships.sequelTo.data, article("first"));
  },
);
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
