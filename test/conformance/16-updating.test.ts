import { article, changed, FIRST, person, SECOND, tag } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms } = section("format", "Updating resources", import.meta.url);

const update = (server: ArticlesServer, body: Json, url = FIRST, as = "editor") =>
  server.ask("PATCH", url, { as, body });
conforms(
  {
    anchor: "crud-updating",
    level: "MUST",
    says: "The `PATCH` request includes a single resource object as primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const data of [[], [article("first")], null, articles.first]) {
      t.same(faultsIn(await update(server, { data })), ["400 /data"], JSON.stringify(data));
    }
    t.same(faultsIn(await update(server, { meta: {} })), ["400 "]);
    t.equal((await update(server, changed("first"))).status, 200);
  },
);
conforms(
  {
    anchor: "crud-updating",
    level: "MUST",
    says: "The resource object of a `PATCH` request contains `type` and `id` members",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await update(server, { data: { type: "articles" } })), ["400 /data"]);
    t.same(faultsIn(await update(server, { data: { id: articles.first } })), ["400 /data"]);
    t.same(faultsIn(await update(server, { data: {} })), ["400 /data", "400 /data"]);
  },
);
conforms(
  {
    anchor: "crud-updating-resource-attributes",
    level: "MAY",
    says: "Any or all of a resource's attributes are included in the resource object of a `PATCH` request",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { attributes } = (await server.get(FIRST, "editor")).body.data;
    t.equal((await update(server, changed("first", { ...attributes, title: "All of them" }))).status, 200);
    t.equal((await update(server, changed("first", { rating: 4 }))).status, 200);
    t.match((await server.get(FIRST)).body.data.attributes, { title: "All of them", rating: 4 });
  },
);
conforms(
  {
    anchor: "crud-updating-resource-attributes",
    level: "MUST",
    says: "Missing attributes are interpreted as if they were included with their current values",
  },
  async (t) => {
    const server = await makeArticles(t);
    const before = (await server.get(FIRST, "editor")).body.data.attributes;
    const after = (await update(server, changed("first", { rating: 1 }))).body.data.attributes;
    t.same({ ...after, updatedAt: "" }, { ...before, rating: 1, updatedAt: "" });
  },
);
conforms(
  {
    anchor: "crud-updating-resource-attributes",
    level: "MUST NOT",
    says: "Missing attributes are not interpreted as `null` values",
  },
  async (t) => {
    const server = await makeArticles(t);
    await update(server, changed("first", { title: "Other" }));
    t.match((await server.get(FIRST)).body.data.attributes, { rating: 5, body: "Text." });
    await update(server, changed("first", { body: null }));
    t.match((await server.get(FIRST)).body.data.attributes, { rating: 5, body: null }, "a null that is there is one");
  },
);
conforms(
  {
    anchor: "crud-updating-resource-relationships",
    level: "MAY",
    says: "Any or all of a resource's relationships are included in the resource object of a `PATCH` request",
  },
  async (t) => {
    const server = await makeArticles(t);
    const relationships = { author: { data: person("cleo") }, tags: { data: [tag("blue")] } };
    const url = `${FIRST}?include=author,tags`;
    const { data } = (await update(server, changed("first", {}, { relationships }), url)).body;
    t.match(data.relationships, relationships);
  },
);
conforms(
  {
    anchor: "crud-updating-resource-relationships",
    level: "MUST",
    says: "Missing relationships are interpreted as if they were included with their current values",
  },
  async (t) => {
    const server = await makeArticles(t);
    const relationships = { sequelTo: { data: null } };
    await update(server, changed("second", {}, { relationships }), SECOND);
    const { data } = (await server.get(`${SECOND}?include=author,tags,sequelTo,reviewers`, "editor")).body;
    t.same(data.relationships.author.data, person("ben"));
    t.same(data.relationships.tags.data, [tag("red")]);
    t.same(data.relationships.reviewers.data, [person("ada"), person("cleo")]);
    t.equal(data.relationships.sequelTo.data, null);
  },
);
conforms(
  {
    anchor: "crud-updating-resource-relationships",
    level: "MUST NOT",
    says: "Missing relationships are not interpreted as `null` or empty values",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const more of [
      {},
      { relationships: {} },
      { relationships: { tags: { links: {} }, sequelTo: { meta: {} } } },
    ]) {
      t.equal((await update(server, changed("second", { title: "Other" }, more), SECOND)).status, 200);
    }
    const { data } = (await server.get(`${SECOND}?include=tags,sequelTo`)).body;
    t.same([data.relationships.tags.data, data.relationships.sequelTo.data], [[tag("red")], article("first")]);
  },
);
conforms(
  {
    anchor: "crud-updating-resource-relationships",
    level: "MUST",
    says: "A relationship in a `PATCH` request is a relationship object with a `data` member, which replaces the value",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await update(
      server,
      changed("first", {}, { relationships: { tags: { data: [tag("blue")] }, sequelTo: { data: article("fourth") } } }),
      `${FIRST}?include=tags,sequelTo`,
    );
    t.same(body.data.relationships.tags.data, [tag("blue")]);
    t.same(body.data.relationships.sequelTo.data, article("fourth"));
    for (const [tags, fault] of [
      [{}, "400 /data/relationships/tags"],
      [[tag("red")], "400 /data/relationships/tags"],
      [{ data: {} }, "400 /data/relationships/tags/data"],
      [{ data: [article("first")] }, "409 /data/relationships/tags/data/0/type"],
    ] as const) {
      t.same(faultsIn(await update(server, changed("first", {}, { relationships: { tags } }))), [fault]);
    }
  },
);
conforms(
  {
    anchor: "crud-updating-resource-relationships",
    level: "MAY",
    says: "A server rejects an attempt to do a full replacement of a to-many relationship",
  },
  async (t) => {
    const server = await makeArticles(t);
    const relationships = { tags: { data: [] } };
    t.equal(
      (await update(server, changed("first", {}, { relationships }), FIRST, "Ada")).status,
      403,
      "of those who may not",
    );
    t.equal((await update(server, changed("first", {}, { relationships }))).status, 200);
  },
);
conforms(
  {
    anchor: "crud-updating-resource-relationships",
    level: "MUST",
    says: "In such a case, the server rejects the entire update, and returns a `403 Forbidden` response",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = changed("first", { title: "Changed" }, { relationships: { tags: { data: [] } } });
    t.same(faultsIn(await update(server, body, FIRST, "Ada")), ["403 /data/relationships/tags"]);
    const { data } = (await server.get(`${FIRST}?include=tags`)).body;
    t.same([data.attributes.title, data.relationships.tags.data.length], ["First", 2]);
  },
);
