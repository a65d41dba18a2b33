import {
  changed,
  CURSORS,
  FIRST,
  newArticle,
  operate,
  samples,
  SEQUEL,
  tag,
  TAGS,
} from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("format", "Document structure: top level", import.meta.url);

outOfReach({
  anchor: "document-structure",
  level: "MAY",
  says: "Extensions define new members within the document structure",
  why: "for authors of extensions; this server defines none",
});
conforms(
  {
    anchor: "document-structure",
    level: "MUST",
    says: "Members that extensions define comply with the naming requirements of extension members",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [{ op: "update", ...changed("first", { rating: 2 }) }]);
    t.same(Object.keys(body).sort(), ["atomic:results", "jsonapi"]);
  },
);
conforms(
  {
    anchor: "document-structure",
    level: "MUST NOT",
    says: "Objects defined by the specification or any applied extensions do not contain any additional members",
  },
  async (t) => {
    const top = ["jsonapi", "links", "data", "included", "errors", "meta"];
    for (const [name, { body }] of await samples(await makeArticles(t))) {
      const known = name === "results" ? [...top, "atomic:results"] : top;
      t.same(
        Object.keys(body).filter((member) => !known.includes(member)),
        [],
        name,
      );
      t.ok("jsonapi" in body);
    }
  },
);
conforms(
  { anchor: "document-structure", level: "MUST", says: "Server implementations ignore non-compliant members" },
  async (t) => {
    const server = await makeArticles(t);
    const body = {
      ...newArticle({}, { "version:id": "1", method: "post", href: "/" }),
      "foo:bar": 1,
      operation: "delete",
      included: "none",
      errors: [],
    };
    body.data.relationships.author = {
      data: { type: "people", id: body.data.relationships.author.data.id, x: 1 },
      y: 2,
    };
    const answer = await server.ask("POST", "/api/articles", { as: "editor", body });
    t.equal(answer.status, 201);
    t.equal((await server.get(answer.body.data.links.self.replace(/^.*\/api/, "/api"), "editor")).status, 200);
    t.notOk("errors" in answer.body);
    const update = { ...changed("first", { title: "Known" }), unknown: {} };
    t.equal((await server.ask("PATCH", FIRST, { as: "editor", body: update })).body.data.attributes.title, "Known");
  },
);

