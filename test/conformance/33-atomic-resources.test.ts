import { article, changed, FIRST, newArticle, operate, SECOND, tag } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, nothing, tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms } = section("atomic", "Operations on resources", import.meta.url);

const ID = "0000abc3-0000-4000-8000-000000000066";
const isShown = (says: string) => `${says}, with a document that contains a top-level \`errors\``;
conforms(
  {
    anchor: "auto-id-creating-resources",
    level: "MAY",
    says: "An operation that creates a resource targets a resource collection through the operation's `href` member",
  },
  async (t) => {
    const server = await makeArticles(t);
    const add = (slug: string, more: Json): Json => ({ op: "add", data: newArticle({ slug }).data, ...more });
    const answer = await operate(server, [
      add("a", {}),
      add("b", { href: "/api/articles" }),
      add("c", { href: "https://articles.example/api/articles" }),
    ]);
    t.equal(answer.status, 200, answer.text);
    t.same(
      faultsIn(await operate(server, [add("d", { href: FIRST })])),
      ["400 /atomic:operations/0/href"],
      "no collection",
    );
    t.same(faultsIn(await operate(server, [add("d", { href: "/api/tags" })])), ["409 /atomic:operations/0/data/type"]);
  },
);
conforms(
  {
    anchor: "auto-id-creating-resources",
    level: "MUST",
    says: "The creation includes an `op` code of `add` as well as a resource object as `data`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const data of [undefined, null, [], [newArticle().data], "x"]) {
      t.equal((await operate(server, [{ op: "add", href: "/api/articles", data }])).status, 400, JSON.stringify(data));
    }
    t.equal((await operate(server, [{ op: "update", href: "/api/articles", data: newArticle().data }])).status, 400);
  },
);
conforms(
  {
    anchor: "auto-id-creating-resources",
    level: "MUST",
    says: "The resource object contains at least a `type` member",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { type: _, ...data } = newArticle().data;
    t.same(faultsIn(await operate(server, [{ op: "add", data }])), ["400 /atomic:operations/0/data"]);
    t.same(faultsIn(await operate(server, [{ op: "add", href: "/api/articles", data }])), [
      "400 /atomic:operations/0/data",
    ]);
  },
);
conforms(
  {
    anchor: "auto-id-responses",
    level: "MAY",
    says: "A creation with a client-generated ID that changed nothing returns a result with no `data`, or with the resource",
  },
  async (t) => {
    const { body } = await operate(await makeArticles(t), [{ op: "add", data: newArticle({}, { id: ID }).data }]);
    t.match(body["atomic:results"], [{ data: { type: "articles", id: ID, attributes: { title: "New" } } }]);
  },
);
conforms(
  {
    anchor: "auto-id-responses",
    level: "MUST",
    says: "In all other cases of a successful creation the result contains the created resource as `data`",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [{ op: "add", data: newArticle({ title: " X " }, { lid: "x" }).data }]);
    const [{ data }] = body["atomic:results"];
    t.match(data, { id: String, attributes: { title: "X", createdAt: String }, links: { self: String } });
    t.notOk("lid" in data);
    t.match((await server.get(`/api/articles/${String(data.id)}`, "editor")).body.data.attributes, data.attributes);
  },
);
conforms(
  {
    anchor: "auto-id-responses",
    level: "MUST",
    says: isShown("An appropriate error is returned if the resource cannot be created"),
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [data, fault] of [
      [newArticle({ title: "" }).data, "422 /atomic:operations/0/data/attributes/title"],
      [newArticle({}, { id: articles.first }).data, "409 /atomic:operations/0/data/id"],
      [{ type: "tags", id: ID, attributes: { name: "x" } }, "403 /atomic:operations/0/data/id"],
      [{ type: "audits", attributes: {} }, "403 /atomic:operations/0"],
    ] as const) {
      t.same(faultsIn(await operate(server, [{ op: "add", data }])), [fault]);
    }
    const twice = [
      { op: "add", data: newArticle({}, { lid: "x" }).data },
      { op: "add", data: newArticle({ slug: "y" }, { lid: "x" }).data },
    ];
    t.same(faultsIn(await operate(server, twice)), ["400 /atomic:operations/1/data/lid"], "a lid is of one resource");
  },
);
conforms(
  {
    anchor: "auto-id-updating-resources",
    level: "MAY",
    says: "An operation that updates a resource targets it through `ref` or `href`, but not both",
  },
  async (t) => {
    const server = await makeArticles(t);
    const update = { op: "update", ...changed("first", { rating: 1 }) };
    for (const target of [{}, { ref: article("first") }, { href: FIRST }]) {
      t.equal((await operate(server, [{ ...update, ...target }])).status, 200, JSON.stringify(target));
    }
    t.equal((await operate(server, [{ ...update, ref: article("first"), href: FIRST }])).status, 400);
    for (const target of [{ ref: article("second") }, { href: SECOND }]) {
      t.same(faultsIn(await operate(server, [{ ...update, ...target }])), ["409 /atomic:operations/0/data/id"]);
    }
  },
);
conforms(
  {
    anchor: "auto-id-updating-resources",
    level: "MUST",
    says: "The operation that updates includes an `op` code of `update`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const op of ["patch", "replace", "UPDATE"]) {
      t.same(faultsIn(await operate(server, [{ op, ...changed("first", { rating: 1 }) }])), [
        "400 /atomic:operations/0/op",
      ]);
    }
    t.equal((await server.get(FIRST)).body.data.attributes.rating, 5);
  },
);
conforms(
  {
    anchor: "auto-id-responses-1",
    level: "MUST",
    says: "If the server also changes the resource in other ways, the result includes the updated resource as `data`",
  },
  async (t) => {
    const server = await makeArticles(t);
    const before = (await server.get(FIRST)).body.data.attributes.updatedAt as string;
    const { body } = await operate(server, [{ op: "update", ...changed("first", { rating: 1 }) }]);
    const { attributes } = body["atomic:results"][0].data;
    t.equal(attributes.rating, 1);
    t.ok((attributes.updatedAt as string) > before);
  },
);
conforms(
  {
    anchor: "auto-id-responses-1",
    level: "MUST",
    says: "If no other fields are updated, the result has no `data` or the resource; or the answer is 204 if all results are empty",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { status, body } = await operate(server, [{ op: "update", ...changed("first", { title: "First" }) }]);
    t.equal(status, 200);
    t.match(body["atomic:results"], [{ data: { ...article("first"), attributes: { title: "First" } } }]);
  },
);
conforms(
  {
    anchor: "auto-id-responses-1",
    level: "MUST",
    says: isShown("An appropriate error is returned if the resource cannot be updated"),
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [data, fault] of [
      [{ ...article("first"), id: nothing }, "404 /atomic:operations/0"],
      [{ ...article("first"), attributes: { rating: "x" } }, "422 /atomic:operations/0/data/attributes/rating"],
      [{ ...article("first"), attributes: { slug: "the-second" } }, "409 /atomic:operations/0/data/attributes/slug"],
    ] as const) {
      t.same(faultsIn(await operate(server, [{ op: "update", data }])), [fault]);
    }
    const others = await operate(server, [{ op: "update", ...changed("second", { rating: 1 }) }], { as: "Ada" });
    t.same(faultsIn(others), ["403 /atomic:operations/0"]);
  },
);
conforms(
  {
    anchor: "auto-id-deleting-resources",
    level: "MUST",
    says: "An operation that deletes a resource targets it through `ref` or `href`, but not both",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const target of [{}, { data: tag("blue") }, { ref: tag("blue"), href: `/api/tags/${tags.blue}` }]) {
      t.equal((await operate(server, [{ op: "remove", ...target }])).status, 400, JSON.stringify(target));
    }
    t.equal((await server.get(`/api/tags/${tags.blue}`)).status, 200);
    t.equal((await operate(server, [{ op: "remove", ref: tag("blue") }])).status, 204);
    t.equal((await operate(server, [{ op: "remove", href: `/api/tags/${tags.green}` }])).status, 204);
    t.same((await server.get("/api/tags")).body.meta.total, 1);
  },
);
conforms(
  {
    anchor: "auto-id-deleting-resources",
    level: "MUST",
    says: "The operation that deletes includes an `op` code of `remove`",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await operate(server, [{ op: "delete", ref: tag("blue") }])), ["400 /atomic:operations/0/op"]);
    t.equal((await server.get(`/api/tags/${tags.blue}`)).status, 200);
  },
);
conforms(
  {
    anchor: "auto-id-responses-2",
    level: "MUST",
    says: "A deletion has a result with no `data`, or the answer is 204 if all results are empty",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await operate(server, [{ op: "remove", ref: tag("blue") }])).status, 204);
    const { body } = await operate(server, [
      { op: "remove", ref: tag("green") },
      { op: "update", ...changed("first") },
    ]);
    t.same(body["atomic:results"][0], {});
  },
);
conforms(
  {
    anchor: "auto-id-responses-2",
    level: "MUST",
    says: isShown("An appropriate error is returned if the resource cannot be deleted"),
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [ref, fault] of [
      [{ type: "tags", id: nothing }, "404 /atomic:operations/0"],
      [article("first"), "409 /atomic:operations/0"],
      [{ type: "audits", id: nothing }, "404 /atomic:operations/0"],
    ] as const) {
      t.same(faultsIn(await operate(server, [{ op: "remove", ref }])), [fault]);
    }
    t.same(faultsIn(await operate(server, [{ op: "remove", ref: tag("red") }], { as: "Ada" })), [
      "403 /atomic:operations/0",
    ]);
  },
);
