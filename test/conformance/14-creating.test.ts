import { article, FIRST, newArticle, person, tag } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, PUBLIC_URL, type ArticlesServer } from "../fixtures/articles/server.ts";
import { people, tags } from "../fixtures/articles/tables.ts";
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
