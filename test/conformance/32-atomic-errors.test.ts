import { article, newArticle, operate, tag, changed } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, nothing } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms } = section("atomic", "Processing errors", import.meta.url);

const rate = (rating: number): Json => ({ op: "update", ...changed("first", { rating }) });

conforms(
  {
    anchor: "processing-errors",
    level: "MUST",
    says: "If any operation fails, the server responds as the base specification describes",
  },
  async (t) => {
    const server = await makeArticles(t);
    const failed = (data: Json) => operate(server, [{ op: "update", data }]);
    t.equal((await failed({ ...article("first"), attributes: { title: 1 } })).status, 422);
    t.equal((await failed({ ...article("first"), id: nothing })).status, 404);
    t.equal((await failed({ ...article("second"), attributes: { slug: "the-first" } })).status, 409);
    t.equal((await failed({ ...article("first"), attributes: { createdAt: "2020-01-01T00:00:00Z" } })).status, 403);
    const mixed = await operate(server, [
      { op: "update", ...changed("first", { title: 1 }) },
      { op: "remove", ref: { type: "tags", id: nothing } },
    ]);
    t.equal(mixed.status, 400, "the most general of them");
  },
);
conforms(
  {
    anchor: "processing-errors",
    level: "SHOULD",
    says: "Error objects have a `source` with a `pointer` to the source of the problem in the request document",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await operate(server, [
      rate(1),
      { op: "update", ...changed("first", { title: 1, nope: 2 }) },
      { op: "add", data: newArticle({}, { relationships: { author: { data: { type: "people", id: 5 } } } }).data },
      { op: "remove", ref: { type: "tags", id: nothing } },
    ]);
    t.same(faultsIn(answer), [
      "422 /atomic:operations/1/data/attributes/title",
      "422 /atomic:operations/1/data/attributes/nope",
      "400 /atomic:operations/2/data/relationships/author/data/id",
      "404 /atomic:operations/3",
    ]);
  },
);
conforms(
  { anchor: "processing-errors", level: "MUST", says: "400 if a requested operation is malformed or incomplete" },
  async (t) => {
    const server = await makeArticles(t);
    for (const operation of [
      {},
      [],
      "remove",
      { op: "remove" },
      { op: "update" },
      { op: "add" },
      { op: "add", data: {} },
      { op: "add", data: [] },
      { op: "add", href: "/api/articles" },
      { op: "update", ref: article("first") },
      { op: "update", ref: { ...article("first"), relationship: "tags" } },
      { op: "remove", data: tag("red") },
      { op: "remove", ref: tag("red"), href: "/api/tags" },
      { op: "update", ref: { type: "articles" }, data: newArticle().data },
    ]) {
      t.equal((await operate(server, [operation])).status, 400, JSON.stringify(operation));
    }
  },
);
conforms(
  {
    anchor: "processing-errors",
    level: "SHOULD",
    says: "A malformed operation's error document has an `errors` member with an error object that points to the invalid operation",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await operate(server, [rate(1), {}, { op: "remove" }, "x"]);
    t.same(faultsIn(answer), ["400 /atomic:operations/1", "400 /atomic:operations/2", "400 /atomic:operations/3"]);
    for (const error of answer.body.errors) t.match(error, { status: "400", code: "invalid-document", detail: /\w/ });
  },
);
conforms(
  {
    anchor: "processing-errors",
    level: "MUST",
    says: "400 or a more appropriate error response if an operation is properly formed, but cannot be processed",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [operation, status] of [
      [{ op: "add", data: newArticle({}, { id: articles.first }).data }, 409],
      [{ op: "remove", ref: article("first") }, 409],
      [{ op: "add", ref: { ...article("first"), relationship: "author" }, data: [] }, 403],
      [{ op: "remove", ref: { type: "audits", id: nothing } }, 404],
      [{ op: "add", data: { type: "nopes" } }, 404],
      [{ op: "update", ...changed("first", { rating: "x" }) }, 422],
    ] as const) {
      t.equal((await operate(server, [operation])).status, status, JSON.stringify(operation));
    }
  },
);
conforms(
  {
    anchor: "processing-errors",
    level: "SHOULD",
    says: "Such an error document contains one or more error objects that provide further details",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [{ op: "update", ...changed("second", { slug: "the-first" }) }]);
    t.match(body.errors, [
      { status: "409", detail: /slug/, source: { pointer: "/atomic:operations/0/data/attributes/slug" } },
    ]);
  },
);
