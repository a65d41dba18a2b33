import t from "tap";

import { idsOf, makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, audits, nothing, people, tags } from "../fixtures/articles/tables.ts";

const FIRST = `/api/articles/${articles.first}`;
const THIRD = `/api/articles/${articles.third}`;
const FOURTH = `/api/articles/${articles.fourth}`;

void t.test("a resource has what its caller may see, and the links of its own", async (t) => {
  const server = await makeArticles(t);
  const { status, body } = await server.get(FIRST);
  t.equal(status, 200);
  const base = PUBLIC_URL + FIRST;
  const links = (name: string) => ({ self: `${base}/relationships/${name}`, related: `${base}/${name}` });
  t.same(body, {
    jsonapi: { version: "1.1" },
    links: { self: base, describedby: `${PUBLIC_URL}/openapi.json` },
    data: {
      type: "articles",
      id: articles.first,
      attributes: {
        title: "First",
        body: "Text.",
        rating: 5,
        isPublished: true,
        publishedAt: "2026-01-01T12:00:00.000Z",
        slug: "The-First",
        createdAt: "2026-01-01T00:00:00.000Z",
        updatedAt: "2026-01-01T00:00:00.000Z",
      },
      relationships: {
        author: { links: links("author"), data: { type: "people", id: people.ada } },
        sequelTo: { links: links("sequelTo"), data: null },
        tags: { links: links("tags") },
      },
      links: { self: base },
    },
  });
});

void t.test("what a caller may see more, they see", async (t) => {
  const server = await makeArticles(t);
  const { data } = (await server.get(FIRST, "editor")).body;
  t.equal(data.attributes.secretNote, "alpha");
  t.ok("reviewers" in data.relationships);
  t.notOk("passcode" in data.attributes, "what is write-only nobody sees");
  const ada = `/api/people/${people.ada}`;
  t.equal((await server.get(ada, "Ben")).body.data.attributes.email, "ada@example.org");
  t.notOk("email" in (await server.get(ada)).body.data.attributes);
});

void t.test("a collection holds what its caller may see", async (t) => {
  const server = await makeArticles(t);
  const { first, second, third, fourth } = articles;
  t.same(idsOf(await server.get("/api/articles?sort=title")), [first, fourth, second]);
  t.same(idsOf(await server.get("/api/articles?sort=title", "Ada")), [first, fourth, second, third]);
  t.same(idsOf(await server.get("/api/articles?sort=title", "Ben")), [first, fourth, second]);
  t.equal((await server.get("/api/articles", "editor")).body.meta.total, 4);
});

void t.test("an empty collection is an empty array", async (t) => {
  const server = await makeArticles(t);
  const { status, body } = await server.get("/api/articles?filter[title]=None");
  t.equal(status, 200);
  t.same(body.data, []);
  t.equal(body.meta.total, 0);
});

void t.test("unknown, hidden and ill-formed ids are the same 404", async (t) => {
  const server = await makeArticles(t);
  const answers = [];
  for (const id of [
    nothing,
    articles.third,
    "1",
    "first",
    articles.first.toUpperCase(),
    "constructor",
    "%00",
    "a%2Fb",
  ]) {
    for (const path of ["", "/author", "/tags", "/relationships/author", "/relationships/tags"]) {
      const { status, body } = await server.get(`/api/articles/${id}${path}`);
      t.equal(status, 404, id + path);
      answers.push(JSON.stringify({ ...body.errors[0], id: "" }));
    }
  }
  t.equal(new Set(answers).size, 1);
});

void t.test("a relationship that a caller may not see is not there", async (t) => {
  const server = await makeArticles(t);
  for (const path of ["reviewers", "relationships/reviewers", "nope", "relationships/nope", "relationships"]) {
    t.equal((await server.get(`${FIRST}/${path}`)).status, 404, path);
  }
  t.same(idsOf(await server.get(`${FIRST}/reviewers`, "Ada")), [people.ben]);
});

