import { addArticles, cursorsOf, page, walk } from "../fixtures/articles/pages.ts";
import { faultsIn, idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("cursors", "Concepts and page[size]", import.meta.url);

conforms(
  {
    anchor: "concepts-sorting",
    level: "MUST",
    says: "If `sort` only partially orders the results, the server applies additional sorting constraints for a unique ordering",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 20);
    for (const sort of ["title", "-title", "rating", "-rating", "isPublished,-rating"]) {
      const all = idsOf(await page(server, `sort=${sort}&page[size]=50`));
      t.equal(new Set(all).size, 24);
      const pages = await walk(server, await page(server, `sort=${sort}&page[size]=5`), "next");
      t.same(pages.flat(), all, `${sort}: each once, in one order, nulls too`);
      const back = await walk(server, await page(server, `sort=${sort}&page[size]=5&page[before]=`), "prev");
      t.same(back.toReversed().flat(), all, `${sort}, backwards`);
    }
  },
);
conforms(
  {
    anchor: "concepts-sorting",
    level: "MUST",
    says: "When the collection has no natural or client-requested order, the server assigns an order",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 5);
    const url = `/api/tags/${tags.red}/relationships/articles`;
    await server.db("article_tags").insert(
      [4, 0, 2].map((index) => ({
        article_id: `0000abc3-0000-4000-8000-${String(100 + index).padStart(12, "0")}`,
        tag_id: tags.red,
      })),
    );
    const pages = await walk(server, await page(server, "page[size]=2", url), "next");
    t.equal(pages.flat().length, 5);
    t.same(pages.flat(), pages.flat().toSorted());
  },
);
conforms(
  {
    anchor: "concepts-sorting",
    level: "MAY",
    says: "The server rejects pagination requests sorted in a way that it cannot efficiently paginate",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await page(server, "sort=author.name")).status, 400);
    t.equal(
      (await server.get("/api/articles?sort=author.name&page[number]=1", "editor")).status,
      200,
      "by number it can",
    );
  },
);
conforms(
  {
    anchor: "concepts-sorting",
    level: "MUST",
    says: "In that case, the server rejects the request according to the rules for the unsupported sort error",
  },
  async (t) => {
    const { body } = await page(await makeArticles(t), "sort=title,author.name");
    t.match(body.errors, [{ status: "400", source: { parameter: "sort" }, links: { type: /unsupported-sort$/ } }]);
  },
);
conforms(
  {
    anchor: "concepts-cursors",
    level: "MAY",
    says: "The list of results changes between the client's pagination requests",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 6);
    const first = await page(server, "page[size]=6");
    const after = cursorsOf(first).at(-1) ?? "";
    const rest = idsOf(await page(server, `page[after]=${after}`));
    t.equal(rest.length, 4);
    await server
      .db("articles")
      .where({ id: idsOf(first).at(-1) ?? "" })
      .delete();
    t.same(
      idsOf(await page(server, `page[after]=${after}`)),
      rest,
      "the cursor falls on nothing now, and still divides",
    );
    const before = await page(server, `page[before]=${after}&page[size]=50`);
    t.same(idsOf(before), idsOf(first).slice(0, -1));
  },
);
outOfReach({
  anchor: "concepts-cursors",
  level: "MAY",
  says: "The server encodes into the cursor information to return results from a single snapshot in time",
  why: "cursors here are places in the order of what there is now",
});
conforms(
  { anchor: "auto-id-pagesize", level: "MUST", says: "If `page[size]` is provided, it is a positive integer" },
  async (t) => {
    const server = await makeArticles(t);
    for (const [size, length] of [
      ["1", 1],
      ["3", 3],
      ["50", 4],
    ] as const) {
      t.equal((await page(server, `page[size]=${size}`)).body.data.length, length, size);
    }
  },
);
conforms(
  {
    anchor: "auto-id-pagesize",
    level: "MUST",
    says: "Otherwise the server responds according to the rules for the invalid query parameter error",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const size of ["-1", "0", "1.5", "ten", "", "%2B1", "1e1", "0x10", "%20", "1,2", "-0", "\u0661"]) {
      const answer = await page(server, `page[size]=${encodeURI(size).replace("%25", "%")}`);
      t.same(faultsIn(answer), ["400 page[size]"], size);
    }
  },
);
conforms(
  {
    anchor: "auto-id-pagesize",
    level: "MAY",
    says: "A server defines a maximum number of results that it sends in response to a paginated request",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await page(server, "page[size]=50")).status, 200);
    t.equal((await page(server, "page[size]=51")).status, 400);
  },
);
conforms(
  {
    anchor: "auto-id-pagesize",
    level: "MUST",
    says: "If `page[size]` exceeds the maximum, the server responds according to the rules for the max page size exceeded error",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const size of ["51", "1000", "9".repeat(30)]) {
      const { body } = await page(server, `page[size]=${size}`);
      t.match(
        body.errors,
        [{ status: "400", meta: { page: { maxSize: 50 } }, links: { type: /max-size-exceeded$/ } }],
        size,
      );
    }
  },
);
conforms(
  {
    anchor: "auto-id-pagesize",
    level: "MUST",
    says: "If `page[size]` is omitted, the server chooses a default page size",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 20);
    t.equal((await page(server, "")).body.data.length, 10);
    t.equal((await page(server, "page[after]=")).body.data.length, 10);
    t.equal((await page(server, "page[before]=")).body.data.length, 10);
  },
);
conforms(
  {
    anchor: "auto-id-pagesize",
    level: "MUST",
    says: "This default size is an integer between 1 and the max page size, inclusive",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { size } = (await page(server, "")).body.meta.page;
    t.ok(Number.isInteger(size) && size >= 1 && size <= 50);
    t.equal((await page(server, `page[size]=${String(size)}`)).status, 200);
  },
);
conforms(
  {
    anchor: "terms-used-page-size",
    level: "MUST",
    says: "The number of items returned equals the used page size, provided there are at least that many",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 20);
    const middle = cursorsOf(await page(server, "page[size]=12")).at(-1) ?? "";
    for (const [query, length] of [
      ["page[size]=24", 24],
      ["page[size]=25", 24],
      [`page[size]=11&page[after]=${middle}`, 11],
      [`page[size]=13&page[after]=${middle}`, 12],
      [`page[size]=11&page[before]=${middle}`, 11],
      [`page[size]=12&page[before]=${middle}`, 11],
    ] as const) {
      t.equal((await page(server, query)).body.data.length, length, query);
    }
  },
);
conforms(
  {
    anchor: "fn-1",
    level: "MUST",
    says: "The value of `page[size]` is a sequence of characters matching `^[0-9]+$`, interpreted as a base-10 integer",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [size, length] of [
      ["2", 2],
      ["02", 2],
      ["0000000000000000000003", 3],
    ] as const) {
      t.equal((await page(server, `page[size]=${size}`)).body.data.length, length, size);
    }
    for (const size of ["0b1", " 2", "2 ", "1_0"]) {
      t.equal((await page(server, `page[size]=${encodeURIComponent(size)}`)).status, 400, size);
    }
  },
);
