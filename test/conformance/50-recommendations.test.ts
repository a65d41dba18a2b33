import { FIRST, newArticle, relationshipsIn, resourcesIn, samples } from "../fixtures/articles/documents.ts";
import { idsOf, makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, people, tags } from "../fixtures/articles/tables.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("recommendations", "Recommendations", import.meta.url);

/** Attributes and relationships of all types of both servers. */
async function fieldNames(t: Parameters<typeof makeApp>[0]): Promise<string[]> {
  const app = await makeApp(t);
  const { token } = await makeAdmin(app);
  const answers = [...(await samples(await makeArticles(t))).values()];
  for (const type of ["users", "roles", "sessions"]) answers.push(await app.ask("GET", `/v1/${type}`, { token }));
  const names = answers
    .flatMap(resourcesIn)
    .flatMap(({ attributes = {}, relationships = {} }: Json) => [
      ...Object.keys(attributes as object),
      ...Object.keys(relationships as object),
    ]);
  return [...new Set(names)];
}

conforms(
  { anchor: "naming", level: "SHOULD", says: "Member names are camel-cased (i.e., `wordWordWord`)" },
  async (t) => {
    const names = await fieldNames(t);
    t.ok(names.length > 25, names.join(" "));
    for (const name of names) t.match(name, /^[a-z]+([A-Z][a-z]*)*$/);
  },
);
conforms({ anchor: "naming", level: "SHOULD", says: "Member names start and end with a character a-z" }, async (t) => {
  for (const name of await fieldNames(t)) t.match(name, /^[a-z](.*[a-z])?$/);
});
conforms(
  { anchor: "naming", level: "SHOULD", says: "Member names contain only ASCII alphanumeric characters" },
  async (t) => {
    for (const name of await fieldNames(t)) t.match(name, /^[a-zA-Z0-9]+$/);
  },
);
conforms(
  {
    anchor: "urls-resource-collections",
    level: "RECOMMENDED",
    says: "The URL for a collection of resources is formed from the resource type",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const type of ["articles", "people", "tags", "audits"]) {
      const answer = await server.get(`/api/${type}`, "editor");
      t.equal(answer.body.links.self, `${PUBLIC_URL}/api/${type}`);
      for (const resource of answer.body.data) t.equal(resource.type, type);
    }
  },
);
conforms(
  {
    anchor: "urls-individual-resources",
    level: "RECOMMENDED",
    says: "The URL for an individual resource is formed by appending the resource's ID to the collection URL",
  },
  async (t) => {
    for (const [name, answer] of await samples(await makeArticles(t))) {
      for (const { type, id, links } of resourcesIn(answer)) {
        t.equal(links.self, `${PUBLIC_URL}/api/${String(type)}/${String(id)}`, name);
      }
    }
  },
);
conforms(
  {
    anchor: "urls-relationships",
    level: "RECOMMENDED",
    says: "A relationship URL is formed by appending `/relationships/` and the name of the relationship to the resource's URL",
  },
  async (t) => {
    const all = relationshipsIn(await (await makeArticles(t)).get("/api/articles?include=author,tags", "editor"));
    t.ok(all.length > 20);
    for (const [name, { links }, resource] of all) {
      t.equal(links.self, `${String(resource.links.self)}/relationships/${String(name.split(".")[1])}`);
    }
  },
);
conforms(
  {
    anchor: "urls-relationships",
    level: "RECOMMENDED",
    says: "A related resource URL is formed by appending the name of the relationship to the resource's URL",
  },
  async (t) => {
    const all = relationshipsIn(await (await makeArticles(t)).get("/api/articles?include=author,tags", "editor"));
    for (const [name, { links }, resource] of all) {
      t.equal(links.related, `${String(resource.links.self)}/${String(name.split(".")[1])}`);
    }
  },
);
conforms(
  {
    anchor: "urls-relationships",
    level: "SHOULD NOT",
    says: "URLs of resources in relationships are not used as `self` links for the resources themselves",
  },
  async (t) => {
    const server = await makeArticles(t);
    const author = await server.get(`${FIRST}/author`);
    t.equal(author.body.data.links.self, `${PUBLIC_URL}/api/people/${people.ada}`);
    t.equal(author.body.links.self, `${PUBLIC_URL}${FIRST}/author`);
    for (const { links, id } of (await server.get(`${FIRST}/tags`)).body.data) {
      t.equal(links.self, `${PUBLIC_URL}/api/tags/${String(id)}`);
    }
  },
);
conforms(
  {
    anchor: "filtering",
    level: "RECOMMENDED",
    says: "Filtering based upon associations combines `filter` with the association name",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(idsOf(await server.get(`/api/articles?filter[author]=${people.ben}`)), [articles.second]);
    t.same(idsOf(await server.get(`/api/articles?filter[tags]=${tags.green}`)), [articles.first]);
    const app = await makeApp(t);
    const { token, id } = await makeAdmin(app);
    await makeUser(app);
    const admins = await app.ask("GET", "/v1/users?filter[roles.name]=admin", { token });
    t.same(
      admins.body.data.map((user: Json) => user.id),
      [id],
    );
  },
);
conforms(
  {
    anchor: "filtering",
    level: "RECOMMENDED",
    says: "Multiple filter values can be combined in a comma-separated list",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { ben, cleo } = people;
    t.same(idsOf(await server.get(`/api/articles?filter[author]=${ben},${cleo}`)), [articles.second, articles.fourth]);
  },
);
conforms(
  { anchor: "filtering", level: "RECOMMENDED", says: "Multiple filters can be applied to a single request" },
  async (t) => {
    const server = await makeArticles(t);
    const query = `filter[tags]=${tags.red}&filter[author]=${people.ben},${people.cleo}`;
    t.same(idsOf(await server.get(`/api/articles?${query}`)), [articles.second], "all of them must hold");
  },
);
conforms(
  {
    anchor: "including-links",
    level: "RECOMMENDED",
    says: "Top-level links: a self-link for the response, and pagination links",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, { body }] of await samples(server)) {
      if (!("data" in body)) continue;
      t.ok("self" in body.links, name);
      t.equal("next" in body.links, Array.isArray(body.data), name);
    }
  },
);
conforms(
  { anchor: "including-links", level: "RECOMMENDED", says: "Resource-level links: a self-link for each resource" },
  async (t) => {
    const answer = await (await makeArticles(t)).get("/api/articles?include=tags");
    for (const { links } of resourcesIn(answer)) t.not(links.self, answer.body.links.self);
  },
);
conforms(
  {
    anchor: "including-links",
    level: "RECOMMENDED",
    says: "Relationship links for all available relationships of a resource",
  },
  async (t) => {
    const { body } = await (await makeArticles(t)).get("/api/articles", "editor");
    for (const { relationships } of body.data) {
      t.same(Object.keys(relationships as object).sort(), ["author", "reviewers", "sequelTo", "tags"]);
      for (const { links } of Object.values(relationships as Record<string, Json>))
        t.match(links, { self: String, related: String });
    }
  },
);
outOfReach({
  anchor: "patchless-clients",
  level: "RECOMMENDED",
  says: "Servers that wish to support clients without `PATCH` treat `POST` with `X-HTTP-Method-Override: PATCH` as `PATCH`",
  why: "this server does not: every browser of today has `PATCH`, and a header that changes the method is a way around what looks at methods",
});
conforms(
  {
    anchor: "date-and-time-fields",
    level: "RECOMMENDED",
    says: "Servers align with ISO 8601 for date and time fields",
  },
  async (t) => {
    const server = await makeArticles(t);
    const body = newArticle({ publishedAt: "2026-03-01T10:00:00+02:00" });
    const made = await server.ask("POST", "/api/articles", { as: "editor", body });
    t.equal(made.body.data.attributes.publishedAt, "2026-03-01T08:00:00.000Z");
    for (const name of ["createdAt", "updatedAt"]) {
      t.match(made.body.data.attributes[name], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    for (const publishedAt of ["1 March 2026", 1772000000, "2026-02-30"]) {
      const refused = await server.ask("POST", "/api/articles", {
        as: "editor",
        body: newArticle({ slug: "x", publishedAt }),
      });
      t.equal(refused.status, 422, String(publishedAt));
    }
  },
);
for (const [says, why] of [
  [
    "A creation that takes long is answered with 202 and a link in the `Content-Location` header",
    "what is accepted here has no job to look at: whoever could follow one would learn whether an address has an account",
  ],
  [
    "Requests for still-pending jobs return 200, as the server is reporting the status successfully",
    "there are no jobs",
  ],
  ["When the job is done, the request returns 303 with a link in the `Location` header", "there are no jobs"],
] as const) {
  outOfReach({ anchor: "asynchronous-processing", level: "SHOULD", says, why });
}
for (const says of [
  "Every resource object includes a `timestamps` member in its attributes object, an object with `created` and `updated`",
  "The value of each member complies with the variant of ISO 8601 used by JavaScript's `JSON.stringify`",
]) {
  outOfReach({
    anchor: "profiles-timestamp-profile",
    level: "MUST",
    says,
    why: "an example of a profile, which this server does not have",
  });
}
