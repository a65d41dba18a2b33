import { FIRST, newArticle, resourcesIn, SECOND, tag, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, includedIn, makeArticles } from "../fixtures/articles/server.ts";
import { articles, people, tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section(
  "format",
  "Inclusion of related resources and sparse fieldsets",
  import.meta.url,
);

outOfReach({
  anchor: "fetching-includes",
  level: "MAY",
  says: "An endpoint returns resources related to the primary data by default",
  why: "none does here; that nothing unrequested is included is tested below",
});
conforms(
  { anchor: "fetching-includes", level: "MAY", says: "An endpoint supports an `include` query parameter" },
  async (t) => {
    const server = await makeArticles(t);
    const first = [`people/${people.ada}`];
    t.same(includedIn(await server.get(`${FIRST}?include=author`)), first);
    t.same(includedIn(await server.get(`/api/articles?include=author&filter[title]=First`)), first);
    t.same(includedIn(await server.get(`${SECOND}/sequelTo?include=author`)), first);
    t.same(includedIn(await server.get(`${TAGS}?include=tags&filter[name]=red`)), [`tags/${tags.red}`]);
    const made = await server.ask("POST", "/api/articles?include=author", { as: "editor", body: newArticle() });
    t.same(includedIn(made), first);
  },
);
conforms(
  {
    anchor: "fetching-includes",
    level: "MUST",
    says: "If an endpoint does not support the `include` parameter, it responds with 400 to any requests that include it",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [method, url] of [
      ["PATCH", TAGS],
      ["POST", TAGS],
      ["DELETE", TAGS],
      ["DELETE", FIRST],
    ] as const) {
      const answer = await server.ask(method, `${url}?include=tags`, { as: "editor", body: { data: [tag("blue")] } });
      t.same(faultsIn(answer), ["400 include"], `${method} ${url}`);
    }
    t.same((await server.get(TAGS)).body.data, [tag("red"), tag("green")], "and does nothing");
  },
);
conforms(
  {
    anchor: "fetching-includes",
    level: "MUST",
    says: "With `include`, the response has an `included` key, even if it holds an empty array",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      `${FIRST}?include=sequelTo`,
      `/api/articles/${articles.fourth}?include=tags`,
      `${FIRST}?include=`,
      `/api/articles?include=author&filter[title]=None`,
      `${FIRST}/sequelTo?include=author`,
      `${FIRST}/relationships/sequelTo?include=sequelTo`,
    ]) {
      t.same((await server.get(url)).body.included, [], url);
    }
    t.notOk("included" in (await server.get(FIRST)).body);
  },
);
conforms(
  {
    anchor: "fetching-includes",
    level: "MUST NOT",
    says: "The server does not include unrequested resource objects in the `included` section",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(includedIn(await server.get(`${SECOND}?include=author`)), [`people/${people.ben}`]);
    t.same(includedIn(await server.get(`${SECOND}?include=tags`)), [`tags/${tags.red}`]);
    t.same(
      includedIn(await server.get("/api/tags?include=articles&filter[name]=blue")),
      [],
      "nor what may not be seen",
    );
  },
);
conforms(
  {
    anchor: "fetching-includes",
    level: "MUST",
    says: "The value of `include` is a comma-separated list of relationship paths, each a dot-separated list of relationship names",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(includedIn(await server.get(`${SECOND}?include=author.manager,sequelTo.tags`)), [
      `articles/${articles.first}`,
      `people/${people.ada}`,
      `people/${people.ben}`,
      `tags/${tags.red}`,
      `tags/${tags.green}`,
    ]);
    for (const include of [",", "author,", "author..manager", ".", "author;tags", "author/manager"]) {
      t.same(faultsIn(await server.get(`${FIRST}?include=${include}`)), ["400 include"], include);
    }
  },
);
conforms(
  {
    anchor: "fetching-includes",
    level: "MUST",
    says: "400 if a server is unable to identify a relationship path or does not support inclusion of resources from a path",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      "/api/articles?include=nope",
      `${FIRST}?include=author.nope`,
      `${FIRST}?include=title`,
      `${FIRST}?include=reviewers`,
      `${TAGS}?include=author`,
      `${FIRST}?include=author.articles.author.articles`,
    ]) {
      t.same(faultsIn(await server.get(url)), ["400 include"], url);
    }
    t.equal((await server.get(`${FIRST}?include=author.articles.author`)).status, 200);
    const body = newArticle();
    t.same(faultsIn(await server.ask("POST", "/api/articles?include=nope", { as: "editor", body })), ["400 include"]);
    t.equal((await server.get("/api/articles")).body.meta.total, 3, "and nothing was made");
  },
);

