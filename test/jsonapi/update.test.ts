import t from "tap";

import { faultsIn, idsOf, makeArticles, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, nothing, people, tags } from "../fixtures/articles/tables.ts";

const URL = `/api/articles/${articles.first}`;
const EPOCH = "2026-01-01T00:00:00.000Z";

function patch(server: ArticlesServer, data: Record<string, unknown>, as = "Ada", id: string = articles.first) {
  return server.ask("PATCH", `/api/articles/${id}`, { as, body: { data: { type: "articles", id, ...data } } });
}

void t.test("what is given is changed, all else stays", async (t) => {
  const server = await makeArticles(t);
  const before = (await server.get(URL, "Ada")).body.data;
  const { status, body } = await patch(server, { attributes: { title: "Changed", rating: null } });
  t.equal(status, 200);
  const { updatedAt } = body.data.attributes;
  t.not(updatedAt, EPOCH);
  t.same(body.data.attributes, { ...before.attributes, title: "Changed", rating: null, updatedAt });
  t.same((await server.get(URL, "Ada")).body.data, body.data);
  t.same(server.writes, [{ kind: "update", id: articles.first, relationships: [], onlyAdds: false }]);
});

void t.test("a whole resource sent back changes nothing, not even the time of the last change", async (t) => {
  const server = await makeArticles(t);
  for (const as of ["Ada", "editor"]) {
    const { data } = (await server.get(`${URL}?include=tags,reviewers,author`, as)).body;
    const answer = await patch(server, data, as);
    t.equal(answer.status, 200, as);
    t.equal(answer.body.data.attributes.updatedAt, EPOCH, as);
    t.same(answer.body.data.attributes, data.attributes);
  }
  t.same(idsOf(await server.get(`${URL}/relationships/tags`)), [tags.red, tags.green]);
});

void t.test("no change is no change: empty, unchanged in another spelling, or without members", async (t) => {
  const server = await makeArticles(t);
  for (const data of [
    {},
    { attributes: {} },
    { relationships: {} },
    { attributes: {}, relationships: {} },
    { attributes: { title: " First " } },
    { attributes: { publishedAt: "2026-01-01T13:00:00+01:00", createdAt: "2026-01-01" } },
    { relationships: { author: { data: { type: "people", id: people.ada } } } },
    { relationships: { sequelTo: { data: null } } },
    { relationships: { author: { links: { self: "/x" } } } },
  ]) {
    const answer = await patch(server, data);
    t.equal(answer.status, 200, JSON.stringify(data));
    t.equal(answer.body.data.attributes.updatedAt, EPOCH, JSON.stringify(data));
  }
});

void t.test("what cannot be read cannot be guessed by writing it: every guess looks like a change", async (t) => {
  const server = await makeArticles(t);
  const times = [];
  for (const passcode of ["hush", "wrong"]) {
    times.push((await patch(server, { attributes: { passcode } })).body.data.attributes.updatedAt);
    await server.db("articles").update({ passcode: "hush", updated_at: EPOCH });
  }
  t.notOk(times.includes(EPOCH));
});

void t.test("what is read-only and changed is 403, all faults at once, and nothing is written", async (t) => {
  const server = await makeArticles(t);
  const answer = await patch(server, {
    attributes: { title: "Changed", isPublished: false, createdAt: "2020-01-01", updatedAt: null },
    relationships: { tags: { data: [] }, reviewers: { data: [{ type: "people", id: people.cleo }] } },
  });
  t.same(faultsIn(answer), [
    "403 /data/attributes/isPublished",
    "403 /data/attributes/createdAt",
    "403 /data/attributes/updatedAt",
    "403 /data/relationships/tags",
    "403 /data/relationships/reviewers",
  ]);
  t.equal((await server.get(URL)).body.data.attributes.title, "First");
  const mixed = await patch(server, { attributes: { title: 5, isPublished: false } });
  t.same(faultsIn(mixed), ["422 /data/attributes/title", "403 /data/attributes/isPublished"]);
  t.equal(mixed.status, 400);
});

void t.test("values that cannot be, and names that are not known", async (t) => {
  const server = await makeArticles(t);
  for (const [attributes, fault] of [
    [{ title: null }, "422 /data/attributes/title"],
    [{ slug: "" }, "422 /data/attributes/slug"],
    [{ rating: "5" }, "422 /data/attributes/rating"],
    [{ secretNote: "x" }, "422 /data/attributes/secretNote"],
    [{ nope: "x" }, "422 /data/attributes/nope"],
  ] as const) {
    t.same(faultsIn(await patch(server, { attributes })), [fault], JSON.stringify(attributes));
  }
  const none = { relationships: { author: { data: null } } };
  t.same(faultsIn(await patch(server, none)), ["422 /data/relationships/author/data"]);
  t.same(faultsIn(await patch(server, { ...none, attributes: { title: 5 } })), [
    "422 /data/attributes/title",
    "422 /data/relationships/author/data",
  ]);
});

void t.test("type and id must be those of the URL", async (t) => {
  const server = await makeArticles(t);
  t.same(faultsIn(await patch(server, { id: articles.second })), ["409 /data/id"]);
  t.same(faultsIn(await patch(server, { id: articles.first.toUpperCase() })), ["409 /data/id"]);
  t.same(faultsIn(await patch(server, { type: "people" })), ["409 /data/type"]);
  t.same(faultsIn(await patch(server, { type: "people", id: nothing })), ["409 /data/type", "409 /data/id"]);
  t.same(faultsIn(await patch(server, { id: undefined })), ["400 /data"]);
  t.same(faultsIn(await patch(server, { id: null })), ["400 /data"]);
  t.same(faultsIn(await patch(server, { id: 5 })), ["400 /data/id"]);
  t.same(faultsIn(await patch(server, { type: undefined })), ["400 /data"]);
});

