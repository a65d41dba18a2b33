import t from "tap";

import { faultsIn, idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { articles, people, tags } from "../fixtures/articles/tables.ts";
import { newId } from "../../src/db/id.ts";

const TAGS = `/api/articles/${articles.fourth}/relationships/tags`;

/** A server with a thousand tags more, and their identifiers. */
async function withThousandTags(t: Parameters<typeof makeArticles>[0]) {
  const server = await makeArticles(t);
  const rows = Array.from({ length: 1000 }, (_, index) => ({ id: newId(), name: `tag ${String(index)}` }));
  for (let at = 0; at < rows.length; at += 250) await server.db("tags").insert(rows.slice(at, at + 250));
  const count = async () => (await server.get(`${TAGS}?page[size]=1`)).body.meta.total as number;
  return { server, count, identifiers: rows.map(({ id }) => ({ type: "tags", id })) };
}

void t.test("as many identifiers as one linkage may have are linked, and unlinked", async (t) => {
  const { server, count, identifiers: data } = await withThousandTags(t);
  const change = async (method: "PATCH" | "POST" | "DELETE", body: unknown) =>
    (await server.ask(method, TAGS, { as: "editor", body })).status;
  t.equal(await change("POST", { data }), 204);
  t.equal(await count(), 1000);
  t.equal(await change("DELETE", { data: data.slice(1) }), 204);
  t.equal(await count(), 1);
  t.equal(await change("PATCH", { data }), 204, "one of them is there already");
  t.equal(await count(), 1000);
  t.equal(await change("DELETE", { data }), 204);
  t.equal(await count(), 0);
});

void t.test("a resource is made with as many", async (t) => {
  const { server, identifiers: data } = await withThousandTags(t);
  const made = await server.ask("POST", "/api/articles", {
    as: "editor",
    body: {
      data: {
        type: "articles",
        attributes: { title: "New", slug: "new" },
        relationships: { author: { data: { type: "people", id: people.ada } }, tags: { data } },
      },
    },
  });
  t.equal(made.status, 201);
  const linked = await server.get(`/api/articles/${String(made.body.data.id)}/relationships/tags?page[size]=1`, "Ada");
  t.equal(linked.body.meta.total, 1000);
});

void t.test("one reference to nothing among a thousand undoes them all", async (t) => {
  const { server, count, identifiers } = await withThousandTags(t);
  const data = [...identifiers.slice(1), { type: "tags", id: articles.first }];
  t.same(faultsIn(await server.ask("POST", TAGS, { as: "editor", body: { data } })), ["404 /data/999"]);
  t.equal(await count(), 0);
});

void t.test("more identifiers than that are 400", async (t) => {
  const server = await makeArticles(t);
  const body = { data: Array.from({ length: 1001 }, () => ({ type: "tags", id: tags.red })) };
  for (const method of ["PATCH", "POST", "DELETE"] as const) {
    t.same(faultsIn(await server.ask(method, TAGS, { as: "editor", body })), ["400 /data"], method);
  }
});

void t.test("a hundred parameters pass; of more no single one is at fault", async (t) => {
  const server = await makeArticles(t);
  const parameters = Array.from({ length: 101 }, () => `filter[id]=${articles.first}`);
  t.same(idsOf(await server.get(`/api/articles?${parameters.slice(1).join("&")}`)), [articles.first]);
  t.same(faultsIn(await server.get(`/api/articles?${parameters.join("&")}`)), ["400 -"]);
});

void t.test("of too many filters the first that is too many is named", async (t) => {
  const server = await makeArticles(t);
  const operators = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin"];
  const filters = ["title", "slug", "updatedAt"].flatMap((name) =>
    operators.map((operator) => `filter[${name}][${operator}]=2026-01-01`),
  );
  t.equal((await server.get(`/api/articles?${filters.slice(0, 20).join("&")}`)).status, 200);
  t.same(faultsIn(await server.get(`/api/articles?${filters.join("&")}`)), ["400 filter[updatedAt][gt]"]);
});
