import t from "tap";

import { faultsIn, includedIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, people, tags } from "../fixtures/articles/tables.ts";

const FIRST = `/api/articles/${articles.first}`;
const SECOND = `/api/articles/${articles.second}`;
const person = (name: keyof typeof people) => `people/${people[name]}`;
const tag = (name: keyof typeof tags) => `tags/${tags[name]}`;
const article = (name: keyof typeof articles) => `articles/${articles[name]}`;

void t.test("one path, several, and nested ones include what they lead to, and what they lead through", async (t) => {
  const server = await makeArticles(t);
  const cases: [string, string[]][] = [
    ["author", [person("ada")]],
    ["tags", [tag("red"), tag("green")]],
    ["author,tags", [person("ada"), tag("red"), tag("green")]],
    ["tags.articles", [tag("red"), tag("green"), article("second")]],
    ["author.reports.reports", [person("ada"), person("ben"), person("cleo")]],
    ["author.articles.reviewers", [person("ada"), person("ben"), article("third")]],
    ["author,author.reports", [person("ada"), person("ben")]],
    ["author,author", [person("ada")]],
    [" author , tags ", [person("ada"), tag("red"), tag("green")]],
  ];
  for (const [include, expected] of cases) {
    const answer = await server.get(`${FIRST}?include=${encodeURIComponent(include)}`, "editor");
    t.equal(answer.status, 200, include);
    t.same(includedIn(answer), expected.sort(), include);
  }
});

void t.test("repeated keys and include[] are one list", async (t) => {
  const server = await makeArticles(t);
  for (const query of ["include=author&include=tags", "include[]=author&include[]=tags", "include%5B%5D=author,tags"]) {
    const answer = await server.get(`${FIRST}?${query}`);
    t.same(includedIn(answer), [person("ada"), tag("red"), tag("green")].sort(), query);
  }
});

void t.test("an empty include includes nothing, and says so", async (t) => {
  const server = await makeArticles(t);
  for (const url of [`${FIRST}?include=`, `/api/articles?include=`, `${FIRST}/sequelTo?include=author`]) {
    t.same((await server.get(url)).body.included, [], url);
  }
  t.notOk("included" in (await server.get(FIRST)).body);
});

void t.test("a resource that two paths lead to stands once, with the linkage of both", async (t) => {
  const server = await makeArticles(t);
  // Ben is the second one's author and the first one's reviewer; his manager, Ada, is its author.
  const answer = await server.get(`${FIRST}?include=reviewers.manager,author.reports.articles`, "Ada");
  t.same(includedIn(answer), [person("ben"), person("ada"), article("second")].sort());
  const ben = answer.body.included.find(({ id }: { id: string }) => id === people.ben);
  t.same(ben.relationships.manager.data, { type: "people", id: people.ada });
  t.same(ben.relationships.articles.data, [{ type: "articles", id: articles.second }]);
});

void t.test("a cycle ends: primary resources are never included again, and get the linkage of the path", async (t) => {
  const server = await makeArticles(t);
  const one = await server.get(`${FIRST}?include=author.articles.author`);
  t.same(includedIn(one), [person("ada")]);
  const collection = await server.get("/api/articles?include=sequelTo,tags.articles");
  t.same(includedIn(collection), [tag("red"), tag("green")].sort());
  const second = collection.body.data.find(({ id }: { id: string }) => id === articles.second);
  t.same(second.relationships.sequelTo.data, { type: "articles", id: articles.first });
  const chain = await server.get(`/api/people/${people.cleo}?include=manager.manager.reports`);
  t.same(includedIn(chain), [person("ada"), person("ben")].sort());
});

void t.test("what a caller may not see is neither included nor linked", async (t) => {
  const server = await makeArticles(t);
  const ada = `/api/people/${people.ada}?include=articles`;
  const seen = await server.get(ada);
  t.same(includedIn(seen), [article("first")]);
  t.same(seen.body.data.relationships.articles.data, [{ type: "articles", id: articles.first }]);
  t.same(includedIn(await server.get(ada, "Ada")), [article("first"), article("third")].sort());
  const included = await server.get(`${FIRST}?include=author`);
  t.notOk("email" in included.body.included[0].attributes);
  t.notMatch((await server.get(`/api/tags/${tags.blue}?include=articles.author`)).text, articles.third);
});

