import { FIRST, relationshipsIn, resourcesIn, samples, tag, article, person } from "../fixtures/articles/documents.ts";
import { idsOf, makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, audits, nothing } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import { hrefOf } from "../fixtures/document/links.ts";

const { conforms } = section("format", "Fetching resources", import.meta.url);

const path = (link: unknown) => String(hrefOf(link)).slice(PUBLIC_URL.length);
conforms(
  {
    anchor: "fetching-resources",
    level: "MUST",
    says: "A server supports fetching resource data for every URL provided as a `self` link of the top-level links object",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, { body }] of await samples(server)) {
      if (body.links?.self === undefined) continue;
      const again = await server.get(path(body.links.self), "editor");
      t.equal(again.status, 200, name);
      t.same(again.body.links.self, body.links.self, name);
    }
  },
);
conforms(
  {
    anchor: "fetching-resources",
    level: "MUST",
    says: "A server supports fetching resource data for every URL provided as a `self` link of a resource-level links object",
  },
  async (t) => {
    const server = await makeArticles(t);
    const all = resourcesIn(await server.get("/api/articles?include=author,tags,reviewers", "editor"));
    t.equal(all.length, 10);
    for (const { links, ...resource } of all) {
      t.match((await server.get(path(links.self), "editor")).body.data, { type: resource.type, id: resource.id });
    }
  },
);
conforms(
  {
    anchor: "fetching-resources",
    level: "MUST",
    says: "A server supports fetching resource data for every URL provided as a `related` link of a relationship-level links object",
  },
  async (t) => {
    const server = await makeArticles(t);
    const all = relationshipsIn(await server.get("/api/people?include=articles,reports,manager", "editor"));
    for (const [name, { links, data }] of all) {
      const related = await server.get(path(links.related), "editor");
      t.equal(related.status, 200, name);
      if (data === undefined) continue;
      const identify = ({ type, id }: { type: string; id: string }) => ({ type, id });
      const found = related.body.data;
      t.same(Array.isArray(found) ? found.map(identify) : found === null ? null : identify(found), data, name);
    }
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-200",
    level: "MUST",
    says: "A successful request to fetch an individual resource or resource collection is answered with `200 OK`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", FIRST, `${FIRST}/author`, `${FIRST}/tags`, "/api/people?filter[name]=Nobody"]) {
      t.equal((await server.get(url)).status, 200, url);
    }
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-200",
    level: "MUST",
    says: "A fetched resource collection has an array of resource objects or an empty array as primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(idsOf(await server.get("/api/articles?sort=title")), [articles.first, articles.fourth, articles.second]);
    t.same((await server.get("/api/articles?filter[title]=None")).body.data, []);
    t.same((await server.get(`/api/articles/${articles.fourth}/tags`)).body.data, []);
    t.match((await server.get(`${FIRST}/tags`)).body.data, [
      { ...tag("red"), attributes: { name: "red" } },
      { ...tag("green"), attributes: { name: "green" } },
    ]);
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-200",
    level: "MUST",
    says: "A fetched individual resource has a resource object or `null` as primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.match((await server.get(FIRST)).body.data, { ...article("first"), attributes: { title: "First" } });
    t.match((await server.get(`${FIRST}/author`)).body.data, { ...person("ada"), attributes: { name: "Ada" } });
    t.equal((await server.get(`${FIRST}/sequelTo`)).body.data, null, "where there might be one, and is none");
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-404",
    level: "MUST",
    says: "404 for a request to fetch a single resource that does not exist, except where `null` is warranted",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      `/api/articles/${nothing}`,
      "/api/articles/1",
      "/api/nopes",
      `/api/articles/${nothing}/author`,
      `/api/articles/${nothing}/tags`,
      `/api/articles/${articles.third}/author`,
      `${FIRST}/nope`,
    ]) {
      const answer = await server.get(url);
      t.equal(answer.status, 404, url);
      t.equal(answer.body.errors[0].status, "404");
    }
    const empty = await server.get(`${FIRST}/sequelTo`);
    t.same([empty.status, empty.body.data], [200, null]);
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-other",
    level: "MAY",
    says: "A server responds with other HTTP status codes",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await server.get(`/api/audits/${audits.only}`)).status, 401);
    t.equal((await server.get(`/api/audits/${audits.only}`, "Ada")).status, 403);
    const { etag } = (await server.get(FIRST)).headers;
    const known = await server.ask("GET", FIRST, { headers: { "if-none-match": String(etag) } });
    t.same([known.status, known.text], [304, ""]);
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-other",
    level: "MAY",
    says: "A server includes error details with error responses",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [`/api/articles/${nothing}`, "/api/audits", "/api/articles?sort=nope"]) {
      const { status, body } = await server.get(url);
      t.match(body.errors, [{ status: String(status), code: /^[a-z-]+$/, title: /\w/, detail: /\w/ }], url);
    }
  },
);
conforms(
  {
    anchor: "fetching-resources-responses-other",
    level: "MUST",
    says: "A server prepares responses to fetching resources in accordance with HTTP semantics",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", FIRST, `/api/articles/${nothing}`]) {
      const [got, head] = [await server.get(url), await server.ask("HEAD", url)];
      t.same([head.status, head.text], [got.status, ""], url);
      t.equal(head.headers["content-type"], got.headers["content-type"], "HEAD has the headers of GET");
    }
    const put = await server.ask("PUT", FIRST, { as: "editor", body: {} });
    t.equal(put.status, 405);
    for (const method of ["GET", "PATCH", "DELETE"]) t.match(put.headers["allow"], method);
    t.match((await server.get("/api/audits")).headers["www-authenticate"], "Bearer", "401 says how to be somebody");
  },
);
