import t from "tap";

import { makeArticles, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, people, tags } from "../fixtures/articles/tables.ts";

const URL = "/api/operations";
const MEDIA_TYPE = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';
const FIRST = { type: "articles", id: articles.first };

async function perform(server: ArticlesServer, operations: readonly object[], as = "editor") {
  const response = await server.app.inject({
    method: "POST",
    url: URL,
    headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE, "x-caller": as },
    payload: JSON.stringify({ "atomic:operations": operations }),
  });
  return { status: response.statusCode, text: response.body };
}

void t.test(
  "an operation counts from what those before it left, not from what was there at the beginning",
  async (t) => {
    const server = await makeArticles(t);
    const author = (id: string) => ({
      op: "update",
      ref: { ...FIRST, relationship: "author" },
      data: { type: "people", id },
    });
    const title = (text: string) => ({ op: "update", data: { ...FIRST, attributes: { title: text } } });
    const { status, text } = await perform(server, [
      title("Changed"),
      title("First"),
      author(people.ben),
      author(people.ada),
    ]);
    t.equal(status, 200, text);
    const { data } = (await server.get(`/api/articles/${articles.first}`)).body;
    t.equal(data.attributes.title, "First");
    t.equal(data.relationships.author.data.id, people.ada);
  },
);

void t.test("the faults of the first ten operations are told, not those of all", async (t) => {
  const server = await makeArticles(t);
  const attributes = { title: "New", slug: "new", nope: 1, neither: 2 };
  const relationships = { author: { data: { type: "people", id: people.ada } } };
  const { status, text } = await perform(
    server,
    Array.from({ length: 100 }, () => ({ op: "add", data: { type: "articles", attributes, relationships } })),
  );
  t.equal(status, 422);
  t.equal((JSON.parse(text) as { errors: unknown[] }).errors.length, 20);
});

void t.test("a rule that spans rows undoes all operations", async (t) => {
  const server = await makeArticles(t);
  const { status, text } = await perform(server, [
    { op: "remove", ref: { type: "articles", id: articles.second } },
    { op: "add", ref: { ...FIRST, relationship: "tags" }, data: [{ type: "tags", id: tags.blue }] },
  ]);
  t.equal(status, 409, text);
  t.match(text, '"/atomic:operations/1');
  t.equal((await server.get(`/api/articles/${articles.second}`)).status, 200);
});
