import { addArticles, cursorsOf, page } from "../fixtures/articles/pages.ts";
import { idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("cursors", "Combining page[after] and page[before]", import.meta.url);

conforms(
  {
    anchor: "query-range-pagination",
    level: "MAY",
    says: "Clients use the `page[after]` and `page[before]` parameters together on the same request",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 10);
    const all = await page(server, "page[size]=50&sort=-title");
    const cursors = cursorsOf(all);
    const range = await page(
      server,
      `sort=-title&page[after]=${String(cursors[2])}&page[before]=${String(cursors[9])}`,
    );
    t.same(idsOf(range), idsOf(all).slice(3, 9));
    t.notOk("rangeTruncated" in range.body.meta.page);
    const none = await page(server, `sort=-title&page[after]=${String(cursors[9])}&page[before]=${String(cursors[2])}`);
    t.same(none.body.data, [], "from behind to before there is nothing");
  },
);
outOfReach({
  anchor: "query-range-pagination",
  level: "MUST",
  says: "If the server does not support range pagination requests: the range pagination not supported error",
  why: "they are supported",
});
conforms(
  {
    anchor: "query-range-pagination",
    level: "MUST",
    says: "On range pagination requests, the server uses its max page size as the default page size",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 60);
    const cursors = cursorsOf(await page(server, "page[size]=50"));
    const range = await page(server, `page[after]=${String(cursors[0])}&page[before]=${String(cursors[40])}`);
    t.equal(range.body.data.length, 39, "more than the usual default");
    t.equal(range.body.meta.page.size, 50);
    for (const query of [
      `page[after]=&page[before]=${String(cursors[40])}`,
      `page[after]=${String(cursors[0])}&page[before]=`,
    ]) {
      t.equal((await page(server, query)).body.meta.page.size, 50, query);
    }
  },
);
conforms(
  {
    anchor: "query-range-pagination",
    level: "MUST",
    says: "If the range exceeds the used page size, the data is the same as if `page[before]` had not been provided",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 20);
    const cursors = ["", ...cursorsOf(await page(server, "page[size]=20"))];
    for (const [from, to] of [
      [3, 18],
      [0, 18],
      [3, 0],
    ] as const) {
      const start = `page[size]=4&page[after]=${String(cursors[from])}`;
      const cut = await page(server, `${start}&page[before]=${String(cursors[to])}`);
      t.same(idsOf(cut), idsOf(await page(server, start)), `${String(from)} to ${String(to)}`);
    }
  },
);
conforms(
  {
    anchor: "query-range-pagination",
    level: "MUST",
    says: 'In this case the server also adds `"rangeTruncated": true` to the pagination metadata',
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 20);
    const cursors = ["", ...cursorsOf(await page(server, "page[size]=20"))];
    const truncated = async (from: number, to: number, size: number) =>
      (
        await page(
          server,
          `page[size]=${String(size)}&page[after]=${String(cursors[from])}&page[before]=${String(cursors[to])}`,
        )
      ).body.meta.page.rangeTruncated as unknown;
    t.equal(await truncated(3, 9, 4), true);
    t.equal(await truncated(3, 9, 5), undefined, "just so many");
    t.equal(await truncated(0, 9, 5), true, "from the beginning");
    t.equal(await truncated(0, 9, 8), undefined);
    t.equal(await truncated(3, 0, 5), true, "to the end");
    t.equal(await truncated(3, 0, 50), undefined);
  },
);
