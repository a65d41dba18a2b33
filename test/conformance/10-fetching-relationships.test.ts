import { article, FIRST, relationshipsIn, SECOND, SEQUEL, tag, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, nothing } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import { hrefOf } from "../fixtures/document/links.ts";

const { conforms } = section("format", "Fetching relationships", import.meta.url);

const path = (link: unknown) => String(hrefOf(link)).slice(PUBLIC_URL.length);
conforms(
  {
    anchor: "fetching-relationships",
    level: "MUST",
    says: "A server supports fetching relationship data for every URL provided as a `self` link of a relationship",
  },
  async (t) => {
    const server = await makeArticles(t);
    const all = relationshipsIn(await server.get("/api/articles?include=author,tags,reviewers,sequelTo", "editor"));
    t.ok(all.length > 20);
    for (const [name, { links, data }] of all) {
      const fetched = await server.get(path(links.self), "editor");
      t.equal(fetched.status, 200, name);
      t.equal(fetched.body.links.self, links.self);
      if (data !== undefined) t.same(fetched.body.data, data, name);
    }
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-200",
    level: "MUST",
    says: "A successful request to fetch a relationship is answered with `200 OK`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [TAGS, SEQUEL, `${FIRST}/relationships/sequelTo`])
      t.equal((await server.get(url)).status, 200, url);
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-200",
    level: "MUST",
    says: "The primary data matches the appropriate value for resource linkage",
  },
  async (t) => {
    const server = await makeArticles(t);
    const data = async (url: string) => (await server.get(url)).body.data as unknown;
    t.same(await data(SEQUEL), article("first"));
    t.equal(await data(`${FIRST}/relationships/sequelTo`), null);
    t.same(await data(TAGS), [tag("red"), tag("green")]);
    t.same(await data(`/api/articles/${articles.fourth}/relationships/tags`), []);
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-200",
    level: "MAY",
    says: "The top-level links object of a relationship contains `self` and `related` links",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [url, related] of [
      [TAGS, `${FIRST}/tags`],
      [SEQUEL, `${SECOND}/sequelTo`],
    ] as const) {
      t.match((await server.get(url)).body.links, { self: PUBLIC_URL + url, related: PUBLIC_URL + related });
    }
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-404",
    level: "MUST",
    says: "404 for a request to fetch a relationship link URL that does not exist",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      `/api/articles/${nothing}/relationships/tags`,
      `/api/articles/${nothing}/relationships/author`,
      `${FIRST}/relationships/nope`,
      `${FIRST}/relationships`,
      `${FIRST}/relationships/reviewers`,
    ]) {
      t.same(faultsIn(await server.get(url)), ["404 -"], url);
    }
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-404",
    level: "MUST",
    says: "If a relationship link URL exists but the relationship is empty, then `200 OK` is returned",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [url, data] of [
      [`${FIRST}/relationships/sequelTo`, null],
      [`/api/articles/${articles.fourth}/relationships/tags`, []],
    ] as const) {
      const answer = await server.get(url);
      t.same([answer.status, answer.body.data], [200, data], url);
    }
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-other",
    level: "MAY",
    says: "A server responds to relationship requests with other HTTP status codes, and includes error details",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await server.get(`${TAGS}?sort=nope&page[size]=0`)).sort(), ["400 page[size]", "400 sort"]);
    t.same(faultsIn(await server.get(`${SEQUEL}?page[size]=1`)), ["400 page[size]"]);
    const { etag } = (await server.get(SEQUEL)).headers;
    t.equal((await server.ask("GET", SEQUEL, { headers: { "if-none-match": String(etag) } })).status, 304);
  },
);
conforms(
  {
    anchor: "fetching-relationships-responses-other",
    level: "MUST",
    says: "A server prepares responses to fetching relationships in accordance with HTTP semantics",
  },
  async (t) => {
    const server = await makeArticles(t);
    const [got, head] = [await server.get(TAGS), await server.ask("HEAD", TAGS)];
    t.same([head.status, head.text, head.headers["etag"]], [200, "", got.headers["etag"]]);
    const put = await server.ask("PUT", TAGS, { as: "editor", body: {} });
    t.equal(put.status, 405);
    for (const method of ["GET", "PATCH", "POST", "DELETE"]) t.match(put.headers["allow"], method);
  },
);
