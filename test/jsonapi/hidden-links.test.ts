import t from "tap";

import { registerErrorHandling } from "../../src/http/error-handler.ts";
import { createServer } from "../../src/http/server.ts";
import { registerJsonApi } from "../../src/jsonapi/http/plugin.ts";
import { defineResource } from "../../src/jsonapi/resource/define.ts";
import { computed } from "../../src/jsonapi/resource/members.ts";
import { string } from "../../src/jsonapi/resource/value-types.ts";
import { makeArticles } from "../fixtures/articles/server.ts";
import { articles, makeArticlesDatabase, people, type PersonRow } from "../fixtures/articles/tables.ts";

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

void t.test("what is computed is computed of a resource, not of nobody", async (t) => {
  const app = createServer();
  t.teardown(() => app.close());
  registerErrorHandling(app);
  registerJsonApi(app, {
    db: await makeArticlesDatabase(t),
    resources: [
      defineResource<PersonRow, null>()({
        type: "people",
        table: "people",
        scope: () => true,
        attributes: { shout: { value: string(), computed: computed(["name"], ({ name }) => name.toUpperCase()) } },
        relationships: { manager: { to: "one", type: "people", column: "manager_id", nullable: true } },
      }),
    ],
    publicUrl: () => "https://people.example",
    prefix: "/api",
    pageLimits: { defaultSize: 10, maxSize: 50 },
    clock: () => 0,
    authenticate: async () => null,
    challenge: () => undefined,
  });
  const managerOf = async (id: string): Promise<unknown> => {
    const answer = await app.inject(`/api/people/${id}/manager`);
    t.equal(answer.statusCode, 200, answer.body);
    return (answer.json() as { data: unknown }).data;
  };
  t.match(await managerOf(people.ben), { id: people.ada, attributes: { shout: "ADA" } });
  t.equal(await managerOf(people.ada), null);
});
