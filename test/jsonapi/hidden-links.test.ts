import t from "tap";

import { makeArticles } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";

void t.test("the version of a resource tells nothing of a link that it does not show", async (t) => {
  const server = await makeArticles(t);
  const fourth = `/api/articles/${articles.fourth}`;
  const version = async () => String((await server.get(fourth)).headers["etag"]).split(".")[0];
  const before = await version();
  // Its predecessor is not published, and so hidden from everybody who is nobody in particular.
  t.equal((await server.get(`${fourth}/sequelTo`)).body.data, null);
  await server.db("articles").where({ id: articles.fourth }).update({ sequel_to_id: null });
  t.equal(await version(), before);
  await server.db("articles").where({ id: articles.fourth }).update({ rating: 1 });
});

void t.test("a related resource that is not there, or hidden, is null with a tag of its own", async (t) => {
  const server = await makeArticles(t);
  for (const id of [articles.first, articles.fourth]) {
    const { status, body, headers } = await server.get(`/api/articles/${id}/sequelTo`);
    t.equal(status, 200);
    t.equal(body.data, null);
    t.ok(headers["etag"]);
  }
});