void t.test("relationships are replaced by an update of their resource", async (t) => {
  const server = await makeArticles(t);
  const answer = await patch(
    server,
    {
      relationships: {
        author: { data: { type: "people", id: people.cleo } },
        sequelTo: { data: { type: "articles", id: articles.second } },
        tags: { data: [{ type: "tags", id: tags.blue }] },
        reviewers: { data: [] },
      },
    },
    "editor",
  );
  t.equal(answer.status, 200);
  t.not(answer.body.data.attributes.updatedAt, EPOCH);
  t.equal(answer.body.data.relationships.author.data.id, people.cleo);
  t.equal(answer.body.data.relationships.sequelTo.data.id, articles.second);
  t.same(idsOf(await server.get(`${URL}/relationships/tags`)), [tags.blue]);
  t.same(idsOf(await server.get(`${URL}/relationships/reviewers`, "Ada")), []);
  t.match(server.writes, [{ kind: "update", relationships: ["author", "sequelTo", "tags", "reviewers"] }]);
});

void t.test("a reference to nothing undoes the whole update", async (t) => {
  const server = await makeArticles(t);
  const answer = await patch(
    server,
    {
      attributes: { title: "Changed" },
      relationships: {
        tags: {
          data: [
            { type: "tags", id: tags.blue },
            { type: "tags", id: nothing },
          ],
        },
      },
    },
    "editor",
  );
  t.same(faultsIn(answer), ["404 /data/relationships/tags/data/1"]);
  t.equal((await server.get(URL)).body.data.attributes.title, "First");
  t.same(idsOf(await server.get(`${URL}/relationships/tags`)), [tags.red, tags.green]);
});

void t.test("a unique value of another resource is 409; its own in other letters is not", async (t) => {
  const server = await makeArticles(t);
  t.same(faultsIn(await patch(server, { attributes: { slug: "the-SECOND" } })), ["409 /data/attributes/slug"]);
  t.equal((await patch(server, { attributes: { slug: "THE-FIRST" } })).body.data.attributes.slug, "THE-FIRST");
});

void t.test("who may not: 404 for what they do not see, 401 or 403 for what they do", async (t) => {
  const server = await makeArticles(t);
  const attributes = { title: "Mine" };
  t.equal((await patch(server, { attributes }, "Ben")).status, 403);
  t.equal((await patch(server, { attributes }, "Ben", articles.third)).status, 404);
  t.equal((await patch(server, { attributes }, "editor", nothing)).status, 404);
  const anonymous = await server.ask("PATCH", URL, {
    body: { data: { type: "articles", id: articles.first, attributes } },
  });
  t.equal(anonymous.status, 401);
  t.equal((await server.ask("DELETE", URL)).status, 401);
  t.equal((await server.ask("DELETE", URL, { as: "Ada" })).status, 403);
  t.equal((await server.ask("DELETE", `/api/articles/${articles.third}`, { as: "Ben" })).status, 404);
});

void t.test("an author who gives their article away sees no more of it than others do", async (t) => {
  const server = await makeArticles(t);
  const relationships = { author: { data: { type: "people", id: people.ben } } };
  const answer = await patch(server, { relationships }, "Ada", articles.third);
  t.equal(answer.status, 204);
  t.equal((await server.get(`/api/articles/${articles.third}`, "Ada")).status, 404);
  t.equal((await server.get(`/api/articles/${articles.third}`, "Ben")).status, 200);
});

void t.test("what is deleted is gone, once, with the links that it had", async (t) => {
  const server = await makeArticles(t);
  const url = `/api/articles/${articles.second}`;
  t.equal((await server.ask("DELETE", url, { as: "editor" })).status, 204);
  t.equal((await server.ask("DELETE", url, { as: "editor" })).status, 404);
  t.equal((await server.get(url, "editor")).status, 404);
  t.same(await server.db("article_tags").where({ article_id: articles.second }), []);
  t.match(server.writes, [{ kind: "delete", id: articles.second }]);
});

void t.test("a body on DELETE is ignored", async (t) => {
  const server = await makeArticles(t);
  const body = { data: { type: "nonsense", id: 5 } };
  t.equal((await server.ask("DELETE", `/api/articles/${articles.second}`, { as: "editor", body })).status, 204);
});

void t.test("what others still refer to is not deleted: 409", async (t) => {
  const server = await makeArticles(t);
  const answer = await server.ask("DELETE", `/api/people/${people.ada}`, { as: "editor" });
  t.equal(answer.status, 409);
  t.equal((await server.get(`/api/people/${people.ada}`)).status, 200);
});

void t.test("two deletions at once: one deletes, the other finds nothing", async (t) => {
  const server = await makeArticles(t);
  const url = `/api/articles/${articles.fourth}`;
  const answers = await Promise.all([1, 2, 3].map(() => server.ask("DELETE", url, { as: "editor" })));
  t.same(answers.map(({ status }) => status).sort(), [204, 404, 404]);
});

void t.test("a change of what is being deleted is made or finds nothing, and never brings it back", async (t) => {
  const server = await makeArticles(t);
  const [changed, deleted] = await Promise.all([
    patch(server, { attributes: { title: "Late" } }, "editor", articles.fourth),
    server.ask("DELETE", `/api/articles/${articles.fourth}`, { as: "editor" }),
  ]);
  t.equal(deleted.status, 204);
  t.ok([200, 204, 404].includes(changed.status), String(changed.status));
  t.equal((await server.get(`/api/articles/${articles.fourth}`, "editor")).status, 404);
});
