import { FIRST, newArticle, operate, tag, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, idsOf, makeArticles, type Method } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeAdmin } from "../fixtures/people.ts";

const { conforms, outOfReach } = section("format", "Query parameters", import.meta.url);

for (const says of [
  "The base name of every query parameter introduced by an extension is prefixed with the extension's namespace and a colon",
  "The remainder of the base name contains only the characters a-z",
]) {
  outOfReach({
    anchor: "extension-query-parameters",
    level: "MUST",
    says,
    why: "for authors of extensions; the one that is supported has no query parameters",
  });
}
outOfReach({
  anchor: "query-parameters-custom",
  level: "MAY",
  says: "Implementations support custom query parameters",
  why: "there are none here: all are those of the specification",
});
conforms(
  {
    anchor: "query-parameters-custom",
    level: "MUST",
    says: "The names of custom query parameters come from a family whose base name is a legal member name with a non a-z character",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const name of ["search", "sortBy", "camelCase", "camelCase[x]", "with-dash", "limit1", "foo:bar"]) {
      t.same(faultsIn(await server.get(`/api/articles?${name}=1`)), [`400 ${name}`], name);
    }
  },
);
outOfReach({
  anchor: "query-parameters-custom",
  level: "RECOMMENDED",
  says: "A capital letter (e.g. camelCasing) is used to satisfy the above requirement",
  why: "there are no custom query parameters",
});
conforms(
  {
    anchor: "query-parameters-custom",
    level: "MUST",
    says: "400 for a query parameter that does not follow the naming conventions, or that the server does not know how to process",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [method, url] of [
      ["GET", "/api/articles"],
      ["GET", FIRST],
      ["GET", `${FIRST}/author`],
      ["GET", `${FIRST}/tags`],
      ["GET", TAGS],
      ["POST", "/api/articles"],
      ["PATCH", FIRST],
      ["DELETE", FIRST],
      ["PATCH", TAGS],
      ["POST", TAGS],
      ["DELETE", TAGS],
    ] as readonly (readonly [Method, string])[]) {
      for (const name of [
        "nope",
        "Include",
        "filter[_]",
        "fields[articles][x]",
        "page",
        "[x]",
        "include[author]",
        "",
      ]) {
        const answer = await server.ask(method, `${url}?${name}=1`, {
          as: "editor",
          ...(method === "GET" ? {} : { body: newArticle() }),
        });
        t.equal(answer.status, 400, `${method} ${url}?${name}`);
        t.equal(answer.body.errors[0].source.parameter, name);
      }
    }
    t.equal((await server.get("/api/articles", "editor")).body.meta.total, 4, "nothing was done");
    const operations = await server.ask("POST", "/api/operations?include=x", {
      as: "editor",
      body: { "atomic:operations": [{ op: "remove", ref: tag("red") }] },
      headers: { "content-type": 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"' },
    });
    t.same(faultsIn(operations), ["400 include"]);
    t.equal((await operate(server, [{ op: "remove", ref: tag("red") }])).status, 204);
    const app = await makeApp(t);
    const { token } = await makeAdmin(app);
    for (const type of ["users", "roles", "sessions"]) {
      t.equal((await app.ask("GET", `/v1/${type}?nope=1`, { token })).status, 400, type);
    }
  },
);
conforms(
  {
    anchor: "appendix-query-details-parsing",
    level: "MUST",
    says: "Query parameters are extracted by the `application/x-www-form-urlencoded` parsing algorithm",
  },
  async (t) => {
    const server = await makeArticles(t);
    const made = newArticle({ title: "A & B = C+D", slug: "é", isPublished: true });
    t.equal((await server.ask("POST", "/api/articles", { as: "editor", body: made })).status, 201);
    for (const query of [
      "filter%5Btitle%5D=A+%26+B+%3D+C%2BD",
      "filter[title]=A%20%26%20B%20=%20C%2BD",
      "&&filter[title]=A+%26+B+=+C%2BD&",
      "filter[slug]=%C3%A9",
      "f%69lter[slug]=%c3%a9",
    ]) {
      t.equal((await server.get(`/api/articles?${query}`)).body.data.length, 1, query);
    }
    t.equal((await server.get("/api/articles?page[size]")).status, 400, "without a value it is empty");
  },
);
conforms(
  {
    anchor: "appendix-query-details-parsing",
    level: "MUST",
    says: "Query parameters are serialized by the `application/x-www-form-urlencoded` serializer, or so that they parse back",
  },
  async (t) => {
    const server = await makeArticles(t);
    const query = "filter[title][like]=*%26%3D%2B%20%C3%A9*&sort=-title,id&fields[articles]=title&page[size]=1";
    const { links } = (await server.get(`/api/articles?${query}`)).body;
    for (const link of [links.self, links.first, links.last] as string[]) {
      const parsed = new URL(link).searchParams;
      t.equal(parsed.get("filter[title][like]"), "*&=+ é*", link);
      t.same(
        [parsed.get("sort"), parsed.get("fields[articles]"), parsed.get("page[size]")],
        ["-title,id", "title", "1"],
      );
      t.notMatch(link, /[[\]]/, "names have no brackets unencoded");
    }
  },
);
conforms(
  {
    anchor: "appendix-query-details-square-brackets",
    level: "SHOULD",
    says: "Servers accept requests in which square brackets are left unencoded in a query parameter's name",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(idsOf(await server.get("/api/articles?filter[title]=First&page[size]=1")), [articles.first]);
    t.equal((await server.get(`${FIRST}?fields[articles]=title`)).status, 200);
  },
);
conforms(
  {
    anchor: "appendix-query-details-square-brackets",
    level: "MUST",
    says: "A request with unencoded brackets is equivalent to one in which they were percent-encoded",
  },
  async (t) => {
    const server = await makeArticles(t);
    const raw = "/api/articles?filter[rating][gte]=1&page[number]=2&page[size]=1&fields[articles]=title";
    const encoded = raw.replaceAll("[", "%5B").replaceAll("]", "%5D");
    t.equal((await server.get(raw)).text, (await server.get(encoded)).text);
    t.equal((await server.get(raw)).text, (await server.get(encoded.toLowerCase())).text);
  },
);
