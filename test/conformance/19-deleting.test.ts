import { article, FIRST } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, nothing } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("format", "Deleting resources", import.meta.url);

const FOURTH = `/api/articles/${articles.fourth}`;

outOfReach({
  anchor: "crud-deleting-responses-200",
  level: "MAY",
  says: "A server returns 200 with a document that contains no primary data if a deletion request is successful",
  why: "deletions are answered with 204",
});
outOfReach({
  anchor: "crud-deleting-responses-202",
  level: "MUST",
  says: "202 if a deletion request has been accepted, but the processing has not been completed",
  why: "deletions are complete when they are answered",
});
conforms(
  {
    anchor: "crud-deleting-responses-204",
    level: "MUST",
    says: "If a deletion request is successful: either 200 and a document, or 204 and none",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await server.ask("DELETE", FOURTH, { as: "editor" });
    t.same([answer.status, answer.text, answer.headers["content-type"]], [204, "", undefined]);
    t.equal((await server.get(FOURTH, "editor")).status, 404);
    t.equal((await server.get("/api/articles", "editor")).body.meta.total, 3);
  },
);
conforms(
  {
    anchor: "crud-deleting-responses-404",
    level: "SHOULD",
    says: "404 if a deletion request fails due to the resource not existing",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const id of [nothing, "1"]) {
      t.equal((await server.ask("DELETE", `/api/articles/${id}`, { as: "editor" })).status, 404, id);
    }
    t.equal((await server.ask("DELETE", FOURTH, { as: "editor" })).status, 204);
    t.equal((await server.ask("DELETE", FOURTH, { as: "editor" })).status, 404, "a second time");
    t.equal(
      (await server.ask("DELETE", `/api/articles/${articles.third}`, { as: "Ben" })).status,
      404,
      "or not to be seen",
    );
  },
);
conforms(
  {
    anchor: "crud-deleting-responses-other",
    level: "MAY",
    says: "A server responds to a deletion with other HTTP status codes, and includes error details",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await server.ask("DELETE", FIRST)), ["401 -"]);
    t.same(faultsIn(await server.ask("DELETE", FIRST, { as: "Ada" })), ["403 -"]);
    const needed = await server.ask("DELETE", FIRST, { as: "editor" });
    t.same(faultsIn(needed), ["409 -"], "another article is its sequel");
    t.match(needed.body.errors[0].detail, /refer/);
    t.equal((await server.get(FIRST)).status, 200);
  },
);
conforms(
  {
    anchor: "crud-deleting-responses-other",
    level: "MUST",
    says: "A server prepares responses to deletions in accordance with HTTP semantics",
  },
  async (t) => {
    const server = await makeArticles(t);
    const stale = { "if-match": '"other.tag"' };
    t.equal((await server.ask("DELETE", FOURTH, { as: "editor", headers: stale })).status, 412);
    const { etag } = (await server.get(FOURTH, "editor")).headers;
    const body = { data: article("fourth") };
    const headers = { "if-match": String(etag) };
    t.equal((await server.ask("DELETE", FOURTH, { as: "editor", headers, body })).status, 204, "a body means nothing");
    const collection = await server.ask("DELETE", "/api/articles", { as: "editor" });
    t.same([collection.status, collection.headers["allow"]], [405, "GET, HEAD, POST, OPTIONS"]);
  },
);
