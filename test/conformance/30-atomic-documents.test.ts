import {
  article,
  ATOMIC,
  changed,
  FIRST,
  newArticle,
  operate,
  tag,
  TAGS,
  WITH_ATOMIC,
} from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms } = section("atomic", "Document structure", import.meta.url);

const send = (server: ArticlesServer, body: Json) =>
  server.ask("POST", "/api/operations", { as: "editor", body, headers: { "content-type": WITH_ATOMIC } });

const rate = (rating: number): Json => ({ op: "update", ...changed("first", { rating }) });
const grey = (more: Json = {}): Json => ({ op: "add", data: { type: "tags", attributes: { name: "grey" }, ...more } });

conforms(
  {
    anchor: "document-structure",
    level: "MAY",
    says: "A document that supports this extension includes any of the top-level members of the base specification but two",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = {
      jsonapi: { version: "1.1", ext: [ATOMIC] },
      links: {},
      meta: { why: "a test" },
      "atomic:operations": [rate(1)],
    };
    const answer = await send(server, body);
    t.same([answer.status, answer.body.jsonapi], [200, { version: "1.1", ext: [ATOMIC] }]);
  },
);
conforms(
  { anchor: "document-structure", level: "MUST NOT", says: "`data` and `included` are not included" },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [grey(), rate(1)]);
    t.same(["data" in body, "included" in body], [false, false]);
    const sent = await send(server, {
      data: changed("first", { rating: 3 }).data,
      included: [],
      "atomic:operations": [rate(2)],
    });
    t.equal(sent.status, 200);
    t.equal((await server.get(FIRST)).body.data.attributes.rating, 2, "what must not be there means nothing");
  },
);
conforms(
  {
    anchor: "document-structure",
    level: "MAY",
    says: "Such a document includes `atomic:operations` or `atomic:results`, but not both: an array of one or more objects",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [rate(1)]);
    t.same(["atomic:operations" in body, body["atomic:results"].length], [false, 1]);
    for (const [operations, fault] of [
      [[], "400 /atomic:operations"],
      [{}, "400 /atomic:operations"],
      [null, "400 /atomic:operations"],
      ["all", "400 /atomic:operations"],
      [undefined, "400 "],
    ] as const) {
      t.same(faultsIn(await send(server, { "atomic:operations": operations })), [fault]);
    }
  },
);
conforms(
  {
    anchor: "document-structure",
    level: "MUST NOT",
    says: "If either is present, the `errors` member is not included in the same document",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.notOk("errors" in (await operate(server, [rate(1)])).body);
    const refused = (await operate(server, [rate(2), { op: "none" }])).body;
    t.same(["errors" in refused, "atomic:results" in refused], [true, false]);
  },
);
conforms(
  {
    anchor: "operation-objects",
    level: "MUST",
    says: "An operation object contains `op`: `add`, `update` or `remove`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [operation, fault] of [
      [{ ...grey(), op: undefined }, "400 /atomic:operations/0"],
      [{ ...grey(), op: "create" }, "400 /atomic:operations/0/op"],
      [{ ...grey(), op: "ADD" }, "400 /atomic:operations/0/op"],
      [{ ...grey(), op: null }, "400 /atomic:operations/0/op"],
      [{ ...grey(), op: ["add"] }, "400 /atomic:operations/0/op"],
      ["add", "400 /atomic:operations/0"],
      [null, "400 /atomic:operations/0"],
    ] as const) {
      t.same(faultsIn(await operate(server, [operation])), [fault], JSON.stringify(operation));
    }
    const ops = [
      grey({ lid: "g" }),
      { op: "update", ref: { type: "tags", lid: "g" }, data: { type: "tags", lid: "g" } },
    ];
    t.equal((await operate(server, [...ops, { op: "remove", ref: { type: "tags", lid: "g" } }])).status, 200);
  },
);
conforms(
  {
    anchor: "operation-objects",
    level: "MAY",
    says: "An operation object contains either `ref` or `href`, but not both",
  },
  async (t) => {
    const server = await makeArticles(t);
    const both = { op: "remove", ref: tag("blue"), href: `/api/tags/${tags.blue}` };
    t.same(faultsIn(await operate(server, [both])), ["400 /atomic:operations/0/href"]);
    t.equal((await server.get(`/api/tags/${tags.blue}`)).status, 200);
    t.equal((await operate(server, [rate(1)])).status, 200, "or neither");
    t.equal((await operate(server, [{ op: "remove", ref: tag("blue") }])).status, 204);
    t.equal((await operate(server, [{ op: "remove", href: `/api/tags/${tags.green}` }])).status, 204);
  },
);
conforms(
  {
    anchor: "operation-objects",
    level: "MUST",
    says: "`ref` contains `type` and `id`, `type` and `lid`, or either of them with `relationship`",
  },
  async (t) => {
    const server = await makeArticles(t);
    const lid = { type: "articles", lid: "new" };
    const answer = await operate(server, [
      { op: "add", data: { ...newArticle().data, lid: "new" } },
      { op: "update", ref: article("first"), data: changed("first", { rating: 1 }).data },
      { op: "update", ref: lid, data: { ...lid, attributes: { rating: 2 } } },
      { op: "update", ref: { ...article("first"), relationship: "tags" }, data: [] },
      { op: "update", ref: { ...lid, relationship: "tags" }, data: [tag("blue")] },
    ]);
    t.equal(answer.status, 200, answer.text);
    const [made] = answer.body["atomic:results"];
    t.equal(answer.body["atomic:results"][2].data.attributes.rating, 2);
    t.same((await server.get(TAGS)).body.data, []);
    t.same((await server.get(`/api/articles/${String(made.data.id)}/relationships/tags`, "editor")).body.data, [
      tag("blue"),
    ]);
    for (const [ref, place] of [
      [{}, "/ref"],
      [{ id: articles.first }, "/ref"],
      [{ type: "articles" }, "/ref"],
      [{ type: "articles", relationship: "tags" }, "/ref"],
      [{ type: 1, id: articles.first }, "/ref/type"],
      [{ type: "articles", id: 1 }, "/ref/id"],
      [{ type: "articles", lid: 1 }, "/ref/lid"],
      [{ type: "articles", lid: "none" }, "/ref/lid"],
      [{ ...article("first"), relationship: "nope" }, "/ref/relationship"],
      [{ ...article("first"), relationship: 1 }, "/ref/relationship"],
      ["articles", "/ref"],
      [null, "/ref"],
    ] as const) {
      const refused = await operate(server, [{ op: "remove", ref, data: [] }]);
      t.match(refused.body.errors[0], { status: /^40[04]$/, source: { pointer: `/atomic:operations/0${place}` } });
    }
  },
);
conforms(
  {
    anchor: "operation-objects",
    level: "MAY",
    says: "`href` is a URI-reference that identifies the target of the operation",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [index, href] of [
      FIRST,
      `https://articles.example${FIRST}`,
      `articles/${articles.first}`,
      `./articles/${articles.first}`,
    ].entries()) {
      const answer = await operate(server, [{ ...rate(index), href }]);
      t.equal(answer.body["atomic:results"]?.[0].data.attributes.rating, index, href);
    }
    t.equal((await operate(server, [{ op: "update", href: TAGS, data: [] }])).status, 204);
    t.same((await server.get(TAGS)).body.data, []);
    for (const href of [
      "https://elsewhere.example/api/articles",
      `/v9/articles/${articles.first}`,
      `${FIRST}/tags`,
      `${FIRST}/relationships`,
      `${TAGS}/more`,
      `${FIRST}?fields[articles]=title`,
      "/api/nopes/1",
      "http://[",
      5,
      null,
    ]) {
      const refused = await operate(server, [{ ...rate(9), href }]);
      t.match(
        refused.body.errors[0],
        { status: /^40[04]$/, source: { pointer: "/atomic:operations/0/href" } },
        String(href),
      );
    }
  },
);
conforms(
  {
    anchor: "operation-objects",
    level: "MAY",
    says: "An operation object contains `data`, its primary data, and `meta`",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await operate(server, [{ ...rate(2), meta: { why: "a test" } }]);
    t.equal(answer.body["atomic:results"][0].data.attributes.rating, 2);
  },
);
conforms(
  { anchor: "result-objects", level: "MAY", says: "An operation result object contains `data` and `meta`" },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [
      grey(),
      { op: "add", data: { type: "people", attributes: { name: "Eve", invitation: "later" } } },
      { op: "remove", ref: tag("blue") },
    ]);
    const [made, later, gone] = body["atomic:results"];
    t.match(made, { data: { type: "tags", attributes: { name: "grey" }, links: { self: /\/api\/tags\// } } });
    t.same(later, { meta: { message: "We will see." } });
    t.same(gone, {});
  },
);