conforms(
  {
    anchor: "document-top-level",
    level: "MUST",
    says: "A JSON object is at the root of every JSON:API request and response document containing data",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const body of ["[]", "null", '"text"', "7", JSON.stringify([newArticle()])]) {
      const answer = await server.ask("POST", "/api/articles", { as: "editor", body });
      t.same(faultsIn(answer), ["400 "], body);
    }
    for (const [name, { text }] of await samples(server)) t.match(text, /^\{.*\}$/s, name);
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MUST",
    says: "A document contains at least one of `data`, `errors`, `meta`, and members defined by an applied extension",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, { body }] of await samples(server)) {
      t.ok(
        ["data", "errors", "meta", "atomic:results"].some((member) => member in body),
        name,
      );
    }
    for (const body of [{}, { jsonapi: { version: "1.1" } }, { meta: {} }]) {
      t.equal((await server.ask("POST", "/api/articles", { as: "editor", body })).status, 400, JSON.stringify(body));
    }
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MUST NOT",
    says: "The members `data` and `errors` do not coexist in the same document",
  },
  async (t) => {
    for (const [name, { status, body }] of await samples(await makeArticles(t))) {
      t.equal("errors" in body, status >= 400, name);
      t.notOk("data" in body && "errors" in body, name);
    }
  },
);
conforms(
  { anchor: "document-top-level", level: "MAY", says: "A document contains `jsonapi`, `links` and `included`" },
  async (t) => {
    const { body } = await (await makeArticles(t)).get(`${FIRST}?include=author`);
    t.same(Object.keys(body).sort(), ["data", "included", "jsonapi", "links"]);
    t.equal(body.jsonapi.version, "1.1");
    t.equal(body.included.length, 1);
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MUST NOT",
    says: "If a document does not contain a top-level `data` key, the `included` member is not present either",
  },
  async (t) => {
    const server = await makeArticles(t);
    const accepted = await server.ask("POST", "/api/people?include=manager", {
      as: "editor",
      body: { data: { type: "people", attributes: { name: "Eve", invitation: "later" } } },
    });
    t.same([accepted.status, Object.keys(accepted.body).sort()], [202, ["jsonapi", "meta"]]);
    const missing = await server.get("/api/articles/none?include=author");
    t.same([missing.status, "included" in missing.body], [404, false]);
    for (const [name, { body }] of await samples(server)) t.notOk(!("data" in body) && "included" in body, name);
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MAY",
    says: "The top-level links object contains `self`, `related`, `describedby`, and pagination links",
  },
  async (t) => {
    const server = await makeArticles(t);
    const names = async (url: string) => Object.keys((await server.get(url)).body.links).sort();
    t.same(await names(FIRST), ["describedby", "self"]);
    t.same(await names(SEQUEL), ["describedby", "related", "self"]);
    t.same(await names("/api/articles"), ["describedby", "first", "last", "next", "prev", "self"]);
    t.same(await names(TAGS), ["describedby", "first", "last", "next", "prev", "related", "self"]);
    const described = await server.app.inject((await server.get(FIRST)).body.links.describedby as string);
    t.equal(described.json().openapi, "3.1.0");
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "SHOULD",
    says: "If a document has extensions or profiles applied, `self` is a link object with the `type` of the media type and its parameters",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles?page[after]=&page[size]=1", `${TAGS}?page[before]=&page[size]=1`]) {
      const { headers, body } = await server.get(url);
      t.equal(body.links.self.type, headers["content-type"], url);
      t.equal(decodeURIComponent(body.links.self.href as string), `https://articles.example${url}`);
      t.match(body.links.self.type, CURSORS);
    }
    t.type(
      (await server.get("/api/articles")).body.links.self,
      "string",
      "where nothing is applied it is a plain link",
    );
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MUST",
    says: "Primary data for requests that target single resources is a resource object, a resource identifier object, or `null`",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(Object.keys((await server.get(FIRST)).body.data).sort(), [
      "attributes",
      "id",
      "links",
      "relationships",
      "type",
    ]);
    t.same(Object.keys((await server.get(SEQUEL)).body.data).sort(), ["id", "type"]);
    t.equal((await server.get(`${FIRST}/sequelTo`)).body.data, null);
    for (const data of [[], [newArticle().data], null, "text"]) {
      const answer = await server.ask("POST", "/api/articles", { as: "editor", body: { data } });
      t.same(faultsIn(answer), ["400 /data"], JSON.stringify(data));
    }
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MUST",
    says: "Primary data for requests that target collections is an array of resource objects or resource identifier objects, or empty",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await server.get("/api/articles")).body.data.length, 3);
    t.same((await server.get(TAGS)).body.data, [tag("red"), tag("green")]);
    t.same((await server.get("/api/articles?filter[title]=Nothing")).body.data, []);
    for (const data of [null, tag("red"), "text"]) {
      const answer = await server.ask("PATCH", TAGS, { as: "editor", body: { data } });
      t.same(faultsIn(answer), ["400 /data"], JSON.stringify(data));
    }
  },
);
conforms(
  {
    anchor: "document-top-level",
    level: "MUST",
    says: "A logical collection of resources is represented as an array, even if it only contains one item or is empty",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await server.get("/api/articles?page[size]=1")).body.data.length, 1);
    t.equal((await server.get("/api/articles?filter[title]=First")).body.data.length, 1);
    t.equal((await server.get("/api/people?filter[name]=Nobody")).body.data.length, 0);
    t.match((await server.get(`${FIRST}/tags?filter[name]=red`)).body.data, [tag("red")]);
  },
);
