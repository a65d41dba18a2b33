import { FIRST, newArticle, operate, tag } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, PUBLIC_URL, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, nothing } from "../fixtures/articles/tables.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeUser } from "../fixtures/people.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("format", "Creating resources: responses", import.meta.url);

const ID = "0000abc3-0000-4000-8000-000000000077";
const create = (server: ArticlesServer, body: Json, type = "articles", as = "editor") =>
  server.ask("POST", `/api/${type}`, { as, body });
const count = async (server: ArticlesServer) => (await server.get("/api/articles", "editor")).body.meta.total as number;
conforms(
  {
    anchor: "crud-creating-responses-201",
    level: "MUST",
    says: "If the server changes the new resource in any way: 201, and a document that contains the resource as primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { status, body } = await create(server, newArticle({ title: "  Trimmed " }));
    t.equal(status, 201);
    t.match(body.data, { type: "articles", id: String, attributes: { title: "Trimmed", createdAt: /^2026/ } });
  },
);
conforms(
  {
    anchor: "crud-creating-responses-201",
    level: "SHOULD",
    says: "The response includes a `Location` header identifying the location of the newly created resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { headers, body } = await create(server, newArticle());
    const made = await server.get(String(headers["location"]).slice(PUBLIC_URL.length), "editor");
    t.same([made.status, made.body.data.id], [200, body.data.id]);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-201",
    level: "MUST",
    says: "The value of the resource's `self` link matches the value of the `Location` header",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const more of [{}, { id: ID }]) {
      const { headers, body } = await create(server, newArticle({ slug: JSON.stringify(more) }, more));
      t.equal(body.data.links.self, headers["location"]);
    }
  },
);
outOfReach({
  anchor: "crud-creating-responses-201",
  level: "MAY",
  says: "A server returns 201 with a document that contains no primary data if it does not change the resource",
  why: "every creation is answered with the resource",
});
conforms(
  {
    anchor: "crud-creating-responses-202",
    level: "MUST",
    says: "202 if a request to create a resource has been accepted, but the processing has not been completed",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = { data: { type: "people", attributes: { name: "Eve", invitation: "later" } } };
    const later = await create(server, body, "people");
    t.same([later.status, later.body.meta, later.headers["location"]], [202, { message: "We will see." }, undefined]);
    const app = await makeApp(t, { REGISTRATION: "confirm" });
    const asked = await app.ask("POST", "/v1/users", {
      body: { data: { type: "users", attributes: { email: "eve@example.org" } } },
    });
    t.same([asked.status, Object.keys(asked.body)], [202, ["jsonapi", "meta"]]);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-204",
    level: "MUST",
    says: "If the server does not change the new resource: either 201 and a document, or 204 and none",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await create(server, newArticle({}, { id: ID }));
    t.equal(answer.status, 201);
    t.match(answer.body.data, { id: ID, attributes: { title: "New", slug: "new" } });
  },
);
conforms(
  {
    anchor: "crud-creating-responses-403",
    level: "MAY",
    says: "A server returns 403 in response to an unsupported request to create a resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = { data: { type: "tags", attributes: { name: "grey" } } };
    t.equal((await create(server, body, "tags", "Ada")).status, 403);
    t.equal((await create(server, body, "tags")).status, 201);
    t.same(faultsIn(await create(server, newArticle({ isPublished: true }), "articles", "Ada")), [
      "403 /data/attributes/isPublished",
    ]);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-404",
    level: "MUST",
    says: "404 for a creation that references a related resource that does not exist",
  },
  async (t) => {
    const server = await makeArticles(t);
    const relationships = {
      author: { data: { type: "people", id: nothing } },
      tags: { data: [tag("red"), { type: "tags", id: nothing }] },
    };
    const answer = await create(server, newArticle({}, { relationships }));
    t.same(
      [answer.status, faultsIn(answer).sort()],
      [404, ["404 /data/relationships/author/data", "404 /data/relationships/tags/data/1"]],
    );
    t.equal(await count(server), 4);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-409",
    level: "MUST",
    says: "409 for a creation with a client-generated ID that already exists",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await create(server, newArticle({}, { id: articles.first }))), ["409 /data/id"]);
    t.equal((await server.get(FIRST)).body.data.attributes.title, "First");
    const hidden = newArticle({ slug: "z" }, { id: articles.third });
    t.equal((await create(server, hidden, "articles", "Ben")).status, 409, "also where it may not be seen");
  },
);
conforms(
  {
    anchor: "crud-creating-responses-409",
    level: "MUST",
    says: "409 if the resource object's `type` is not among those that constitute the collection",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const type of ["tags", "article", "Articles", "nope"]) {
      t.same(faultsIn(await create(server, newArticle({}, { type }))), ["409 /data/type"], type);
    }
    const added = await operate(server, [{ op: "add", href: "/api/articles", data: { type: "tags" } }]);
    t.same(faultsIn(added), ["409 /atomic:operations/0/data/type"]);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-409",
    level: "SHOULD",
    says: "A conflict on creation has error details and enough information to recognize its source",
  },
  async (t) => {
    const server = await makeArticles(t);
    const taken = await create(server, newArticle({ slug: "THE-FIRST" }));
    t.equal(taken.status, 409);
    t.match(taken.body.errors, [{ detail: /slug/, source: { pointer: "/data/attributes/slug" } }]);
    const app = await makeApp(t);
    const { email } = await makeUser(app);
    const attributes = { email: email.toUpperCase(), password: "walnut-orbit-9" };
    const again = await app.ask("POST", "/v1/users", { body: { data: { type: "users", attributes } } });
    t.match(again.body.errors, [{ status: "409", source: { pointer: "/data/attributes/email" } }]);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-other",
    level: "MAY",
    says: "A server responds to a creation with other HTTP status codes, and includes error details",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await server.ask("POST", "/api/articles", { body: newArticle() })).status, 401);
    const invalid = await create(server, newArticle({ title: "", rating: "5" }));
    t.same(faultsIn(invalid), ["422 /data/attributes/title", "422 /data/attributes/rating"]);
    for (const { detail, title } of invalid.body.errors) t.ok(detail && title);
  },
);
conforms(
  {
    anchor: "crud-creating-responses-other",
    level: "MUST",
    says: "A server prepares responses to creations in accordance with HTTP semantics",
  },
  async (t) => {
    const server = await makeArticles(t);
    const anonymous = await server.ask("POST", "/api/articles", { body: newArticle() });
    t.match(anonymous.headers["www-authenticate"], "Bearer");
    const made = await create(server, newArticle());
    t.ok(URL.canParse(String(made.headers["location"])));
    t.match(made.headers["cache-control"], /private|no-store/);
    const nowhere = await server.ask("POST", "/api/audits", { as: "editor", body: {} });
    t.same([nowhere.status, nowhere.headers["allow"]], [405, "GET, HEAD, OPTIONS"]);
  },
);