void t.test("a type that is not for a caller's eyes: 401 for nobody, 403 for somebody", async (t) => {
  const server = await makeArticles(t);
  for (const url of ["/api/audits", `/api/audits/${audits.only}`, `/api/audits/${nothing}`]) {
    const anonymous = await server.get(url);
    t.equal(anonymous.status, 401);
    t.match(anonymous.headers["www-authenticate"], /^Bearer/);
    t.equal((await server.get(url, "Ada")).status, 403);
  }
  t.equal((await server.get(`/api/audits/${audits.only}`, "editor")).status, 200);
});

void t.test("a related to-one is a resource, or null", async (t) => {
  const server = await makeArticles(t);
  const author = await server.get(`${FIRST}/author`);
  t.equal(author.body.data.id, people.ada);
  t.equal(author.body.data.links.self, `${PUBLIC_URL}/api/people/${people.ada}`);
  t.equal((await server.get(`${FIRST}/sequelTo`)).body.data, null);
  t.equal((await server.get(`/api/people/${people.ada}/manager`)).body.data, null);
});

void t.test("a to-one that leads to what a caller may not see: null, and no linkage that names it", async (t) => {
  const server = await makeArticles(t);
  t.equal((await server.get(`${FOURTH}/sequelTo`)).body.data, null);
  t.equal((await server.get(`${FOURTH}/relationships/sequelTo`)).body.data, null);
  const included = await server.get(`${FOURTH}?include=sequelTo`);
  t.equal(included.body.data.relationships.sequelTo.data, null);
  for (const url of [FOURTH, `${FOURTH}?include=sequelTo`, `${FOURTH}/relationships/sequelTo?include=sequelTo`]) {
    t.notMatch((await server.get(url)).text, articles.third, url);
  }
  t.equal((await server.get(`${FOURTH}/sequelTo`, "Ada")).body.data.id, articles.third);
  t.equal((await server.get(FOURTH, "editor")).body.data.relationships.sequelTo.data.id, articles.third);
});

void t.test(
  "related to-many resources, through a table and over a foreign key, narrowed to what may be seen",
  async (t) => {
    const server = await makeArticles(t);
    t.same(idsOf(await server.get(`${FIRST}/tags?sort=name`)), [tags.green, tags.red]);
    t.same(idsOf(await server.get(`/api/people/${people.ada}/articles`)), [articles.first]);
    t.same(idsOf(await server.get(`/api/people/${people.ada}/articles`, "editor")), [articles.first, articles.third]);
    t.same(idsOf(await server.get(`/api/tags/${tags.blue}/articles`)), []);
    t.same(idsOf(await server.get(`/api/people/${people.ada}/reports`)), [people.ben]);
  },
);

void t.test("linkage: identifiers, one, or null, with both links", async (t) => {
  const server = await makeArticles(t);
  const many = await server.get(`${FIRST}/relationships/tags`);
  t.same(many.body.data, [
    { type: "tags", id: tags.red },
    { type: "tags", id: tags.green },
  ]);
  t.match(many.body.links, {
    self: `${PUBLIC_URL}${FIRST}/relationships/tags`,
    related: `${PUBLIC_URL}${FIRST}/tags`,
  });
  t.same((await server.get(`${FIRST}/relationships/author`)).body.data, { type: "people", id: people.ada });
  t.equal((await server.get(`${FIRST}/relationships/sequelTo`)).body.data, null);
  t.same((await server.get(`${FOURTH}/relationships/tags`)).body.data, []);
});

void t.test("HEAD answers as GET would, without the body", async (t) => {
  const server = await makeArticles(t);
  for (const url of [
    "/api/articles",
    FIRST,
    `${FIRST}/author`,
    `${FIRST}/tags`,
    `${FIRST}/relationships/tags`,
    THIRD,
    "/api/audits",
    "/api/articles?nope=1",
  ]) {
    const [get, head] = [await server.get(url), await server.ask("HEAD", url)];
    t.equal(head.status, get.status, url);
    for (const name of ["content-type", "content-length", "etag", "vary", "allow"]) {
      t.equal(head.headers[name], get.headers[name], `${name} of ${url}`);
    }
  }
});

void t.test("a slash at the end changes nothing but the link", async (t) => {
  const server = await makeArticles(t);
  const answer = await server.app.inject(`${FIRST}/`);
  t.equal(answer.statusCode, 200);
});
