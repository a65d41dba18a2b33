import {
  article,
  FIRST,
  newArticle,
  operate,
  tag,
  TAGS,
  WITH_ATOMIC,
  changed,
} from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { nothing, tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms } = section("atomic", "Processing", import.meta.url);

const rate = (rating: number): Json => ({ op: "update", ...changed("first", { rating }) });
const rating = async (server: Awaited<ReturnType<typeof makeArticles>>) =>
  (await server.get(FIRST)).body.data.attributes.rating as number;
conforms(
  { anchor: "processing", level: "MUST", says: "All HTTP requests sent with this extension are issued with `POST`" },
  async (t) => {
    const server = await makeArticles(t);
    for (const method of ["GET", "PATCH", "DELETE", "PUT"] as const) {
      const answer = await server.ask(method, "/api/operations", {
        as: "editor",
        ...(method === "GET" ? {} : { body: { "atomic:operations": [rate(1)] } }),
        headers: { "content-type": WITH_ATOMIC },
      });
      t.same([answer.status, answer.headers["allow"]], [405, "POST, OPTIONS"], method);
    }
    t.equal(await rating(server), 5);
    t.equal((await operate(server, [rate(1)])).status, 200);
  },
);
conforms(
  {
    anchor: "processing",
    level: "MUST",
    says: "A server performs operations in the order they appear in the `atomic:operations` array",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [
      rate(1),
      rate(2),
      { op: "add", data: { type: "tags", lid: "a", attributes: { name: "grey" } } },
      { op: "update", ref: { type: "tags", lid: "a" }, data: { type: "tags", lid: "a", attributes: { name: "gray" } } },
      { op: "remove", ref: { type: "tags", lid: "a" } },
      { op: "add", data: { type: "tags", attributes: { name: "grey" } } },
      rate(3),
    ]);
    const shown = (body["atomic:results"] as Json[]).map(
      ({ data }) => data?.attributes.rating ?? data?.attributes.name,
    );
    t.same(shown, [1, 2, "grey", "gray", undefined, "grey", 3], "each result shows what its operation found and left");
    t.equal(await rating(server), 3);
    const early = await operate(server, [
      { op: "update", ref: { ...article("first"), relationship: "tags" }, data: [{ type: "tags", lid: "later" }] },
      { op: "add", data: { type: "tags", lid: "later", attributes: { name: "late" } } },
    ]);
    t.same(faultsIn(early), ["404 /atomic:operations/0/data/0/lid"], "nothing is known before it is made");
    const removed = article("fourth");
    for (const late of [
      { op: "remove", ref: removed },
      { op: "update", data: removed },
      { op: "update", data: { ...removed, attributes: { rating: 1 } } },
      { op: "update", data: { ...removed, relationships: { tags: { data: [] } } } },
      { op: "update", ref: { ...removed, relationship: "tags" }, data: [] },
      { op: "remove", ref: { ...removed, relationship: "tags" }, data: [tag("red")] },
      { op: "update", ref: { ...removed, relationship: "sequelTo" }, data: null },
    ]) {
      const answer = await operate(server, [{ op: "remove", ref: removed }, late]);
      t.same(faultsIn(answer), ["404 /atomic:operations/1"], `nor when it is gone: ${JSON.stringify(late)}`);
    }
    const again = newArticle({}, { id: removed.id }).data;
    t.equal(
      (
        await operate(server, [
          { op: "remove", ref: removed },
          { op: "add", data: again },
        ])
      ).status,
      200,
    );
  },
);
conforms(
  {
    anchor: "processing",
    level: "MUST",
    says: "A server performs all operations atomically: a failure invalidates any effects of preceding operations",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const failing of [
      { op: "remove", ref: { type: "tags", id: nothing } },
      { op: "update", ...changed("second", { slug: "the-first" }) },
      {
        op: "update",
        ref: { ...article("first"), relationship: "tags" },
        data: Object.values(tags).map((id) => ({ type: "tags", id })),
      },
      { op: "nonsense" },
    ]) {
      const answer = await operate(server, [
        rate(1),
        { op: "add", data: { ...newArticle().data, id: "0000abc3-0000-4000-8000-000000000088" } },
        { op: "remove", ref: { ...article("first"), relationship: "tags" }, data: [tag("red")] },
        failing,
        rate(2),
      ]);
      t.ok(answer.status >= 400, answer.text);
      t.match(answer.body.errors[0].source.pointer, /^\/atomic:operations\/3/);
      t.equal(await rating(server), 5);
      t.equal((await server.get("/api/articles", "editor")).body.meta.total, 4);
      t.same((await server.get(TAGS)).body.data, [tag("red"), tag("green")]);
    }
  },
);
conforms(
  {
    anchor: "processing",
    level: "MUST",
    says: "A successful request is answered with `200 OK` if a response document is returned",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await operate(server, [rate(1)]);
    t.same([answer.status, answer.headers["content-type"]], [200, WITH_ATOMIC]);
    const made = await operate(server, [{ op: "add", data: newArticle().data }]);
    t.equal(made.status, 200, "not 201, whatever was made");
  },
);
conforms(
  {
    anchor: "processing",
    level: "MUST",
    says: "An array of result objects is returned in a top-level `atomic:results` member",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [rate(1)]);
    t.ok(Array.isArray(body["atomic:results"]));
    t.match(body["atomic:results"], [{ data: { ...article("first"), attributes: { rating: 1 } } }]);
  },
);
conforms(
  {
    anchor: "processing",
    level: "MUST",
    says: "The results array has the length of the operations array; each result corresponds positionally to its operation",
  },
  async (t) => {
    const server = await makeArticles(t);
    const operations = Array.from({ length: 30 }, (_, index): Json => {
      if (index % 3 === 0) return rate(index);
      if (index % 3 === 1) return { op: "add", data: { type: "tags", attributes: { name: `tag ${String(index)}` } } };
      return { op: "update", href: TAGS, data: [tag("red")] };
    });
    const results = (await operate(server, operations)).body["atomic:results"] as Json[];
    t.equal(results.length, 30);
    for (const [index, result] of results.entries()) {
      if (index % 3 === 0) t.equal(result.data.attributes.rating, index);
      else if (index % 3 === 1) t.equal(result.data.attributes.name, `tag ${String(index)}`);
      else t.same(result, {});
    }
  },
);
conforms(
  {
    anchor: "processing",
    level: "MAY",
    says: "204 with no response document if no operations are required to return `data`",
  },
  async (t) => {
    const server = await makeArticles(t);
    const nothingToShow = [
      { op: "update", href: TAGS, data: [] },
      { op: "remove", ref: tag("blue") },
    ];
    const answer = await operate(server, nothingToShow);
    t.same([answer.status, answer.text], [204, ""]);
    t.equal((await operate(server, [rate(1), { op: "update", href: TAGS, data: [] }])).status, 200);
  },
);
