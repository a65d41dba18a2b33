import { Validator } from "@seriousme/openapi-schema-validator";
import type { HTTPMethods } from "fastify";
import t from "tap";

import { makeApp, type Json } from "../fixtures/app.ts";
import { makeUser } from "../fixtures/people.ts";

const METHODS = ["get", "post", "patch", "delete"] as const;

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
});

void t.test("every operation of it has a route, and what the API is known for is in it", async (t) => {
  const server = await makeApp(t);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  const described = Object.entries(body.paths as Record<string, Json>).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => `${method.toUpperCase()} ${path}`),
  );
  for (const operation of described) {
    const [method = "", path = ""] = operation.split(" ");
    t.ok(server.app.hasRoute({ method: method as HTTPMethods, url: path.replace("{id}", ":id") }), operation);
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

void t.test("every reference in it leads somewhere", async (t) => {
  const server = await makeApp(t);
  const { body, text } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  const references = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  t.ok(references.size > 10);
  for (const name of references) t.ok(name !== undefined && name in body.components.schemas, name ?? "");
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
