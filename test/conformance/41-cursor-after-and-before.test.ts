import { addArticles, cursorsOf, page } from "../fixtures/articles/pages.ts";
import { faultsIn, idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms } = section("cursors", "page[after] and page[before]", import.meta.url);

const CURSOR_PARAMETERS = "auto-id-pageafter-and-pagebefore";
conforms(
  {
    anchor: CURSOR_PARAMETERS,
    level: "MUST",
    says: "If the value of `page[after]` or `page[before]` is not a valid cursor: the invalid query parameter error",
  },
  async (t) => {
    const server = await makeArticles(t);
    const [cursor = ""] = cursorsOf(await page(server, "sort=title"));
    for (const side of ["after", "before"]) {
      for (const bad of ["x", "null", cursor.slice(1), `${cursor.slice(0, -4)}AAAA`, "%F0%9F%92%A9"]) {
        t.same(faultsIn(await page(server, `sort=title&page[${side}]=${bad}`)), [`400 page[${side}]`], bad);
      }
      t.same(
        faultsIn(await page(server, `sort=-title&page[${side}]=${cursor}`)),
        [`400 page[${side}]`],
        "of another order",
      );
      t.equal((await page(server, `sort=title&page[${side}]=${cursor}`)).status, 200);
    }
  },
);
conforms(
  {
    anchor: CURSOR_PARAMETERS,
    level: "MUST",
    says: "With `page[after]`, the first item is the one immediately after the cursor in the results list",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 10);
    for (const sort of ["id", "-rating", "rating,title"]) {
      const all = await page(server, `sort=${sort}&page[size]=50`);
      for (const [index, cursor] of cursorsOf(all).entries()) {
        const [first] = idsOf(await page(server, `sort=${sort}&page[size]=1&page[after]=${cursor}`));
        t.equal(first, idsOf(all)[index + 1], `${sort} ${String(index)}`);
      }
    }
  },
);
conforms(
  {
    anchor: CURSOR_PARAMETERS,
    level: "MUST",
    says: "If there are no items that fall after the cursor, the returned paginated data is an empty array",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const sort of ["id", "-id", "rating", "-rating"]) {
      const last = cursorsOf(await page(server, `sort=${sort}`)).at(-1) ?? "";
      t.same((await page(server, `sort=${sort}&page[after]=${last}`)).body.data, [], sort);
    }
  },
);
conforms(
  {
    anchor: CURSOR_PARAMETERS,
    level: "MUST",
    says: "With `page[before]`, the last item is the one that is closest to, but still before, the cursor",
  },
  async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 10);
    for (const sort of ["id", "-rating", "rating,title"]) {
      const all = await page(server, `sort=${sort}&page[size]=50`);
      for (const [index, cursor] of cursorsOf(all).entries()) {
        const found = idsOf(await page(server, `sort=${sort}&page[size]=3&page[before]=${cursor}`));
        t.same(found, idsOf(all).slice(Math.max(0, index - 3), index), `${sort} ${String(index)}`);
      }
    }
  },
);
conforms(
  {
    anchor: CURSOR_PARAMETERS,
    level: "MUST",
    says: "If there are no items that fall before the cursor, the returned paginated data is an empty array",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const sort of ["id", "-id", "rating", "-rating"]) {
      const [first = ""] = cursorsOf(await page(server, `sort=${sort}`));
      t.same((await page(server, `sort=${sort}&page[before]=${first}`)).body.data, [], sort);
    }
  },
);
const NEITHER = "auto-id-omitting-both-pageafter-and-pagebefore";
conforms(
  {
    anchor: NEITHER,
    level: "MUST",
    says: "Without `page[after]` and `page[before]` the paginated data starts with the first item from the results list",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(idsOf(await page(server, "page[size]=2&sort=id")), [articles.first, articles.second]);
    t.same(idsOf(await page(server, "page[size]=1&sort=-title")), [articles.third]);
  },
);
conforms(
  { anchor: NEITHER, level: "MUST", says: "If the results list is empty, the paginated data is an empty array" },
  async (t) => {
    const { body } = await page(await makeArticles(t), "page[size]=2&filter[title]=None");
    t.same([body.data, body.links.prev, body.links.next], [[], null, null]);
  },
);
