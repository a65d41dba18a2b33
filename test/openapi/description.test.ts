import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import t from "tap";

import { makeApp, type Json } from "../fixtures/app.ts";
import { makeArticles } from "../fixtures/articles/server.ts";
import { Description } from "../fixtures/description.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";

const METHODS = ["get", "post", "patch", "delete"] as const;

async function describe({ app }: { readonly app: FastifyInstance }): Promise<Json> {
  return (await app.inject("/openapi.json")).json();
}

/** `get /v1/users` and its operation. */
function operationsOf(document: Json): [string, Json][] {
  return Object.entries(document.paths as Record<string, Json>).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map(
      (method) => [`${method} ${path}`, item[method]] as [string, Json],
    ),
  );
}

void t.test("the description is valid OpenAPI 3.1, by somebody else's judgement", async (t) => {
  const server = await makeApp(t);
  const answer = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  t.equal(answer.status, 200);
  t.equal(answer.headers["content-type"], "application/json");
  const validator = new Validator();
  const { valid, errors } = await validator.validate(answer.body);
  t.equal(valid, true, JSON.stringify(errors));
  t.equal(validator.version, "3.1");
  t.same(answer.body.servers, [{ url: "http://rekey.test" }]);
  const others = await validator.validate(await describe(await makeArticles(t)));
  t.equal(others.valid, true, JSON.stringify(others.errors));
});

void t.test("every operation of it has a route, and what the API is known for is in it", async (t) => {
  const server = await makeApp(t);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  for (const [operation] of operationsOf(body)) {
    const [method = "", path = ""] = operation.split(" ");
    const url = path.replace("{id}", ":id");
    t.ok(server.app.hasRoute({ method: method.toUpperCase(), url }), operation);
  }
  for (const path of [
    "/v1/users",
    "/v1/roles/{id}/relationships/users",
    "/v1/sessions/{id}/user",
    "/v1/operations",
    "/v1/auth/reset-password",
  ]) {
    t.ok(path in body.paths, path);
  }
});

void t.test("every path of it tells of all methods that its URL knows", async (t) => {
  const server = await makeApp(t);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  for (const [path, item] of Object.entries(body.paths as Record<string, Json>)) {
    const { headers } = await server.ask("OPTIONS", path.replace("{id}", "x"));
    const told = METHODS.filter((method) => item[method] !== undefined).map((method) => method.toUpperCase());
    const known = String(headers["allow"])
      .split(", ")
      .filter((method) => method !== "HEAD" && method !== "OPTIONS");
    t.same(known.toSorted(), told.toSorted(), path);
  }
});

void t.test("every reference in it leads somewhere, and nothing is defined that nobody refers to", async (t) => {
  for (const document of [await describe(await makeApp(t)), await describe(await makeArticles(t))]) {
    const references = new Set(
      [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, place]) => place),
    );
    const defined = ["schemas", "parameters", "responses", "headers"].flatMap((kind) =>
      Object.keys(document.components[kind] as object).map((name) => `${kind}/${name}`),
    );
    t.ok(references.size > 100);
    t.same(
      [...references].filter((place) => !defined.includes(String(place))),
      [],
    );
    t.same(
      defined.filter((place) => !references.has(place)),
      [],
    );
  }
});

void t.test("operations have names of their own, by one rule", async (t) => {
  for (const document of [await describe(await makeApp(t)), await describe(await makeArticles(t))]) {
    const names = operationsOf(document).map(([, operation]) => operation.operationId as string);
    t.ok(names.length > 30);
    t.equal(new Set(names).size, names.length);
    for (const name of names) t.match(name, /^[a-z]+[A-Z][A-Za-z]+$/);
  }
  const ours = new Map(operationsOf(await describe(await makeApp(t))));
  for (const [place, name] of [
    ["get /v1/users", "listUsers"],
    ["post /v1/sessions", "createSession"],
    ["get /v1/users/{id}/roles", "listRolesOfUser"],
    ["get /v1/sessions/{id}/user", "getUserOfSession"],
    ["post /v1/users/{id}/relationships/roles", "addRolesToUser"],
    ["patch /v1/auth/reset-password", "resetPassword"],
  ] as const) {
    t.equal(ours.get(place)?.operationId, name);
  }
});

void t.test("what needs a token is said for each operation, as the server is configured", async (t) => {
  const isOpen = (document: Json, method: string, path: string) =>
    document.paths[path][method].security.some((way: object) => Object.keys(way).length === 0) as boolean;
  const open = await describe(await makeApp(t));
  t.equal(isOpen(open, "post", "/v1/users"), true);
  t.equal(isOpen(open, "post", "/v1/sessions"), true);
  t.equal(isOpen(open, "get", "/v1/users"), false);
  t.equal(isOpen(open, "post", "/v1/roles"), false);
  t.equal(isOpen(open, "post", "/v1/operations"), false);
  const closed = await describe(await makeApp(t, { REGISTRATION: "admin" }));
  t.equal(isOpen(closed, "post", "/v1/users"), false);
  const articles = await describe(await makeArticles(t));
  t.equal(articles.paths["/api/tags"].get.security.length, 1, "nobody in particular is known there");
});

void t.test("its examples are as it says", async (t) => {
  // The articles have no examples of their own: what their bodies must have is made up.
  for (const document of [await describe(await makeApp(t)), await describe(await makeArticles(t))]) {
    const description = new Description(document);
    let count = 0;
    for (const [place, operation] of operationsOf(document)) {
      for (const holder of [operation.requestBody, ...Object.values(operation.responses as object)]) {
        for (const media of Object.values((description.resolve(holder)?.content ?? {}) as Record<string, Json>)) {
          if (media.example === undefined) continue;
          count += 1;
          t.same(description.schemaFaults(media.schema, media.example), [], place);
        }
      }
    }
    t.ok(count > 200, String(count));
  }
});

void t.test("an example of a body is one that the server takes", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const { paths } = await describe(server);
  const bodyOf = (path: string) =>
    Object.values(paths[path].post.requestBody.content as Record<string, Json>)[0].example;
  for (const path of ["/v1/users", "/v1/sessions", "/v1/roles"]) {
    t.equal((await server.ask("POST", path, { token, body: bodyOf(path) })).status, 201, path);
  }
  t.equal(
    (await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "ada@example.org" } } })).status,
    200,
  );
});

void t.test("documents say where their description is", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  for (const path of [
    "/v1/users",
    `/v1/users/${person.id}`,
    `/v1/users/${person.id}/roles`,
    `/v1/users/${person.id}/relationships/roles`,
  ]) {
    const { body } = await server.ask("GET", path, { token: person.token });
    t.equal(body.links.describedby, "http://rekey.test/openapi.json", path);
  }
});
