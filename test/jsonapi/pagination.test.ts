import t from "tap";

import { faultsIn, idsOf, makeArticles, PUBLIC_URL, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, people } from "../fixtures/articles/tables.ts";
import { newId } from "../../src/db/id.ts";

/** Tags to page through: 25 in all. */
async function withTags(t: Parameters<typeof makeArticles>[0]): Promise<ArticlesServer> {
  const server = await makeArticles(t);
  const more = Array.from({ length: 22 }, (_, index) => ({ id: newId(), name: `tag ${String(index)}` }));
  await server.db("tags").insert(more);
  await server.db("article_tags").insert(more.map(({ id }) => ({ article_id: articles.fourth, tag_id: id })));
  return server;
}

const queryOf = (link: unknown) => (link === null ? null : decodeURIComponent(String(link).split("?")[1] ?? ""));

void t.test("without a word about it, the first page of the usual size", async (t) => {
  const server = await withTags(t);
  const { body } = await server.get("/api/tags");
  t.equal(body.data.length, 10);
  t.same(body.meta, { total: 25, page: { number: 1, size: 10, total: 25 } });
  t.equal(body.links.prev, null);
  t.equal(queryOf(body.links.next), "page[number]=2&page[size]=10");
  t.equal(queryOf(body.links.last), "page[number]=3&page[size]=10");
});

void t.test("links keep all other parameters as they were given, with brackets encoded", async (t) => {
  const server = await withTags(t);
  const { links } = (
    await server.get(
      "/api/tags?sort=-name&page[size]=5&fields[tags]=name&filter[name][like]=tag%20*&page[number]=2&include=",
    )
  ).body;
  const others = "sort=-name&fields[tags]=name&filter[name][like]=tag *&include=";
  t.equal(queryOf(links.first), `${others}&page[number]=1&page[size]=5`);
  t.equal(queryOf(links.prev), `${others}&page[number]=1&page[size]=5`);
  t.equal(queryOf(links.next), `${others}&page[number]=3&page[size]=5`);
  t.equal(queryOf(links.last), `${others}&page[number]=5&page[size]=5`);
  t.equal(
    links.next,
    `${PUBLIC_URL}/api/tags?sort=-name&fields%5Btags%5D=name&filter%5Bname%5D%5Blike%5D=tag%20*&include=&page%5Bnumber%5D=3&page%5Bsize%5D=5`,
  );
});

void t.test("values that a URL must escape come back the same", async (t) => {
  const server = await withTags(t);
  const name = "a&b=c#d%25 ü+/?";
  const { links } = (await server.get(`/api/tags?filter[name][ne]=${encodeURIComponent(name)}`)).body;
  t.equal(new URL(links.next).searchParams.get("filter[name][ne]"), name);
});

void t.test("next leads through everything once, and prev all the way back", async (t) => {
  const server = await withTags(t);
  for (const start of [
    "/api/tags?page[size]=7",
    "/api/tags?page[limit]=7",
    `/api/articles/${articles.fourth}/tags?page[size]=5`,
  ]) {
    const forth: string[][] = [];
    let last = "";
    for (let url: string | null = start; url !== null;) {
      const answer = await server.get(url);
      forth.push(idsOf(answer));
      last = url;
      url = answer.body.links.next === null ? null : String(answer.body.links.next).slice(PUBLIC_URL.length);
    }
    const back: string[][] = [];
    for (let url: string | null = last; url !== null;) {
      const answer = await server.get(url);
      back.unshift(idsOf(answer));
      url = answer.body.links.prev === null ? null : String(answer.body.links.prev).slice(PUBLIC_URL.length);
    }
    t.same(back, forth, start);
    t.equal(new Set(forth.flat()).size, start.includes(articles.fourth) ? 22 : 25, start);
  }
});

void t.test("the last page, an exact fit, one beyond, and nothing at all", async (t) => {
  const server = await withTags(t);
  const last = (await server.get("/api/tags?page[number]=3&page[size]=10")).body;
  t.equal(last.data.length, 5);
  t.equal(last.links.next, null);
  const exact = (await server.get("/api/tags?page[number]=5&page[size]=5")).body;
  t.equal(exact.data.length, 5);
  t.equal(exact.links.next, null);
  t.equal(queryOf(exact.links.last), "page[number]=5&page[size]=5");
  const beyond = (await server.get("/api/tags?page[number]=100&page[size]=10")).body;
  t.same(beyond.data, []);
  t.equal(queryOf(beyond.links.prev), "page[number]=3&page[size]=10");
  t.equal(beyond.links.next, null);
  t.equal(beyond.meta.total, 25);
  const empty = (await server.get("/api/tags?filter[name]=none")).body;
  t.match(empty.links, { prev: null, next: null });
  t.equal(queryOf(empty.links.last), "filter[name]=none&page[number]=1&page[size]=10");
});

void t.test("the total counts what the caller may see", async (t) => {
  const server = await makeArticles(t);
  t.equal((await server.get("/api/articles?page[size]=1")).body.meta.total, 3);
  t.equal((await server.get("/api/articles?page[size]=1", "editor")).body.meta.total, 4);
  t.equal((await server.get(`/api/people/${people.ada}/articles?page[size]=1`)).body.meta.total, 1);
  t.equal(
    (await server.get(`/api/people/${people.ada}/relationships/articles?page[size]=1`, "Ada")).body.meta.total,
    2,
  );
});

void t.test("linkage is paged like any collection", async (t) => {
  const server = await withTags(t);
  const url = `/api/articles/${articles.fourth}/relationships/tags`;
  const { body } = await server.get(`${url}?page[size]=20&page[number]=2`);
  t.equal(body.data.length, 2);
  t.equal(body.meta.total, 22);
  t.equal(body.links.related, `${PUBLIC_URL}/api/articles/${articles.fourth}/tags`);
  t.equal(queryOf(body.links.prev), "page[number]=1&page[size]=20");
  t.ok(String(body.links.prev).startsWith(`${PUBLIC_URL}${url}?`));
});

void t.test("sizes have limits, and numbers are numbers", async (t) => {
  const server = await withTags(t);
  t.equal((await server.get("/api/tags?page[size]=50")).status, 200);
  t.equal((await server.get("/api/tags?page[size]=1")).body.data.length, 1);
  for (const [query, parameter] of [
    ["page[size]=51", "page[size]"],
    ["page[limit]=51", "page[limit]"],
    ["page[size]=0", "page[size]"],
    ["page[size]=1e1", "page[size]"],
    ["page[size]=0x10", "page[size]"],
    ["page[size]=%2010", "page[size]"],
    ["page[size]=٣", "page[size]"],
    ["page[number]=-1", "page[number]"],
    ["page[number]=0", "page[number]"],
    ["page[number]=NaN", "page[number]"],
    ["page[offset]=-1", "page[offset]"],
    ["page[number]=99999999999999999999", "page[number]"],
    ["page[number]=1&page[number]=2", "page[number]"],
    ["page[number]=1&page[limit]=2", "page[limit]"],
    ["page[offset]=0&page[size]=2", "page[size]"],
  ] as const) {
    t.same(faultsIn(await server.get(`/api/tags?${encodeURI(decodeURI(query))}`)), [`400 ${parameter}`], query);
  }
  t.same(faultsIn(await server.get("/api/tags?page[size]=x&page[number]=y")), ["400 page[size]", "400 page[number]"]);
});
