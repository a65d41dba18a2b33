import t from "tap";

import { faultsIn, idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";

const { first, second, third, fourth } = articles;

const forge = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString("base64url");
const read = (sort: string, cursor: string) => `/api/articles?sort=${sort}&page[after]=${cursor}`;

void t.test("a place in the order is a cursor, whoever wrote it down", async (t) => {
  const server = await makeArticles(t);
  const cases: [string, string, string[]][] = [
    ["title", forge("title,id", "First", first), [fourth, second, third]],
    ["title", forge("title,id", "G", third), [second, third]],
    ["rating", forge("rating,id", null, second), [third, first, fourth]],
    ["rating", forge("rating,id", 3, third), [first, fourth]],
    ["-rating", forge("-rating,-id", -2147483647, third), [second]],
    ["isPublished", forge("is_published,id", 1, first), [second, fourth]],
    ["isPublished", forge("is_published,id", true, first), [second, fourth]],
    ["publishedAt", forge("published_at,id", "2026-01-02T12:00:00.000Z", second), [fourth]],
    ["id", forge("id", second), [third, fourth]],
  ];
  for (const [sort, cursor, expected] of cases) {
    t.same(idsOf(await server.get(read(sort, cursor), "editor")), expected, `${sort} ${atob(cursor)}`);
  }
});

void t.test("values that cannot stand in the column are no place in it", async (t) => {
  const server = await makeArticles(t);
  for (const [sort, cursor] of [
    ["title", forge("title,id", 5, first)],
    ["title", forge("title,id", true, first)],
    ["title", forge("title,id", ["First"], first)],
    ["title", forge("title,id", { a: 1 }, first)],
    ["title", forge("title,id", "a\u0000", first)],
    ["title", forge("title,id", "\ud800", first)],
    ["title", forge("title,id", "First", null)],
    ["title", forge("title,id", "First", 1)],
    ["title", forge("title,id", "First", "a\u0000")],
    ["title", forge("title,id", "First")],
    ["title", forge("title,id", "First", first, first)],
    ["title", forge("title", "First")],
    ["title", forge("slug,id", "First", first)],
    ["rating", forge("rating,id", "five", first)],
    ["rating", forge("rating,id", 1.5, first)],
    ["rating", forge("rating,id", 1e300, first)],
    ["rating", forge("rating,id", 2147483648, first)],
    ["rating", Buffer.from(`["rating,id",1e999,"${first}"]`).toString("base64url")],
    ["isPublished", forge("is_published,id", 2, first)],
    ["isPublished", forge("is_published,id", "true", first)],
    ["publishedAt", forge("published_at,id", 0, first)],
    ["id", forge("id", 1)],
    ["id", forge()],
    ["id", Buffer.from("null").toString("base64url")],
    ["id", Buffer.from('"id"').toString("base64url")],
    ["id", Buffer.from('{"0":"id"}').toString("base64url")],
  ] as const) {
    t.same(faultsIn(await server.get(read(sort, cursor), "editor")), ["400 page[after]"], `${sort} ${atob(cursor)}`);
  }
});

void t.test("what is hidden orders nothing, so no cursor finds it out", async (t) => {
  const server = await makeArticles(t);
  for (const column of ["secretNote", "passcode"]) {
    const cursor = forge(`${column === "passcode" ? column : "secret_note"},id`, "a", first);
    t.same(faultsIn(await server.get(read(column, cursor), "Ada")), ["400 sort"], column);
  }
});
