import t from "tap";

import { listen, makeServer, theError } from "../fixtures/bare-server.ts";

/** A server that answers with the body that its handler saw. */
function echo(test: Parameters<typeof makeServer>[0]) {
  const { app } = makeServer(test);
  app.route({
    method: ["POST", "PATCH", "DELETE"],
    url: "/echo",
    handler: (request, reply) => reply.send({ seen: request.body === undefined ? "undefined" : request.body }),
  });
  return app;
}

const post = (payload: string | Buffer, contentType = "application/vnd.api+json") =>
  ({ method: "POST", url: "/echo", headers: { "content-type": contentType }, payload }) as const;

t.test("a fault in JSON is named with its line and column", async (t) => {
  const app = echo(t);
  for (const [text, place] of [
    ['{\n  "data": {"a": 1,}\n}', "Unexpected } at line 2, column 19"],
    ['{"data": ', "Unexpected end at line 1, column 10"],
    ['{"data": "half', "Ill-formed string at line 1, column 10"],
    ["{'data': 1}", "Unexpected characters at line 1, column 2"],
    ['{"data": 01}', "Unexpected number at line 1, column 11"],
    ['{"data": 1} {}', "Unexpected { at line 1, column 13"],
    ['{"data": 1 /* why */}', "Unexpected characters at line 1, column 12"],
    ['{"data": "a\nb"}', "Ill-formed string at line 1, column 10"],
    ["   ", "Unexpected end at line 1, column 4"],
  ] as const) {
    const answer = await app.inject(post(text));
    t.equal(answer.statusCode, 400, text);
    t.equal(theError(answer.body).code, "malformed-body");
    t.equal(theError(answer.body).detail, `The body is not JSON: ${place}.`);
  }
});

t.test("a fault in JSON does not quote the body", async (t) => {
  const answer = await echo(t).inject(post('{"password": hunter2hunter2}'));
  t.equal(answer.statusCode, 400);
  t.notMatch(answer.body, "hunter2");
});

t.test("a key twice in one object is refused with its pointer", async (t) => {
  const app = echo(t);
  for (const [text, pointer] of [
    ['{"a": 1, "a": 2}', "/a"],
    ['{"a": 1, "\\u0061": 2}', "/a"],
    ['{"data": [{"a": 1}, {"b/c": {}, "x": "}", "b/c": 2}]}', "/data/1/b~1c"],
  ] as const) {
    const answer = await app.inject(post(text));
    t.equal(answer.statusCode, 400, text);
    t.same(theError(answer.body).source, { pointer });
  }
});

t.test("a key twice in what is no JSON is a fault of syntax, and points nowhere", async (t) => {
  const app = echo(t);
  for (const [text, place] of [
    ['{"a": 1, "a": 2', "Unexpected end at line 1, column 16"],
    ['{"data": {"a",, "b": 1, "b": 2}}', "Unexpected comma at line 1, column 14"],
    ['{"a": {"__proto__": 1}]', "Unexpected ] at line 1, column 23"],
  ] as const) {
    const answer = await app.inject(post(text));
    t.equal(answer.statusCode, 400, text);
    t.equal(theError(answer.body).detail, `The body is not JSON: ${place}.`);
    t.equal(theError(answer.body).source, undefined);
  }
});

t.test("one key in several objects is no fault", async (t) => {
  const body = { a: { a: [{ a: 1 }, { a: '"a": 1, \\"' }] }, b: ["a", "a", "\\"] };
  const answer = await echo(t).inject(post(JSON.stringify(body)));
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), { seen: body });
});

t.test("__proto__ as a key is refused with its pointer, however it is spelled", async (t) => {
  const app = echo(t);
  for (const key of ["__proto__", "\\u005f_proto__", "__pr\\u006Fto__"]) {
    const answer = await app.inject(post(`{"data": {"${key}": {"isAdmin": true}}}`));
    t.equal(answer.statusCode, 400, key);
    t.same(theError(answer.body).source, { pointer: "/data/__proto__" });
  }
});

t.test("__proto__ as a value and constructor as a key are ordinary data", async (t) => {
  const body = { constructor: { prototype: { x: 1 } }, a: "__proto__" };
  const answer = await echo(t).inject(post(JSON.stringify(body)));
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), { seen: body });
});

t.test("64 levels pass, 65 are refused", async (t) => {
  const app = echo(t);
  t.equal((await app.inject(post("[".repeat(64) + "]".repeat(64)))).statusCode, 200);
  const answer = await app.inject(post('{"a":'.repeat(65) + "1" + "}".repeat(65)));
  t.equal(answer.statusCode, 400);
  t.match(theError(answer.body).detail, "64 levels");
});

t.test("a body of opening brackets alone is refused, and fast", async (t) => {
  const app = echo(t);
  await app.ready();
  const start = performance.now();
  const answer = await app.inject(post("[".repeat(250_000)));
  t.equal(answer.statusCode, 400);
  t.ok(performance.now() - start < 1000);
});

t.test("bytes that are no UTF-8 are refused, a byte order mark is not", async (t) => {
  const app = echo(t);
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80]]) {
    const answer = await app.inject(
      post(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])),
    );
    t.equal(answer.statusCode, 400);
    t.match(theError(answer.body).detail, "UTF-8");
  }
  t.same((await app.inject(post('\uFEFF{"a":1}'))).json(), { seen: { a: 1 } });
});

t.test("lone surrogates and U+0000 in strings reach the handler", async (t) => {
  const answer = await echo(t).inject(post('{"a":"\\ud800","b":"\\u0000"}'));
  t.equal(answer.statusCode, 200);
});

t.test("both JSON types are parsed, with any parameters", async (t) => {
  const app = echo(t);
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "application/vnd.api+json",
    "Application/VND.API+JSON;charset=utf-8",
    'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"',
  ]) {
    t.same((await app.inject(post('{"a":1}', type))).json(), { seen: { a: 1 } }, type);
  }
});

t.test("any other type of body is 415", async (t) => {
  const app = echo(t);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense", "*"]) {
    const answer = await app.inject(post('{"a":1}', type));
    t.equal(answer.statusCode, 415, type);
    t.equal(theError(answer.body).code, "unsupported-media-type");
    t.same(theError(answer.body).source, { header: "Content-Type" });
  }
});

t.test("a body without a type is 415", async (t) => {
  const { url } = await listen(echo(t));
  const answer = await fetch(`${url}/echo`, { method: "POST", body: Buffer.from("{}") });
  t.equal(answer.status, 415);
});

t.test("a compressed body is 415", async (t) => {
  const request = post("{}");
  const answer = await echo(t).inject({ ...request, headers: { ...request.headers, "content-encoding": "gzip" } });
  t.equal(answer.statusCode, 415);
  t.same(theError(answer.body).source, { header: "Content-Encoding" });
});

t.test("an empty body is a fault of POST and PATCH, and nothing on DELETE", async (t) => {
  const app = echo(t);
  for (const method of ["POST", "PATCH"] as const) {
    const answer = await app.inject({ ...post(""), method });
    t.equal(answer.statusCode, 400);
    t.equal(theError(answer.body).detail, "The request has no body.");
  }
  t.same((await app.inject({ ...post(""), method: "DELETE" })).json(), { seen: "undefined" });
  t.same((await app.inject({ ...post("", "text/plain"), method: "DELETE" })).json(), { seen: "undefined" });
  t.same((await app.inject({ ...post('{"a":1}'), method: "DELETE" })).json(), { seen: { a: 1 } });
});
