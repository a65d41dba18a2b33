import t from "tap";

import { makeArticles } from "../fixtures/articles/server.ts";
import { articles, people, tags } from "../fixtures/articles/tables.ts";
import { newId } from "../../src/db/id.ts";

const FIRST = `/api/articles/${articles.first}`;

/**
 * Statements that each read may cost: none of them grows with the number of rows. A page that shows the end of its collection need
 * not ask for the total.
 */
const READS: readonly (readonly [url: string, atTheEnd: number, before?: number])[] = [
  [FIRST, 1],
  [`${FIRST}?fields[articles]=title`, 1],
  [`${FIRST}?include=author`, 2],
  [`${FIRST}?include=author,tags`, 3],
  ["/api/articles", 1, 2],
  ["/api/articles?page[size]=50", 1, 2],
  ["/api/articles?page[size]=50&include=author", 2, 3],
  ["/api/articles?page[size]=50&include=tags", 2, 3],
  ["/api/articles?page[size]=50&include=tags,author.manager", 4, 5],
  ["/api/articles?page[size]=50&sort=author.name&filter[tags.name]=red", 1, 2],
  ["/api/articles?page[number]=2&page[size]=2", 1, 2],
  ["/api/articles?page[number]=2&page[size]=4", 2],
  ["/api/articles?page[after]=", 1],
  [`${FIRST}/author`, 2],
  [`${FIRST}/tags`, 2],
  [`${FIRST}/relationships/author`, 2],
  [`${FIRST}/relationships/tags`, 2],
  [`${FIRST}/relationships/tags?include=tags`, 2],
];

void t.test("what reads cost does not depend on how much there is", async (t) => {
  const server = await makeArticles(t);
  for (const [url, atTheEnd] of READS) {
    t.equal((await server.count("GET", url)).queries, atTheEnd, `few rows: ${url}`);
  }

  const template = await server.db("articles").where({ id: articles.first }).first();
  const more = Array.from({ length: 60 }, () => {
    const id = newId();
    return { ...template, id, slug: id, slug_normal: id };
  });
  await server.db("articles").insert(more);
  await server.db("article_tags").insert(more.map(({ id }) => ({ article_id: id, tag_id: tags.red })));
  for (const [url, atTheEnd, before = atTheEnd] of READS) {
    t.equal((await server.count("GET", url)).queries, before, `many rows: ${url}`);
  }
});

void t.test("what is refused before the database is needed costs nothing", async (t) => {
  const server = await makeArticles(t);
  for (const [method, url, ask] of [
    ["GET", "/api/articles?nope=1", {}],
    ["GET", "/api/articles?filter[nope]=1", {}],
    ["GET", "/api/articles/x", {}],
    ["GET", FIRST, { headers: { accept: "text/html" } }],
    ["GET", "/api/audits", {}],
    ["POST", "/api/articles", { body: {} }],
    ["POST", "/api/articles", { as: "Ada", body: { data: { type: "people" } } }],
    ["POST", "/api/articles", { as: "Ada", body: { data: { type: "articles", attributes: { title: 5 } } } }],
  ] as const) {
    t.equal((await server.count(method, url, ask)).queries, 0, `${method} ${url}`);
  }
});

void t.test("a write looks up all references of a relationship together", async (t) => {
  const server = await makeArticles(t);
  const more = Array.from({ length: 50 }, (_, index) => ({ id: newId(), name: String(index) }));
  await server.db("tags").insert(more);
  const cost = async (ids: readonly string[]) => {
    const { status, queries } = await server.count("POST", "/api/articles", {
      as: "editor",
      body: {
        data: {
          type: "articles",
          attributes: { title: "New", slug: newId() },
          relationships: {
            author: { data: { type: "people", id: people.ada } },
            tags: { data: ids.map((id) => ({ type: "tags", id })) },
          },
        },
      },
    });
    t.equal(status, 201);
    return queries;
  };
  t.equal(await cost([tags.red]), await cost(more.map(({ id }) => id)));
});
