import t from "tap";

import { registerCors } from "../../src/http/cors.ts";
import { registerLimits } from "../../src/http/limits.ts";
import { makeServer, theError } from "../fixtures/bare-server.ts";

const JSON_API = "application/vnd.api+json";

async function withRoutes(test: Parameters<typeof makeServer>[0], origins?: readonly string[]) {
  const made = makeServer(test);
  if (origins !== undefined) await registerCors(made.app, origins);
  made.app.get("/v1/things/:id", (_request, reply) => reply.send({}));
  made.app.patch("/v1/things/:id", (_request, reply) => reply.send({}));
  made.app.post("/v1/auth/thing", (_request, reply) => reply.send({}));
  return made;
}

t.test("an unknown URL is 404 in JSON:API's media type, to the byte", async (t) => {
  const { app } = await withRoutes(t);
  const answer = await app.inject("/v1/nothing?token=secret");
  t.equal(answer.statusCode, 404);
  t.equal(answer.headers["content-type"], JSON_API);
  t.equal(answer.headers["cache-control"], "no-store");
  const { id, status, code } = theError(answer.body);
  t.match({ id, status, code }, { id: answer.headers["x-request-id"], status: "404", code: "not-found" });
  t.same(answer.json<{ jsonapi: unknown }>().jsonapi, { version: "1.1" });
});

t.test("an unknown URL is 404 whatever the body", async (t) => {
  const { app } = await withRoutes(t);
  for (const type of [JSON_API, "text/plain"]) {
    const headers = { "content-type": type };
    const answer = await app.inject({ method: "POST", url: "/v1/nothing", headers, payload: "{" });
    t.equal(answer.statusCode, 404, type);
  }
});

t.test("a method that the URL does not know is 405 with Allow", async (t) => {
  for (const origins of [undefined, ["https://app.example"]]) {
    const { app } = await withRoutes(t, origins);
    for (const method of ["POST", "DELETE", "PUT"] as const) {
      const answer = await app.inject({ method, url: "/v1/things/1?x=%20" });
      t.equal(answer.statusCode, 405);
      t.equal(answer.headers.allow, "GET, HEAD, PATCH, OPTIONS");
      t.equal(theError(answer.body).code, "method-not-allowed");
    }
  }
});

t.test("OPTIONS on a known URL is 204 with Allow, on an unknown one 404", async (t) => {
  for (const origins of [undefined, ["https://app.example"]]) {
    const { app } = await withRoutes(t, origins);
    const known = await app.inject({ method: "OPTIONS", url: "/v1/things/1" });
    t.equal(known.statusCode, 204);
    t.equal(known.headers.allow, "GET, HEAD, PATCH, OPTIONS");
    t.equal((await app.inject({ method: "OPTIONS", url: "/v1/nothing" })).statusCode, 404);
  }
});

t.test("HEAD answers with the headers of GET, faults too, and no body", async (t) => {
  const { app } = await withRoutes(t);
  const found = await app.inject({ method: "HEAD", url: "/v1/things/1" });
  t.equal(found.statusCode, 200);
  const missing = await app.inject({ method: "HEAD", url: "/v1/nothing" });
  t.equal(missing.statusCode, 404);
  t.equal(missing.headers["content-type"], JSON_API);
  t.equal(missing.body, "");
});

t.test("a URL that is not well-formed is 400, with all that other answers have", async (t) => {
  const { app, log } = await withRoutes(t, ["https://app.example"]);
  await registerLimits(app, { global: { max: 10, windowSeconds: 60 } });
  for (const url of ["/v1/things/%zz", "/v1/things/%ff", "/%", "/v1/things/%E0%A4%A"]) {
    const answer = await app.inject({ url, headers: { origin: "https://app.example" } });
    t.equal(answer.statusCode, 400, url);
    t.equal(answer.headers["content-type"], JSON_API);
    t.equal(theError(answer.body).code, "malformed-url");
    t.equal(answer.headers["access-control-allow-origin"], "https://app.example");
    t.equal(theError(answer.body).id, answer.headers["x-request-id"]);
  }
  t.equal(log.filter(({ msg }) => msg === "request").length, 4);
});

t.test("a part of a URL over 256 characters is 414", async (t) => {
  const { app } = await withRoutes(t);
  const answer = await app.inject(`/v1/things/${"x".repeat(257)}`);
  t.equal(answer.statusCode, 414);
  t.equal(theError(answer.body).code, "uri-too-long");
});

t.test("a slash at the end changes nothing", async (t) => {
  const { app } = await withRoutes(t);
  t.equal((await app.inject("/v1/things/1/")).statusCode, 200);
  t.equal((await app.inject("/v1/things/")).statusCode, 404);
});

t.test("below /v1/auth/ faults are plain JSON with the member error", async (t) => {
  const { app } = await withRoutes(t);
  for (const request of [
    { method: "POST", url: "/v1/auth/thing", headers: { "content-type": "application/json" }, payload: "{" },
    { method: "GET", url: "/v1/auth/thing" },
    { method: "GET", url: "/v1/auth/nothing" },
    { method: "GET", url: "/v1/auth/%zz" },
  ] as const) {
    const answer = await app.inject(request);
    t.equal(answer.headers["content-type"], "application/json");
    const { error, errors, jsonapi } = answer.json<{
      error: string;
      errors: { detail: string }[];
      jsonapi?: unknown;
    }>();
    t.equal(error, errors[0]?.detail);
    t.equal(jsonapi, undefined);
  }
});
