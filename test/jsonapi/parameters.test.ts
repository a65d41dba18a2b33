import t from "tap";

import { faultsIn, idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { articles, nothing, people, tags } from "../fixtures/articles/tables.ts";
import { parseQuery } from "../../src/jsonapi/read/query.ts";

const { first, second, third, fourth } = articles;
const FIRST = `/api/articles/${first}`;

void t.test("a fieldset narrows attributes and relationships of its type, wherever they stand", async (t) => {
  const server = await makeArticles(t);
  const fieldsOf = async (query: string) => {
    const { data, included = [] } = (await server.get(`${FIRST}?${query}`)).body;
    const resources = [data, ...included] as { attributes?: object; relationships?: object }[];
    return resources.map(({ attributes = {}, relationships = {} }) => [
      ...Object.keys(attributes),
      ...Object.keys(relationships),
    ]);
  };
  t.same(await fieldsOf("fields[articles]=title"), [["title"]]);
  t.same(await fieldsOf("fields[articles]=title,author"), [["title", "author"]]);
  t.same(await fieldsOf("fields[articles]=tags"), [["tags"]]);
  t.same(await fieldsOf("fields[articles]="), [[]]);
  t.same(await fieldsOf("fields%5Barticles%5D=slug,title"), [["title", "slug"]]);
  t.same(await fieldsOf("fields[articles]=title&fields[articles]=slug"), [["title", "slug"]]);
  t.same(await fieldsOf("fields[articles][]=title&fields[articles][]=slug"), [["title", "slug"]]);
  t.same(await fieldsOf("include=author&fields[people]=name&fields[articles]=title"), [["title"], ["name"]]);
  t.same(await fieldsOf("include=author&fields[people]=articles"), [
    [
      "title",
      "body",
      "rating",
      "isPublished",
      "publishedAt",
      "slug",
      "createdAt",
      "updatedAt",
      "author",
      "sequelTo",
      "tags",
    ],
    ["articles"],
  ]);
});

void t.test("a fieldset is kept where a resource is both primary and led to", async (t) => {
  const server = await makeArticles(t);
  const { data } = (await server.get("/api/articles?include=sequelTo.tags&fields[articles]=title,sequelTo&sort=title"))
    .body;
  t.same(
    data.map(({ attributes, relationships }: Record<string, object>) => [attributes, Object.keys(relationships ?? {})]),
    ["First", "Fourth", "Second"].map((title) => [{ title }, ["sequelTo"]]),
  );
});

void t.test("a fieldset narrows what a write answers with", async (t) => {
  const server = await makeArticles(t);
  const body = { data: { type: "articles", id: first, attributes: { title: "New" } } };
  const answer = await server.ask("PATCH", `${FIRST}?fields[articles]=title`, { as: "Ada", body });
  t.same(answer.body.data.attributes, { title: "New" });
  t.notOk("relationships" in answer.body.data);
});

void t.test("sorts by attributes, both ways, several, through to-one; ties by id; null first", async (t) => {
  const server = await makeArticles(t);
  const cases: [string, string[]][] = [
    ["title", [first, fourth, second, third]],
    ["-title", [third, second, fourth, first]],
    ["rating", [second, third, first, fourth]],
    ["-rating", [fourth, first, third, second]],
    ["-rating,title", [first, fourth, third, second]],
    ["rating,-id", [second, third, fourth, first]],
    ["id", [first, second, third, fourth]],
    ["-id", [fourth, third, second, first]],
    ["author.name,title", [first, third, second, fourth]],
    ["-author.manager.name,title", [fourth, second, first, third]],
    ["slug", [first, fourth, second, third]],
    [" title , id ", [first, fourth, second, third]],
    ["", [first, second, third, fourth]],
  ];
  for (const [sort, expected] of cases) {
    const answer = await server.get(`/api/articles?sort=${encodeURIComponent(sort)}`, "editor");
    t.same(idsOf(answer), expected, sort);
  }
});

void t.test("what a caller may not see does not sort", async (t) => {
  const server = await makeArticles(t);
  // The fourth one's predecessor is hidden from anonymous callers: it sorts as if there were none.
  t.same(idsOf(await server.get("/api/articles?sort=-sequelTo.title,id")), [second, first, fourth]);
  t.same(idsOf(await server.get("/api/articles?sort=-sequelTo.title,id", "editor")), [fourth, second, first, third]);
});

void t.test("filters: equality, lists in all three spellings, ids, relationships", async (t) => {
  const server = await makeArticles(t);
  const cases: [string, string[]][] = [
    ["filter[title]=First", [first]],
    ["filter[title]=first", []],
    ["filter[title]=First,Second", [first, second]],
    ["filter[title]=First&filter[title]=Second", [first, second]],
    ["filter[title][]=First&filter[title][]=Second", [first, second]],
    ["filter%5Btitle%5D%5B%5D=First&filter[title]=Second,Third", [first, second, third]],
    ["filter[slug]=THE-first", [first]],
    ["filter[rating]=5", [first, fourth]],
    ["filter[rating]=5&filter[title]=First", [first]],
    ["filter[isPublished]=false", [third]],
    ["filter[publishedAt]=2026-01-02T13:00:00%2B01:00", [second]],
    [`filter[id]=${first},${fourth}`, [first, fourth]],
    [`filter[id]=${nothing}`, []],
    ["filter[id]=", []],
    ["filter[id]=first,second", []],
    [`filter[author]=${people.ada}`, [first, third]],
    [`filter[author]=${people.ada}&filter[isPublished]=true`, [first]],
    [`filter[tags]=${tags.red}`, [first, second]],
    [`filter[tags]=${tags.green},${tags.blue}`, [first, third]],
    ["filter[tags.name]=red", [first, second]],
    ["filter[author.manager.name]=Ada", [second]],
    [`filter[sequelTo]=${first}`, [second]],
    ["filter[sequelTo][null]=true", [first, third]],
    ["filter[rating][null]=true", [second]],
    ["filter[rating][gte]=4", [first, fourth]],
    ["filter[secretNote]=alpha", [first]],
  ];
  for (const [query, expected] of cases) {
    const answer = await server.get(`/api/articles?sort=id&${query}`, "editor");
    t.equal(answer.status, 200, query);
    t.same(idsOf(answer), expected, query);
    t.equal(answer.body.meta.total, expected.length, query);
  }
});

void t.test("a filter only finds what its caller may see, at both ends", async (t) => {
  const server = await makeArticles(t);
  t.same(idsOf(await server.get(`/api/articles?filter[author]=${people.ada}`)), [first]);
  t.same(idsOf(await server.get(`/api/articles?filter[id]=${third}`)), []);
  t.same(idsOf(await server.get(`/api/articles?filter[sequelTo]=${third}`)), []);
  t.same(idsOf(await server.get("/api/articles?filter[sequelTo.title]=Third")), []);
  t.same(idsOf(await server.get(`/api/articles?filter[sequelTo.id]=${third}`)), []);
  t.same(idsOf(await server.get("/api/articles?filter[sequelTo][null]=true&sort=id")), [first, fourth]);
  t.same(idsOf(await server.get(`/api/articles?filter[sequelTo][ne]=${third}&sort=id`)), [first, second, fourth]);
  t.same(idsOf(await server.get(`/api/tags?filter[articles]=${third}`)), []);
});

void t.test("hidden attributes and relationships are answered exactly like unknown ones", async (t) => {
  const server = await makeArticles(t);
  const forms = [
    "fields[articles]=NAME",
    "sort=NAME",
    "sort=-NAME",
    "filter[NAME]=x",
    "filter[NAME][like]=x*",
    "include=NAME",
  ];
  const textOf = async (query: string) => {
    const { body } = await server.get(`/api/articles?${query}`);
    return JSON.stringify({ ...body, errors: body.errors.map((error: object) => ({ ...error, id: "" })) });
  };
  for (const hidden of ["secretNote", "passcode", "reviewers"]) {
    const unknown = "qqqqqqqqqqqqqqqqq";
    for (const form of forms) {
      const told = await textOf(form.replace("NAME", hidden));
      t.equal(told.replaceAll(hidden, unknown), await textOf(form.replace("NAME", unknown)), `${hidden} in ${form}`);
    }
  }
  const near = await server.get("/api/articles?filter[secretNot]=x");
  t.equal(near.body.errors[0].meta, undefined, "a near miss is not told of what is hidden");
  t.same((await server.get("/api/articles?filter[secretNot]=x", "editor")).body.errors[0].meta.suggestions, [
    "secretNote",
  ]);
});

/** Parameters that no collection takes, and which parameter each answer names. */
const REFUSALS: readonly (readonly [string, ...string[]])[] = [
  ["nope=1", "nope"],
  ["Include=author", "Include"],
  ["includes=author", "includes"],
  ["x-own=1", "x-own"],
  ["=1", ""],
  ["nope", "nope"],
  ["constructor=1", "constructor"],
  ["__proto__=1", "__proto__"],
  ["__proto__[x]=1", "__proto__[x]"],
  ["fields=title", "fields"],
  ["fields[]=title", "fields"],
  ["fields[nope]=title", "fields[nope]"],
  ["fields[constructor]=title", "fields[constructor]"],
  ["fields[articles]=nope", "fields[articles]"],
  ["fields[articles]=title,", "fields[articles]"],
  ["fields[articles]=id", "fields[articles]"],
  ["fields[articles][x]=title", "fields[articles][x]"],
  ["fields[articles]=a,b", "fields[articles]", "fields[articles]"],
  ["include[author]=1", "include[author]"],
  ["sort[title]=asc", "sort[title]"],
  ["sort=nope", "sort"],
  ["sort=body", "sort"],
  ["sort=-", "sort"],
  ["sort=--title", "sort"],
  ["sort=title,", "sort"],
  ["sort=tags.name", "sort"],
  ["sort=author", "sort"],
  ["sort=title.x", "sort"],
  ["filter=x", "filter"],
  ["filter[body]=x", "filter[body]"],
  ["filter[rating]=five", "filter[rating]"],
  ["filter[rating]=5,", "filter[rating]"],
  ["filter[rating]=9999999999999999999", "filter[rating]"],
  ["filter[isPublished]=1", "filter[isPublished]"],
  ["filter[publishedAt]=2026-02-30", "filter[publishedAt]"],
  ["filter[title]=%00", "filter[title]"],
  ["filter[title][nope]=x", "filter[title][nope]"],
  ["filter[title=x", "filter[title"],
  ["filter]title[=x", "filter]title["],
  ["filter[[title]]=x", "filter[[title]]"],
  ["filter[title]x=x", "filter[title]x"],
  ["filter[title][=x", "filter[title]["],
  ["filter[a.b.c.d.e]=x", "filter[a.b.c.d.e]"],
  ["filter[.title]=x", "filter[.title]"],
  ["page=1", "page"],
  ["page[nope]=1", "page[nope]"],
  ["nope=1&sort=nope&filter[rating]=x", "nope"],
  [
    "page[nope]=1&sort=nope&filter[nope]=x&fields[nope]=x&include=nope",
    "fields[nope]",
    "include",
    "filter[nope]",
    "sort",
    "page[nope]",
  ],
];

void t.test("what is not known or not well-formed is 400 with the parameter, all at once", async (t) => {
  const server = await makeArticles(t);
  for (const [query, ...parameters] of REFUSALS) {
    const answer = await server.get(`/api/articles?${query}`, "editor");
    t.same(
      faultsIn(answer),
      parameters.map((parameter) => `400 ${parameter}`),
      query,
    );
  }
});

void t.test("suggestions are near, few, and no echo of anything long", async (t) => {
  const server = await makeArticles(t);
  const suggested = async (query: string) =>
    (await server.get(`/api/articles?${query}`, "editor")).body.errors[0].meta?.suggestions as string[] | undefined;
  t.same(await suggested("sort=titl"), ["title"]);
  t.same(await suggested("sort=titel"), ["title"], "two letters that changed places");
  t.same(await suggested("filter[Rating]=5"), ["rating"]);
  t.same(await suggested("fields[article]=title"), ["articles"]);
  t.same(await suggested("fields[articles]=tag"), ["tags"]);
  t.same(await suggested("sort=author.nam"), ["name"]);
  t.same(await suggested(`sort=${"x".repeat(5000)}`), undefined);
});

void t.test("each endpoint takes the parameters that mean something to it, and no others", async (t) => {
  const server = await makeArticles(t);
  const collection = ["include=", "fields[tags]=name", "sort=id", "filter[id]=x", "page[size]=1"];
  const single = collection.slice(0, 2);
  const endpoints: [string, string[]][] = [
    ["/api/articles", collection],
    [`${FIRST}/tags`, collection],
    [`${FIRST}/relationships/tags`, collection],
    [FIRST, single],
    [`${FIRST}/author`, single],
    [`${FIRST}/relationships/author`, single],
  ];
  for (const [url, taken] of endpoints) {
    for (const parameter of collection) {
      const { status } = await server.get(`${url}?${parameter}`);
      t.equal(status, taken.includes(parameter) ? 200 : 400, `${url}?${parameter}`);
    }
  }
  for (const [method, url] of [
    ["DELETE", `/api/articles/${fourth}`],
    ["PATCH", `${FIRST}/relationships/tags`],
  ] as const) {
    const answer = await server.ask(method, `${url}?include=author`, { as: "editor", body: { data: [] } });
    t.same(faultsIn(answer), ["400 include"], method);
  }
});

void t.test("a wrong query is refused before anything is written", async (t) => {
  const server = await makeArticles(t);
  const attributes = { title: "New", slug: "new" };
  const author = { data: { type: "people", id: people.ada } };
  const made = await server.ask("POST", "/api/articles?include=nope", {
    as: "Ada",
    body: { data: { type: "articles", attributes, relationships: { author } } },
  });
  t.same(faultsIn(made), ["400 include"]);
  const changed = await server.ask("PATCH", `${FIRST}?fields[articles]=nope`, {
    as: "Ada",
    body: { data: { type: "articles", id: first, attributes: { title: "New" } } },
  });
  t.same(faultsIn(changed), ["400 fields[articles]"]);
  t.equal((await server.get("/api/articles?filter[title]=New", "editor")).body.meta.total, 0);
});

void t.test("a % that is no escape of UTF-8 is 400, in names and in values", async (t) => {
  const server = await makeArticles(t);
  for (const query of ["sort=%", "sort=%zz", "filter[title]=%ff", "%E0%A4%A=1", "filter[title]=%ED%A0%80"]) {
    const answer = await server.get(`/api/articles?${query}`);
    t.equal(answer.status, 400, query);
    t.equal(answer.body.errors[0].code, "malformed-url", query);
  }
});

void t.test("so many parameters or values that somebody must be joking are 400", async (t) => {
  const server = await makeArticles(t);
  for (const query of [
    Array.from({ length: 101 }, (_, index) => `filter[a${String(index)}]=1`).join("&"),
    `filter[title]=${Array.from({ length: 201 }, () => "x").join(",")}`,
    `sort=${Array.from({ length: 11 }, () => "title").join(",")}`,
    ["title", "slug", "rating"]
      .flatMap((name) => ["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin"].map((by) => `filter[${name}][${by}]=1`))
      .join("&"),
  ]) {
    t.equal((await server.app.inject(`/api/articles?${query}`)).statusCode, 400, query.slice(0, 40));
  }
});

void t.test("parseQuery knows the grammar alone", async (t) => {
  const all = ["include", "fields", "sort", "filter", "page"] as const;
  const query = parseQuery("/x?&include=a.b,c&sort=-a.b&filter[a.b][gt]=1+2%2B3&page[size]=2&fields[x]=&&", all);
  t.same(query.include, [["a", "b"], ["c"]]);
  t.same(query.sort, [{ path: ["a", "b"], descending: true }]);
  t.same(query.filters, [{ path: ["a", "b"], operator: "gt", values: ["1 2+3"], parameter: "filter[a.b][gt]" }]);
  t.same([...query.page], [["size", "2"]]);
  t.same([...query.fields], [["x", []]]);
  t.equal(query.parameters.length, 5);
  t.equal(parseQuery("/x", all).include, undefined);
  t.same(parseQuery("/x?", all).parameters, []);
  t.same(parseQuery("/x?include", all).include, []);
  t.same(parseQuery("/x?include=a?b", all).include, [["a?b"]], "a second question mark is part of the value");
});
