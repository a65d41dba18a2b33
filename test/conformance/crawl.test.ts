import t from "tap";

import { seed } from "../../src/cli/seed.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { newArticle } from "../fixtures/articles/documents.ts";
import { addArticles } from "../fixtures/articles/pages.ts";
import { makeArticles, PUBLIC_URL } from "../fixtures/articles/server.ts";
import { articles, people } from "../fixtures/articles/tables.ts";
import { contradictions, crawl } from "../fixtures/crawl.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";

/**
 * Follows every link that there is, as a client that knows nothing but JSON:API. Each answer is held against the specification
 * on the way; in the end all of them must be about the same.
 */

const TYPES = ["users", "roles", "sessions"];

/** Brackets as links have them, so that each seed's own link is the seed. */
const encoded = (url: string) => url.replaceAll("[", "%5B").replaceAll("]", "%5D");

function crawlAccounts(server: TestApp, token: string | undefined, seeds: readonly string[]) {
  const baseUrl = server.publicUrl();
  return crawl({ get: (url) => server.ask("GET", url, { token }), baseUrl, seeds: seeds.map(encoded) });
}

void t.test("an admin can follow every link, and all answers agree", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 12 });
  await makeUser(server, { firstName: "Ada" });
  const made = await server.ask("POST", "/v1/roles", {
    token,
    body: { data: { type: "roles", attributes: { name: "keeper" } } },
  });
  const location = String(made.headers["location"]).slice(server.publicUrl().length);
  const visited = await crawlAccounts(server, token, [
    ...TYPES.map((type) => `/v1/${type}`),
    location,
    "/v1/users?include=roles.users,sessions.user&page[number]=1&page[size]=5",
    "/v1/users?sort=-email&page[after]=&page[size]=4",
    "/v1/users?fields[users]=email,roles&include=roles&page[offset]=3&page[limit]=6",
    "/v1/sessions?include=user.roles&sort=user.email",
    "/v1/roles?filter[users.isVerified]=true&page[before]=&page[size]=1",
    "/v1/users?sort=nope",
    "/v1/users?page[after]=&page[size]=1000",
  ]);
  t.same(contradictions(visited, server.publicUrl()), []);

  const paths = [...visited.keys()].map((url) => url.split("?")[0] ?? "");
  for (const user of await server.db("users").select("id")) {
    for (const below of ["", "/roles", "/sessions", "/relationships/roles", "/relationships/sessions"]) {
      t.ok(paths.includes(`/v1/users/${user.id}${below}`), `${user.id}${below}`);
    }
  }
  t.ok(visited.has(location));
  t.ok(visited.has("/openapi.json"));
  t.ok(visited.size > 150, String(visited.size));
});

void t.test("a user can follow every link that they see, and sees what is theirs", async (t) => {
  const server = await makeApp(t);
  await makeAdmin(server);
  await seed(server.db, { users: 5 });
  const { token, id } = await makeUser(server);
  const role = await server.db("roles").where({ name: "editor" }).first("id");
  if (role !== undefined) await server.db("user_roles").insert({ user_id: id, role_id: role.id });
  const visited = await crawlAccounts(server, token, [
    ...TYPES.map((type) => `/v1/${type}`),
    "/v1/users?include=roles.users,sessions.user",
    "/v1/sessions?include=user&page[after]=&page[size]=1",
  ]);
  t.same(contradictions(visited, server.publicUrl()), []);
  const users = [...visited.keys()].flatMap((url) => /^\/v1\/users\/([^/?]+)/.exec(url)?.[1] ?? []);
  t.same([...new Set(users)], [id], "nothing leads to anybody else");
  t.ok([...visited.keys()].some((url) => url.startsWith(`/v1/roles/${role?.id ?? ""}`)));
  t.ok(visited.size > 15, String(visited.size));
});

void t.test("whoever is not logged in is told to, and finds the description", async (t) => {
  const server = await makeApp(t);
  const { id } = await makeUser(server);
  const seeds = [...TYPES.map((type) => `/v1/${type}`), `/v1/users/${id}`, `/v1/users/${id}/roles`, "/openapi.json"];
  const visited = await crawlAccounts(server, undefined, seeds);
  for (const [url, { status }] of visited) {
    t.equal(status, url === "/openapi.json" ? 200 : url.startsWith("/v1/") ? 401 : 200, url);
  }
});

for (const as of [undefined, "Ada", "editor"]) {
  void t.test(`articles: ${as ?? "anybody"} can follow every link, and all answers agree`, async (t) => {
    const server = await makeArticles(t);
    await addArticles(server, 12);
    const made = await server.ask("POST", "/api/articles", { as: "Ada", body: newArticle() });
    const location = String(made.headers["location"]).slice(PUBLIC_URL.length);
    const isRead = as !== undefined;
    const visited = await crawl({
      get: async (url) => {
        if (url.startsWith("/api/")) return server.ask("GET", url, as === undefined ? {} : { as });
        // The description is no document of JSON:API.
        const { statusCode: status, headers, ...response } = await server.app.inject(url);
        return { status, headers, body: response.json<unknown>() };
      },
      baseUrl: PUBLIC_URL,
      seeds: [
        "/api/articles",
        "/api/people",
        "/api/tags",
        "/api/audits",
        "/api/articles?include=author.manager,tags.articles,sequelTo.author&page[number]=1&page[size]=4",
        "/api/articles?sort=-rating,title&page[after]=&page[size]=3&include=tags",
        "/api/people?include=articles.tags,reports&fields[articles]=title,tags&page[before]=&page[size]=2",
        `/api/people/${people.ada}/relationships/articles?page[after]=&page[size]=2&include=articles.author`,
        "/api/articles?filter[author.name]=Ada,Ben&sort=author.name,-slug&page[offset]=1&page[limit]=2",
        "/api/articles?sort=nope",
        ...(isRead ? [location, `/api/articles/${articles.third}`] : []),
      ].map(encoded),
    });
    t.same(contradictions(visited, PUBLIC_URL), []);
    t.equal(visited.get("/api/audits")?.status, as === "editor" ? 200 : as === undefined ? 401 : 403);
    t.equal(visited.has(`/api/articles/${articles.third}`), isRead);
    t.equal(visited.get(location)?.status, isRead ? 200 : undefined);
    t.ok(visited.size > 100, String(visited.size));
  });
}
