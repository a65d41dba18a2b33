import { article, FIRST, newArticle, person, resourcesIn, samples, SECOND } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, people } from "../fixtures/articles/tables.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeAdmin } from "../fixtures/people.ts";

const { conforms } = section("format", "Resource objects", import.meta.url);

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