void t.test("an empty relationship that was included has its linkage", async (t) => {
  const server = await makeArticles(t);
  const answer = await server.get(`/api/articles/${articles.fourth}?include=tags,sequelTo`);
  t.same(answer.body.data.relationships.tags.data, []);
  t.same(answer.body.included, []);
});

void t.test("include on related resources starts at what they are", async (t) => {
  const server = await makeArticles(t);
  t.same(includedIn(await server.get(`${FIRST}/author?include=reports`)), [person("ben")]);
  t.same(includedIn(await server.get(`${SECOND}/tags?include=articles`)), [article("first"), article("second")].sort());
  t.same(faultsIn(await server.get(`${FIRST}/author?include=author`)), ["400 include"]);
});

void t.test("include on linkage starts at the resource that has the relationship", async (t) => {
  const server = await makeArticles(t);
  const linkage = `${FIRST}/relationships`;
  t.same(includedIn(await server.get(`${linkage}/tags?include=tags`)), [tag("red"), tag("green")].sort());
  t.same(
    includedIn(await server.get(`${linkage}/author?include=author.reports`)),
    [person("ada"), person("ben")].sort(),
  );
  t.same((await server.get(`${linkage}/sequelTo?include=sequelTo`)).body.included, []);
  const page = await server.get(`${linkage}/tags?include=tags&page[size]=1&sort=name`);
  t.same(includedIn(page), [tag("green")]);
  t.same(faultsIn(await server.get(`${linkage}/tags?include=author`)), ["400 include"]);
  t.same(faultsIn(await server.get(`${linkage}/tags?include=articles`)), ["400 include"]);
});

void t.test("include on what was just written", async (t) => {
  const server = await makeArticles(t);
  const made = await server.ask("POST", "/api/articles?include=author.manager,tags", {
    as: "editor",
    body: {
      data: {
        type: "articles",
        attributes: { title: "New", slug: "new" },
        relationships: {
          author: { data: { type: "people", id: people.ben } },
          tags: { data: [{ type: "tags", id: tags.blue }] },
        },
      },
    },
  });
  t.equal(made.status, 201);
  t.same(includedIn(made), [person("ada"), person("ben"), tag("blue")].sort());
  const changed = await server.ask("PATCH", `${FIRST}?include=author`, {
    as: "editor",
    body: {
      data: {
        type: "articles",
        id: articles.first,
        relationships: { author: { data: { type: "people", id: people.cleo } } },
      },
    },
  });
  t.equal(changed.status, 200);
  t.same(includedIn(changed), [person("cleo")]);
});

void t.test("unknown and hidden relationships are the same 400, with suggestions among what is known", async (t) => {
  const server = await makeArticles(t);
  const refusals: [string, string[] | undefined][] = [
    ["nope", undefined],
    ["reviewers", undefined],
    ["title", undefined],
    ["autor", ["author"]],
    ["reviewer", undefined],
    ["author.nope", undefined],
    ["author.manger", ["manager"]],
    ["author.articles.reviewers", undefined],
    ["tags,nope", undefined],
    ["author.", undefined],
    [".author", undefined],
    ["author..manager", undefined],
    ["author,", undefined],
    ["constructor", undefined],
    ["__proto__", undefined],
    ["author.manager.manager.manager", undefined],
    [Array.from({ length: 21 }, () => "author").join(","), undefined],
    [`${"author.".repeat(1000)}author`, undefined],
  ];
  for (const [include, suggestions] of refusals) {
    const answer = await server.get(`${FIRST}?include=${include}`);
    t.same(faultsIn(answer), ["400 include"], include.slice(0, 60));
    t.same(answer.body.errors[0].meta?.suggestions, suggestions, include.slice(0, 60));
  }
  t.equal((await server.get(`${FIRST}?include=reviewers`, "Ada")).status, 200);
  t.equal((await server.get(`${FIRST}?include=author.manager.manager`)).status, 200, "three names are not too many");
  t.same(faultsIn(await server.get(`${FIRST}?include=x,y`)), ["400 include", "400 include"]);
});
