import t from "tap";

import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, makeArticlesDatabase, nothing, people, type ArticleRow } from "../fixtures/articles/tables.ts";
import { checkAnswer } from "../fixtures/document.ts";
import { registerErrorHandling } from "../../src/http/error-handler.ts";
import { createServer } from "../../src/http/server.ts";
import { registerJsonApi } from "../../src/jsonapi/http/plugin.ts";
import { eq } from "../../src/jsonapi/resource/condition.ts";
import { defineResource } from "../../src/jsonapi/resource/define.ts";
import { string } from "../../src/jsonapi/resource/value-types.ts";

/** The fourth article, Cleo's, is the sequel to the third, which Cleo may not see. */
const FOURTH = `/api/articles/${articles.fourth}`;
const sequelTo = (id: string | null) => ({
  data: {
    type: "articles",
    id: articles.fourth,
    relationships: { sequelTo: { data: id === null ? null : { type: "articles", id } } },
  },
});

void t.test("a hidden reference is shown as null; null sent back leaves it as it is", async (t) => {
  const server = await makeArticles(t);
  const { data } = (await server.get(`${FOURTH}?include=sequelTo`, "Cleo")).body;
  t.equal(data.relationships.sequelTo.data, null);
  t.equal((await server.ask("PATCH", FOURTH, { as: "Cleo", body: { data } })).status, 200);
  t.equal((await server.get(`${FOURTH}/sequelTo`, "editor")).body.data.id, articles.third);
});

void t.test("a hidden reference cannot be found out by guessing", async (t) => {
  const server = await makeArticles(t);
  const told = [];
  for (const id of [articles.third, nothing]) {
    const answer = await server.ask("PATCH", FOURTH, { as: "Cleo", body: sequelTo(id) });
    t.same(faultsIn(answer), ["404 /data/relationships/sequelTo/data"]);
    told.push(JSON.stringify(answer.body.errors[0].detail).replace(id, ""));
  }
  t.equal(told[0], told[1]);
});

void t.test("a hidden reference is replaced, and emptied at its own URL", async (t) => {
  const server = await makeArticles(t);
  t.equal((await server.ask("PATCH", FOURTH, { as: "Cleo", body: sequelTo(articles.first) })).status, 200);
  t.equal((await server.get(`${FOURTH}/sequelTo`, "Cleo")).body.data.id, articles.first);
  await server.db("articles").where({ id: articles.fourth }).update({ sequel_to_id: articles.third });
  const emptied = await server.ask("PATCH", `${FOURTH}/relationships/sequelTo`, { as: "Cleo", body: { data: null } });
  t.equal(emptied.status, 204);
  t.equal((await server.get(`${FOURTH}/sequelTo`, "editor")).body.data, null);
});

void t.test("who sees the reference may send it back, or take it away", async (t) => {
  const server = await makeArticles(t);
  const same = await server.ask("PATCH", FOURTH, { as: "editor", body: sequelTo(articles.third) });
  t.equal(same.body.data.attributes.updatedAt, "2026-01-01T00:00:00.000Z");
  const none = await server.ask("PATCH", FOURTH, { as: "editor", body: sequelTo(null) });
  t.equal(none.body.data.relationships.sequelTo.data, null);
});

/** A server where nobody may change what an article follows, and unpublished ones are hidden from all. */
async function makeReadOnly(t: Parameters<typeof makeArticlesDatabase>[0]) {
  const db = await makeArticlesDatabase(t);
  const app = createServer();
  t.teardown(() => app.close());
  registerErrorHandling(app);
  const published = () => eq("is_published", true);
  const resource = defineResource<ArticleRow, null>()({
    type: "articles",
    table: "articles",
    scope: published,
    attributes: { title: { value: string(), update: () => true } },
    relationships: { sequelTo: { to: "one", type: "articles", column: "sequel_to_id", nullable: true } },
    update: { scope: published },
  });
  registerJsonApi<null>(app, {
    db,
    resources: [resource],
    publicUrl: () => "https://articles.example",
    prefix: "/api",
    pageLimits: { defaultSize: 10, maxSize: 50 },
    clock: Date.now,
    authenticate: async () => null,
    challenge: () => undefined,
  });
  return async (url: string, body: unknown) => {
    const payload = JSON.stringify(body);
    const headers = { "content-type": "application/vnd.api+json" };
    const {
      statusCode: status,
      headers: answered,
      body: text,
    } = await app.inject({
      method: "PATCH",
      url,
      headers,
      payload,
    });
    const request = { method: "PATCH", url, payload, baseUrl: "https://articles.example" };
    checkAnswer(request, { status, headers: answered, text });
    return status;
  };
}

void t.test("a read-only reference sent back as it was shown is no fault, hidden or not", async (t) => {
  const patch = await makeReadOnly(t);
  t.equal(await patch(FOURTH, sequelTo(null)), 200, "hidden: shown as null");
  t.equal(await patch(FOURTH, sequelTo(articles.third)), 403, "hidden: a right guess is a change like any other");
  t.equal(await patch(FOURTH, sequelTo(nothing)), 403);
  const second = (id: string | null) => {
    const { data } = sequelTo(id);
    return { data: { ...data, id: articles.second } };
  };
  const url = `/api/articles/${articles.second}`;
  t.equal(await patch(url, second(articles.first)), 200);
  t.equal(await patch(url, second(null)), 403);
  t.equal(await patch(url, second(people.ada)), 403);
});
