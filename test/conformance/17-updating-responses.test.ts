import { article, changed, FIRST, person, SECOND, tag } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, nothing } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("format", "Updating resources: responses", import.meta.url);

const update = (server: ArticlesServer, body: Json, url = FIRST, as = "editor") =>
  server.ask("PATCH", url, { as, body });
conforms(
  {
    anchor: "crud-updating-responses-200",
    level: "MUST",
    says: "If the server also changes the resource in other ways: 200, and a document with the updated resource as primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    const before = (await server.get(FIRST)).body.data.attributes.updatedAt as string;
    const { status, body } = await update(server, changed("first", { title: " Trimmed " }));
    t.equal(status, 200);
    t.match(body.data, { ...article("first"), attributes: { title: "Trimmed" } });
    t.ok((body.data.attributes.updatedAt as string) > before);
  },
);
outOfReach({
  anchor: "crud-updating-responses-200",
  level: "MAY",
  says: "A server returns 200 without primary data if it does not change the resource in other ways",
  why: "every update is answered with the resource",
});
outOfReach({
  anchor: "crud-updating-responses-202",
  level: "MUST",
  says: "202 if an update request has been accepted, but the processing has not been completed",
  why: "updates are complete when they are answered",
});
conforms(
  {
    anchor: "crud-updating-responses-204",
    level: "MUST",
    says: "If the server doesn't change the resource in other ways: either 200 and a document, or 204 and none",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const body of [changed("first"), changed("first", { title: "First" })]) {
      const answer = await update(server, body);
      t.equal(answer.status, 200);
      t.same(answer.body.data.attributes.updatedAt, "2026-01-01T00:00:00.000Z", "nothing was changed");
    }
  },
);
conforms(
  {
    anchor: "crud-updating-relationship-responses-403",
    level: "MUST",
    says: "403 for an unsupported request to update a resource or relationship",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await update(server, changed("second", { title: "Mine" }), SECOND, "Ada")).status, 403);
    t.same(faultsIn(await update(server, changed("first", { createdAt: "2020-01-01T00:00:00Z" }))), [
      "403 /data/attributes/createdAt",
    ]);
    const people = { data: { ...person("ada"), relationships: { articles: { data: [] } } } };
    t.same(faultsIn(await update(server, people, `/api/people/${person("ada").id}`)), [
      "403 /data/relationships/articles",
    ]);
  },
);
conforms(
  {
    anchor: "crud-updating-responses-404",
    level: "MUST",
    says: "404 for a request to modify a resource that does not exist",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = { data: { type: "articles", id: nothing, attributes: { title: "X" } } };
    t.same(faultsIn(await update(server, body, `/api/articles/${nothing}`)), ["404 -"]);
    t.equal((await update(server, body, "/api/articles/1")).status, 404);
    t.equal(
      (await update(server, changed("third"), `/api/articles/${articles.third}`, "Ben")).status,
      404,
      "or may not be seen",
    );
  },
);
conforms(
  {
    anchor: "crud-updating-responses-404",
    level: "MUST",
    says: "404 for an update that references a related resource that does not exist",
  },
  async (t) => {
    const server = await makeArticles(t);
    const relationships = { author: { data: { type: "people", id: nothing } }, tags: { data: [] } };
    const answer = await update(server, changed("first", { title: "Changed" }, { relationships }));
    t.same([answer.status, faultsIn(answer)], [404, ["404 /data/relationships/author/data"]]);
    const { data } = (await server.get(`${FIRST}?include=tags`)).body;
    t.same([data.attributes.title, data.relationships.tags.data.length], ["First", 2], "and nothing of it takes place");
  },
);
conforms(
  {
    anchor: "crud-updating-responses-409",
    level: "MAY",
    says: "A server returns 409 if an update would violate other server-enforced constraints (such as uniqueness)",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await update(server, changed("first", { slug: "the-SECOND" }))), ["409 /data/attributes/slug"]);
    t.equal((await server.get(FIRST)).body.data.attributes.slug, "The-First");
  },
);
conforms(
  {
    anchor: "crud-updating-responses-409",
    level: "MUST",
    says: "409 if the resource object's `type` or `id` do not match the server's endpoint",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await update(server, { data: { ...article("first"), type: "tags" } })), ["409 /data/type"]);
    t.same(faultsIn(await update(server, { data: article("second") })), ["409 /data/id"]);
    t.same(faultsIn(await update(server, { data: tag("red") })).sort(), ["409 /data/id", "409 /data/type"]);
  },
);
conforms(
  {
    anchor: "crud-updating-responses-409",
    level: "SHOULD",
    says: "A conflict on update has error details and enough information to recognize its source",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { errors } = (await update(server, changed("first", { slug: "the-second" }))).body;
    t.match(errors, [
      { status: "409", code: "conflict", detail: /slug/, source: { pointer: "/data/attributes/slug" } },
    ]);
    const { errors: wrong } = (await update(server, { data: article("second") })).body;
    t.match(wrong, [{ status: "409", detail: /id/, source: { pointer: "/data/id" } }]);
  },
);
conforms(
  {
    anchor: "crud-updating-responses-other",
    level: "MAY",
    says: "A server responds to an update with other HTTP status codes, and includes error details",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await server.ask("PATCH", FIRST, { body: changed("first") })).status, 401);
    t.same(faultsIn(await update(server, changed("first", { title: null, nope: 1 }))), [
      "422 /data/attributes/title",
      "422 /data/attributes/nope",
    ]);
    const stale = await server.ask("PATCH", FIRST, {
      as: "editor",
      body: changed("first"),
      headers: { "if-match": '"x.y"' },
    });
    t.same(faultsIn(stale), ["412 If-Match"]);
  },
);
conforms(
  {
    anchor: "crud-updating-responses-other",
    level: "MUST",
    says: "A server prepares responses to updates in accordance with HTTP semantics",
  },
  async (t) => {
    const server = await makeArticles(t);
    const read = await server.get(FIRST, "editor");
    const headers = { "if-match": String(read.headers["etag"]) };
    const first = await server.ask("PATCH", FIRST, { as: "editor", headers, body: changed("first", { rating: 1 }) });
    t.equal(first.status, 200);
    t.not(first.headers["etag"], read.headers["etag"]);
    const second = await server.ask("PATCH", FIRST, { as: "editor", headers, body: changed("first", { rating: 2 }) });
    t.equal(second.status, 412, "the tag is that of the resource as it was");
    t.equal((await server.ask("PATCH", "/api/articles", { as: "editor", body: {} })).status, 405);
  },
);
