import { changed, FIRST, newArticle, operate, samples } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { nothing } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("format", "Errors", import.meta.url);

/** A document with three faults of one kind. */
const wrong = newArticle({ title: 1, rating: "x", nope: true });

conforms(
  {
    anchor: "errors-processing",
    level: "MAY",
    says: "A server stops processing as soon as a problem is encountered",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await server.ask("POST", "/api/articles?nope=1", { as: "editor", body: wrong });
    t.same(faultsIn(answer), ["400 nope"], "the query is looked at before the document");
  },
);
conforms(
  { anchor: "errors-processing", level: "MAY", says: "A server continues processing and encounters multiple problems" },
  async (t) => {
    const server = await makeArticles(t);
    t.same(faultsIn(await server.ask("POST", "/api/articles", { as: "editor", body: wrong })), [
      "422 /data/attributes/title",
      "422 /data/attributes/rating",
      "422 /data/attributes/nope",
    ]);
    t.same(faultsIn(await server.get("/api/articles?sort=nope&include=nope&filter[nope]=1")).sort(), [
      "400 filter[nope]",
      "400 include",
      "400 sort",
    ]);
  },
);
conforms(
  {
    anchor: "errors-processing",
    level: "SHOULD",
    says: "With multiple problems the most generally applicable HTTP error code is used in the response",
  },
  async (t) => {
    const server = await makeArticles(t);
    const mixed = await server.ask("PATCH", FIRST, {
      as: "editor",
      body: changed("first", { title: 1, createdAt: "2020-01-01T00:00:00Z" }),
    });
    t.same([mixed.status, faultsIn(mixed)], [400, ["422 /data/attributes/title", "403 /data/attributes/createdAt"]]);
    t.equal(
      (await server.ask("POST", "/api/articles", { as: "editor", body: wrong })).status,
      422,
      "of one kind: that one",
    );
  },
);
conforms(
  {
    anchor: "error-objects",
    level: "MUST",
    says: "Error objects are returned as an array keyed by `errors` in the top level of a JSON:API document",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, { status, body }] of await samples(server)) {
      if (status < 400) t.notOk("errors" in body, name);
      else t.ok(Array.isArray(body.errors) && body.errors.length > 0, name);
    }
    for (const [method, url, status] of [
      ["GET", "/nope", 404],
      ["PUT", FIRST, 405],
      ["GET", "/api/articles/%zz", 400],
      ["GET", `/api/articles/${"x".repeat(1000)}`, 414],
    ] as const) {
      const answer = await server.ask(method, url);
      t.same([answer.status, answer.body.errors.length], [status, 1], url);
    }
    const broken = await server.ask("POST", "/api/articles", { as: "editor", body: "{" });
    t.same([broken.status, broken.body.errors.length], [400, 1]);
  },
);
conforms(
  {
    anchor: "error-objects",
    level: "MUST",
    says: "An error object contains at least one of `id`, `links`, `status`, `code`, `title`, `detail`, `source` and `meta`",
  },
  async (t) => {
    for (const [name, { body }] of await samples(await makeArticles(t))) {
      for (const error of (body.errors ?? []) as Json[]) {
        for (const member of ["id", "status", "code", "title", "detail"]) t.type(error[member], "string", name);
      }
    }
  },
);
conforms(
  {
    anchor: "error-objects",
    level: "MAY",
    says: "An error object has an `id`: a unique identifier for this particular occurrence of the problem",
  },
  async (t) => {
    const server = await makeArticles(t);
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const answer = await server.ask("POST", "/api/articles", { as: "editor", body: wrong });
      ids.push(...(answer.body.errors as { id: string }[]).map(({ id }) => id));
      t.equal(answer.body.errors[0].id, answer.headers["x-request-id"], "under which the log knows it");
    }
    t.equal(new Set(ids).size, 9);
  },
);
conforms(
  { anchor: "error-objects", level: "MAY", says: "The `links` of an error contain `about` and `type`" },
  async (t) => {
    const { body } = await (await makeArticles(t)).get("/api/articles?page[after]=&page[size]=100");
    t.same(Object.keys(body.errors[0].links as object), ["type"]);
    t.ok(URL.canParse(body.errors[0].links.type as string), "a link, as everywhere");
  },
);
outOfReach({
  anchor: "error-objects",
  level: "SHOULD",
  says: "When dereferenced, the URI of `about` returns a human-readable description of the error",
  why: "no error has such a link: `detail` says what there is to say",
});
outOfReach({
  anchor: "error-objects",
  level: "SHOULD",
  says: "The URI of `type` is dereferencable to a human-readable explanation of the general error",
  why: "those there are lead to jsonapi.org, where the profile stands; a test does not ask other people's servers",
});
conforms(
  { anchor: "error-objects", level: "SHOULD", says: "The `status`, expressed as a string value, is provided" },
  async (t) => {
    for (const [name, { status, body }] of await samples(await makeArticles(t))) {
      for (const error of (body.errors ?? []) as Json[]) t.equal(error.status, String(status), name);
    }
  },
);
conforms(
  {
    anchor: "error-objects",
    level: "SHOULD NOT",
    says: "The `title` does not change from occurrence to occurrence of the problem",
  },
  async (t) => {
    const server = await makeArticles(t);
    const titles = new Map<string, Set<string>>();
    for (const answer of [
      await server.ask("POST", "/api/articles", { as: "editor", body: wrong }),
      await server.ask("POST", "/api/articles", { as: "editor", body: newArticle({ slug: "" }) }),
      await server.get("/api/articles?sort=nope"),
      await server.get("/api/articles?include=nope&page[size]=0"),
      await server.get(`/api/articles/${nothing}`),
      await server.get("/api/nope"),
    ]) {
      for (const { code, title } of answer.body.errors as { code: string; title: string }[]) {
        titles.set(code, (titles.get(code) ?? new Set()).add(title));
      }
    }
    t.ok(titles.size >= 3);
    for (const [code, found] of titles) t.equal(found.size, 1, code);
  },
);
conforms(
  {
    anchor: "error-objects",
    level: "SHOULD",
    says: "`source` includes one of `pointer`, `parameter` and `header`, or is omitted",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(
      (await server.ask("POST", "/api/articles", { as: "editor", body: newArticle({ title: 1 }) })).body.errors[0]
        .source,
      {
        pointer: "/data/attributes/title",
      },
    );
    t.same((await server.get("/api/articles?sort=nope")).body.errors[0].source, { parameter: "sort" });
    t.same((await server.ask("GET", FIRST, { headers: { accept: "text/html" } })).body.errors[0].source, {
      header: "Accept",
    });
    t.notOk("source" in (await server.get(`/api/articles/${nothing}`)).body.errors[0]);
  },
);
conforms(
  { anchor: "error-objects", level: "MUST", says: "A `pointer` points to a value in the request document that exists" },
  async (t) => {
    const server = await makeArticles(t);
    const found: string[] = [];
    for (const body of [
      [],
      {},
      { data: {} },
      { data: { type: "articles" } },
      { data: { type: "articles", attributes: {} } },
      { data: { type: "articles", attributes: { title: "X" }, relationships: {} } },
      newArticle({ "a/b~c": 1 }),
    ] as Json[]) {
      // Every answer of the suite is checked so: a pointer to nothing would throw here.
      found.push(...faultsIn(await server.ask("POST", "/api/articles", { as: "editor", body })));
    }
    t.ok(found.includes("422 /data/attributes"), "what is missing is missed in what is there");
    t.ok(found.includes("422 /data/attributes/a~1b~0c"), "RFC 6901's escapes");
    const operations = await operate(server, [{ op: "add", data: newArticle({ title: 1 }).data }, { op: "x" }]);
    t.same(faultsIn(operations), ["422 /atomic:operations/0/data/attributes/title", "400 /atomic:operations/1/op"]);
  },
);
outOfReach({
  anchor: "error-objects",
  level: "SHOULD",
  says: "If a pointer leads to a value that does not exist, the client simply ignores the pointer",
  why: "about clients",
});
