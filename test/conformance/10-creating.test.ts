import { article, FIRST, newArticle, operate, person, tag } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, PUBLIC_URL, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, nothing, people, tags } from "../fixtures/articles/tables.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeUser } from "../fixtures/people.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("format", "Creating resources", import.meta.url);

const ID = "0000abc3-0000-4000-8000-000000000077";

const create = (server: ArticlesServer, body: Json, type = "articles", as = "editor") =>
  server.ask("POST", `/api/${type}`, { as, body });

const count = async (server: ArticlesServer) => (await server.get("/api/articles", "editor")).body.meta.total as number;

conforms(
  {
    anchor: "crud",
    level: "MAY",
    says: "A server allows resources of a given type to be created, modified or deleted",
  },
  async (t) => {
    const server = await makeArticles(t);
    const made = await create(server, { data: { type: "tags", attributes: { name: "grey" } } }, "tags");
    const url = (made.body.data.links.self as string).slice(PUBLIC_URL.length);
    const body = { data: { type: "tags", id: made.body.data.id, attributes: { name: "gray" } } };
    t.equal((await server.ask("PATCH", url, { as: "editor", body })).body.data.attributes.name, "gray");
    t.equal((await server.ask("DELETE", url, { as: "editor" })).status, 204);
    t.equal((await server.get(url)).status, 404);
    t.equal((await server.ask("POST", "/api/audits", { as: "editor", body })).status, 405, "others are only read");
  },
);
conforms(
  { anchor: "crud", level: "MUST", says: "A request completely succeeds or fails (in a single transaction)" },
  async (t) => {
    const server = await makeArticles(t);
    const all = Object.values(tags).map((id) => ({ type: "tags", id }));
    // The rule that an article cannot have every tag speaks up when article and links are written already.
    const relationships = { author: { data: person("ada") }, tags: { data: all } };
    t.equal((await create(server, newArticle({}, { id: ID, relationships }))).status, 409);
    t.equal((await server.get(`/api/articles/${ID}`, "editor")).status, 404);
    const body = {
      data: { ...article("first"), attributes: { title: "Changed" }, relationships: { tags: { data: all } } },
    };
    t.equal((await server.ask("PATCH", FIRST, { as: "editor", body })).status, 409);
    const left = await server.get(`${FIRST}?include=tags`);
    t.equal(left.body.data.attributes.title, "First");
    t.same(left.body.data.relationships.tags.data, [tag("red"), tag("green")]);
  },
);
conforms(
  { anchor: "crud-creating", level: "MUST", says: "The request includes a single resource object as primary data" },
  async (t) => {
    const server = await makeArticles(t);
    for (const data of [[], [newArticle().data], null, "articles"]) {
      t.same(faultsIn(await create(server, { data })), ["400 /data"], JSON.stringify(data));
    }
    t.same(faultsIn(await create(server, {})), ["400 "]);
    t.equal((await create(server, newArticle())).status, 201);
  },
);
conforms(
  { anchor: "crud-creating", level: "MUST", says: "The resource object contains at least a `type` member" },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await create(server, { data: { attributes: { title: "X" } } })), ["400 /data"]);
    t.same(faultsIn(await create(server, { data: { type: ["articles"] } })), ["400 /data/type"]);
  },
);
conforms(
  {
    anchor: "crud-creating",
    level: "MUST",
    says: "If a relationship is provided, its value is a relationship object with a `data` member, the linkage of the new resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    const made = await server.ask("POST", "/api/articles?include=tags,author,sequelTo", {
      as: "editor",
      body: newArticle(
        {},
        {
          relationships: {
            author: { data: person("cleo") },
            sequelTo: { data: null },
            tags: { data: [tag("blue"), tag("red")] },
          },
        },
      ),
    });
    t.same(made.body.data.relationships.author.data, person("cleo"));
    t.equal(made.body.data.relationships.sequelTo.data, null);
    t.same(made.body.data.relationships.tags.data, [tag("red"), tag("blue")]);
    for (const [author, fault] of [
      [{}, "400 /data/relationships/author"],
      [{ id: people.ada }, "400 /data/relationships/author"],
      [{ data: "Ada" }, "400 /data/relationships/author/data"],
      [{ data: null }, "422 /data/relationships/author/data"],
    ] as const) {
      t.same(faultsIn(await create(server, newArticle({ slug: "x" }, { relationships: { author } }))), [fault]);
    }
  },
);
conforms(
  {
    anchor: "crud-creating-client-ids",
    level: "MAY",
    says: "A server accepts a client-generated ID along with a request to create a resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    const made = await create(server, newArticle({}, { id: ID }));
    t.same([made.status, made.body.data.id], [201, ID]);
    t.equal((await server.get(`/api/articles/${ID}`, "editor")).status, 200);
  },
);
conforms(
  {
    anchor: "crud-creating-client-ids",
    level: "MUST",
    says: "An ID is specified with an `id` key, the value of which is a universally unique identifier",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const id of ["1", "", "first", ID.toUpperCase(), `${ID}0`]) {
      t.same(faultsIn(await create(server, newArticle({}, { id }))), ["422 /data/id"], id);
    }
    t.equal(await count(server), 4);
  },
);
outOfReach({
  anchor: "crud-creating-client-ids",
  level: "SHOULD",
  says: "The client uses a properly generated and formatted UUID as described in RFC 4122",
  why: "about clients; that the server takes nothing else is tested beside this",
});
conforms(
  {
    anchor: "crud-creating-client-ids",
    level: "MUST",
    says: "403 for an unsupported request to create a resource with a client-generated ID",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [type, attributes] of [
      ["tags", { name: "grey" }],
      ["people", { name: "Eve" }],
    ] as const) {
      t.same(faultsIn(await create(server, { data: { type, id: ID, attributes } }, type)), ["403 /data/id"]);
    }
    const app = await makeApp(t);
    const { email, password } = await makeUser(app);
    const body = { data: { type: "sessions", id: ID, attributes: { email, password } } };
    t.equal((await app.ask("POST", "/v1/sessions", { body })).status, 403);
  },
);
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
