import t from "tap";

import {
  conflict,
  forbidden,
  internalError,
  invalidAttribute,
  notAcceptable,
  serviceUnavailable,
  unauthorized,
} from "../../src/errors/catalogue.ts";
import { Faults } from "../../src/errors/fault.ts";
import { makeServer, theError } from "../fixtures/bare-server.ts";

/** A server whose `GET /` throws the given value. */
function throwing(test: Parameters<typeof makeServer>[0], thrown: unknown) {
  const made = makeServer(test);
  made.app.get("/", { config: { rateLimit: false } }, async () => {
    await Promise.resolve();
    throw thrown;
  });
  return made;
}

t.test("an unexpected error tells nothing, and all to the log, under one id", async (t) => {
  const error = Object.assign(new Error("secret cause", { cause: new Error("deeper cause") }), {
    code: "SQLITE_FULL",
    row: "secret row",
  });
  const { app, log } = throwing(t, error);
  const answer = await app.inject("/");
  t.equal(answer.statusCode, 500);
  t.equal(answer.headers["content-type"], "application/vnd.api+json");
  t.notMatch(answer.body, /secret|deeper|SQLITE|\.ts/);
  t.equal(theError(answer.body).code, "internal-error");

  const line = log.find(({ level }) => level === 50);
  t.match(line, {
    requestId: theError(answer.body).id,
    error: { message: "secret cause", code: "SQLITE_FULL", stack: /errors\.test/, cause: { message: "deeper cause" } },
  });
  t.notMatch(JSON.stringify(log), "secret row");
});

t.test("whatever is thrown is answered with a document", async (t) => {
  for (const thrown of [
    "text",
    42,
    undefined,
    null,
    {},
    Object.create(null),
    new Faults([]),
    Object.assign(new Error("x"), { statusCode: 200 }),
  ]) {
    const { app } = throwing(t, thrown);
    const answer = await app.inject("/");
    t.equal(answer.statusCode, 500);
    t.equal(theError(answer.body).code, "internal-error");
  }
});

t.test("the cause of a fault of ours is in the log", async (t) => {
  const { app, log } = throwing(t, internalError(new Error("the cause")));
  await app.inject("/");
  t.match(
    log.find(({ level }) => level === 50),
    { error: { message: "the cause" } },
  );
});

t.test("faults of the client are no errors in the log", async (t) => {
  const { app, log } = throwing(t, forbidden("No."));
  t.equal((await app.inject("/")).statusCode, 403);
  t.same(
    log.map(({ level, msg }) => [level, msg]),
    [[30, "request"]],
  );
});

t.test("an error of a plugin with a status of the client's keeps the status and loses its words", async (t) => {
  for (const [statusCode, code] of [
    [400, "bad-request"],
    [404, "not-found"],
    [429, "too-many-requests"],
    [418, "bad-request"],
  ] as const) {
    const { app } = throwing(t, Object.assign(new Error("/srv/secret/path"), { statusCode }));
    const answer = await app.inject("/");
    t.equal(answer.statusCode, statusCode);
    t.equal(theError(answer.body).code, code);
    t.notMatch(answer.body, "secret");
  }
});

t.test("a fault's headers are on the answer, Vary beside what is there", async (t) => {
  const { app } = makeServer(t);
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("vary", "Origin");
  });
  app.get("/401", () => {
    throw unauthorized(true);
  });
  app.get("/406", () => {
    throw notAcceptable("No.");
  });
  app.get("/503", () => {
    throw serviceUnavailable("Busy.", 7);
  });
  t.equal((await app.inject("/401")).headers["www-authenticate"], 'Bearer error="invalid_token"');
  t.equal((await app.inject("/406")).headers.vary, "Origin, Accept");
  t.equal((await app.inject("/503")).headers["retry-after"], "7");
});

t.test("several faults are one document, with their common status or the most general one", async (t) => {
  const one = invalidAttribute("/data/attributes/email", "email", "is missing");
  const same = await throwing(t, new Faults([one, invalidAttribute("/data/attributes/a", "a", "is bad")])).app.inject(
    "/",
  );
  t.equal(same.statusCode, 422);
  t.match(same.json(), {
    errors: [
      {
        status: "422",
        source: { pointer: "/data/attributes/email" },
        meta: { attribute: "email", message: "is missing" },
      },
      { status: "422", source: { pointer: "/data/attributes/a" } },
    ],
  });
  const mixed = await throwing(t, new Faults([one, conflict("Taken.")])).app.inject("/");
  t.equal(mixed.statusCode, 400);
});

t.test("a route's schema neither converts nor drops anything, and its faults have pointers", async (t) => {
  const { app } = makeServer(t);
  const body = {
    type: "object",
    required: ["email", "name"],
    additionalProperties: false,
    properties: { email: { type: "string" }, name: { type: "string" }, "a/b": { type: "integer" } },
  };
  const querystring = {
    type: "object",
    additionalProperties: false,
    properties: { n: { type: "string", maxLength: 2 } },
  };
  app.post("/", { schema: { body, querystring } }, (request, reply) => reply.send({ seen: request.body }));

  const post = (payload: unknown, query = "") =>
    app.inject({
      method: "POST",
      url: `/${query}`,
      headers: { "content-type": "application/json" },
      payload: JSON.stringify(payload),
    });
  const answer = await post({ email: ["a@example.com"], "a/b": "1", isAdmin: true });
  t.equal(answer.statusCode, 422);
  const found = answer.json<{ errors: { source: { pointer: string }; meta: { attribute: string } }[] }>().errors;
  t.same(
    new Set(found.map(({ source, meta }) => `${source.pointer} ${meta.attribute}`)),
    new Set([" name", "/isAdmin isAdmin", "/email email", "/a~1b a/b"]),
  );

  const query = await post({ email: "a", name: "b" }, "?n=123");
  t.equal(query.statusCode, 400);
  t.same(theError(query.body).source, { parameter: "n" });
});

t.test("every request has an id of its own, never the client's", async (t) => {
  const { app } = throwing(t, forbidden("No."));
  const headers = { "x-request-id": "mine", "request-id": "mine" };
  const ids = new Set<unknown>();
  for (let n = 0; n < 3; n++) {
    const answer = await app.inject({ url: "/", headers });
    t.match(answer.headers["x-request-id"], /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    t.equal(theError(answer.body).id, answer.headers["x-request-id"]);
    ids.add(answer.headers["x-request-id"]);
  }
  t.equal(ids.size, 3);
});