conforms(
  {
    anchor: "fetching-sparse-fieldsets",
    level: "MAY",
    says: "A client requests that an endpoint return only specific fields by including a `fields[TYPE]` query parameter",
  },
  async (t) => {
    const server = await makeArticles(t);
    const url = `/api/articles?include=author&fields[articles]=title,author&fields[people]=name`;
    const { data, included } = (await server.get(url)).body;
    for (const { attributes, relationships } of data) {
      t.same([Object.keys(attributes as object), Object.keys(relationships as object)], [["title"], ["author"]]);
    }
    for (const { attributes, relationships } of included) {
      t.same([Object.keys(attributes as object), relationships], [["name"], undefined]);
    }
  },
);
conforms(
  {
    anchor: "fetching-sparse-fieldsets",
    level: "MUST",
    says: "The value of any `fields[TYPE]` parameter is a comma-separated list of names of fields; an empty value means no fields",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { data } = (await server.get(`${FIRST}?fields[articles]=`)).body;
    t.same([data.attributes ?? {}, data.relationships ?? {}], [{}, {}]);
    for (const [parameter, value] of [
      ["fields[articles]", "title,nope"],
      ["fields[articles]", "title;slug"],
      ["fields[nopes]", "title"],
      ["fields", "title"],
      ["fields[articles][title]", "1"],
    ] as const) {
      t.same(
        faultsIn(await server.get(`${FIRST}?${parameter}=${value}`)),
        [`400 ${parameter}`],
        `${parameter}=${value}`,
      );
    }
  },
);
conforms(
  {
    anchor: "fetching-sparse-fieldsets",
    level: "MUST NOT",
    says: "An endpoint does not include additional fields in resource objects of a type with a restricted set of fields",
  },
  async (t) => {
    const server = await makeArticles(t);
    const fields = (resource: Json) => [
      ...Object.keys((resource.attributes ?? {}) as object),
      ...Object.keys((resource.relationships ?? {}) as object),
    ];
    const query = "include=author.articles&fields[articles]=slug,tags&fields[people]=articles";
    for (const url of [FIRST, "/api/articles", `${SECOND}/sequelTo`, `/api/people/${people.ada}/articles`]) {
      const answer = await server.get(`${url}?${query}`);
      for (const resource of resourcesIn(answer)) {
        t.same(fields(resource), resource.type === "people" ? ["articles"] : ["slug", "tags"], url);
      }
    }
    const made = await server.ask("POST", "/api/articles?fields[articles]=slug", { as: "editor", body: newArticle() });
    t.same(fields(made.body.data), ["slug"]);
    const body = { data: { type: "people", attributes: { name: "Eve" } } };
    const welcome = await server.ask("POST", "/api/people?fields[people]=name", { as: "editor", body });
    t.same(fields(welcome.body.data), ["name"], "nor what is shown but once");
  },
);
conforms(
  {
    anchor: "fetching-sparse-fieldsets",
    level: "MAY",
    says: "If a client does not specify the set of fields for a given type, the server sends all, a subset, or no fields",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { data, included } = (await server.get(`${FIRST}?include=author&fields[people]=name`)).body;
    t.same(Object.keys(data.relationships as object).sort(), ["author", "sequelTo", "tags"]);
    t.same(Object.keys(included[0].attributes as object), ["name"]);
  },
);
