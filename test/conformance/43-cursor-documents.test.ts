import { FIRST, TAGS } from "../fixtures/articles/documents.ts";
import { addArticles, cursorsOf, follow, page } from "../fixtures/articles/pages.ts";
import { idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { section } from "../fixtures/conformance.ts";
import { hrefOf } from "../fixtures/document/links.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("cursors", "Document structure", import.meta.url);

conforms(
  {
    anchor: "document-page-meta",
    level: "MUST",
    says: "The `page` member of a `meta` object, when present, holds an object",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", TAGS, `${FIRST}/tags`]) {
      const { body } = await page(server, "page[size]=2", url);
      t.same(body.meta, { page: { size: 2 } }, url);
      for (const { meta } of body.data as Json[]) t.same(Object.keys(meta.page as object), ["cursor"]);
    }
    const refused = await page(server, "page[size]=51");
    t.same(refused.body.errors[0].meta, { page: { maxSize: 50 } });
  },
);
conforms(
  {
    anchor: "document-item-cursors",
    level: "MAY",
    says: "The server sends pagination items back with a `cursor` member in the item's metadata",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", TAGS, `${FIRST}/tags`]) {
      for (const cursor of cursorsOf(await page(server, "", url))) t.match(cursor, /^[\w-]+$/, url);
    }
  },
);
conforms(
  {
    anchor: "document-item-cursors",
    level: "MUST",
    says: "If present, this member holds a cursor that falls on the item it is returned with",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 6);
    for (const [url, query] of [
      ["/api/articles", "sort=-rating"],
      [TAGS, "sort=-name"],
    ] as const) {
      const all = await page(server, query, url);
      const ids = idsOf(all);
      for (const [index, cursor] of cursorsOf(all).entries()) {
        t.same(idsOf(await page(server, `${query}&page[after]=${cursor}`, url)), ids.slice(index + 1));
        t.same(idsOf(await page(server, `${query}&page[before]=${cursor}`, url)), ids.slice(0, index));
      }
    }
  },
);
conforms(
  {
    anchor: "auto-id-links",
    level: "RECOMMENDED",
    says: "Servers include `first` and `last` links when these are inexpensive to compute",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 9);
    const all = idsOf(await page(server, "page[size]=50"));
    const middle = await page(server, `page[size]=3&page[after]=${String(cursorsOf(await page(server, ""))[4])}`);
    t.same(idsOf(await follow(server, middle.body.links.first)), all.slice(0, 3));
    t.same(idsOf(await follow(server, middle.body.links.last)), all.slice(-3));
  },
);
conforms(
  {
    anchor: "auto-id-links",
    level: "MUST",
    says: "Servers include a `prev` and a `next` link for each instance of paginated data",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 3);
    const [cursor = ""] = cursorsOf(await page(server, ""));
    for (const query of ["", "page[size]=1", `page[after]=${cursor}`, `page[before]=${cursor}`, "filter[title]=None"]) {
      for (const url of ["/api/articles", TAGS.replace(/relationships\/.*/, "tags")]) {
        if (url !== "/api/articles" && (query.includes(cursor) || query.startsWith("filter"))) continue;
        const { links } = (await page(server, query, url)).body;
        t.ok("prev" in links && "next" in links, `${url}?${query}`);
      }
    }
  },
);
conforms(
  {
    anchor: "auto-id-links",
    level: "MUST",
    says: "Without `page[before]` the server determines whether a next page exists, and returns `null` as the `next` link if not",
  },
  async (t) => {
    const server = await makeArticles(t);
    const next = async (query: string) => hrefOf((await page(server, query)).body.links.next);
    const cursors = cursorsOf(await page(server, ""));
    t.equal(await next("page[size]=4"), null);
    t.type(await next("page[size]=3"), "string");
    t.equal(await next(`page[size]=3&page[after]=${String(cursors[0])}`), null);
    t.type(await next(`page[size]=2&page[after]=${String(cursors[0])}`), "string");
    t.equal(await next(`page[after]=${String(cursors[3])}`), null);
    t.equal(await next("page[after]="), null);
  },
);
conforms(
  {
    anchor: "auto-id-links",
    level: "MUST",
    says: "Without `page[after]` the server determines whether a previous page exists, and returns `null` as the `prev` link if not",
  },
  async (t) => {
    const server = await makeArticles(t);
    const prev = async (query: string) => hrefOf((await page(server, query)).body.links.prev);
    const cursors = cursorsOf(await page(server, ""));
    t.equal(await prev("page[size]=2"), null);
    t.equal(await prev(`page[size]=3&page[before]=${String(cursors[3])}`), null);
    t.type(await prev(`page[size]=2&page[before]=${String(cursors[3])}`), "string");
    t.equal(await prev(`page[before]=${String(cursors[0])}`), null);
    t.type(await prev("page[size]=3&page[before]="), "string");
    t.equal(await prev("page[size]=4&page[before]="), null);
  },
);
conforms(
  {
    anchor: "auto-id-links",
    level: "SHOULD",
    says: "In all other cases these links are `null` when it is inexpensive to determine that there is no such page",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await page(server, "page[after]=")).body.links.prev, null, "the empty cursor is the beginning");
    t.equal((await page(server, "page[before]=")).body.links.next, null, "or the end");
  },
);
conforms(
  {
    anchor: "auto-id-links",
    level: "MAY",
    says: "A link may lead to an empty page if the server can't easily determine whether there are further results",
  },
  async (t) => {
    const server = await makeArticles(t);
    const cursors = cursorsOf(await page(server, "sort=title"));
    const { links } = (await page(server, `sort=title&page[before]=${String(cursors[0])}`)).body;
    t.same(
      idsOf(await follow(server, links.next)),
      idsOf(await page(server, "sort=title")),
      "nor does it skip what there is",
    );
    const second = await page(server, `sort=title&page[after]=${String(cursors[0])}&page[size]=1`);
    const back = await follow(server, second.body.links.prev);
    t.same(idsOf(back), idsOf(await page(server, "sort=title&page[size]=1")));
  },
);
outOfReach({
  anchor: "auto-id-collection-sizes",
  level: "MAY",
  says: "The pagination metadata contains a `total` with the number of items in the list of results",
  why: "pages by cursor count nothing: that is what makes them cheap; pages by number have the total",
});
for (const [level, says] of [
  ["MAY", "The pagination metadata contains an `estimatedTotal` member"],
  ["MUST", "The value of `estimatedTotal` is an object"],
  ["MAY", "That object has one key, `bestGuess`"],
  ["MUST", "`bestGuess` contains an integer, the server's best estimate of the size of the full results list"],
] as const) {
  outOfReach({ anchor: "auto-id-collection-sizes", level, says, why: "nothing is estimated" });
}
