import t from "tap";

import { articles } from "../fixtures/articles/tables.ts";
import { makeArticles, MEDIA_TYPE } from "../fixtures/articles/server.ts";
import { negotiateAccept } from "../../src/jsonapi/http/media-type.ts";
import { listen, say } from "../fixtures/bare-server.ts";

const CURSORS = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";
const ATOMIC = "https://jsonapi.org/ext/atomic";
const FIRST = `/api/articles/${articles.first}`;

/** Whether an Accept header gets its answer. */
const ACCEPTS: readonly (readonly [string | undefined, 200 | 406])[] = [
  [undefined, 200],
  ["", 200],
  ["*/*", 200],
  ["application/*", 200],
  ["application/json", 200],
  ["application/json, text/plain, */*", 200],
  ["text/html, application/xhtml+xml;q=0.9, */*;q=0.1", 200],
  [MEDIA_TYPE, 200],
  ["APPLICATION/VND.API+JSON", 200],
  [`${MEDIA_TYPE} ; profile = "x"`, 406],
  [`${MEDIA_TYPE} ;  profile="https://example.org/unknown"`, 200],
  [`${MEDIA_TYPE};profile="https://example.org/a https://example.org/b"`, 200],
  [`${MEDIA_TYPE};PROFILE="https://example.org/unknown"`, 200],
  [`${MEDIA_TYPE};q=0.5, text/html`, 200],
  [`,, ${MEDIA_TYPE} ,`, 200],
  // Several instances: one that is as it should be is enough.
  [`${MEDIA_TYPE};charset=utf-8, ${MEDIA_TYPE}`, 200],
  [`${MEDIA_TYPE};ext="${ATOMIC}", ${MEDIA_TYPE}`, 200],
  [`${MEDIA_TYPE};version=1, ${MEDIA_TYPE};profile="https://example.org/unknown"`, 200],
  // JSON:API 1.1, "Server Responsibilities": 406 when all instances are modified, or have extensions that are not supported.
  [`${MEDIA_TYPE};charset=utf-8`, 406],
  [`${MEDIA_TYPE};charset=utf-8, */*`, 406],
  [`${MEDIA_TYPE};version=1, ${MEDIA_TYPE};charset=utf-8`, 406],
  [`${MEDIA_TYPE};ext="https://example.org/unknown"`, 406],
  [`${MEDIA_TYPE};ext="${ATOMIC}"`, 406],
  [`${MEDIA_TYPE};ext="https://example.org/unknown", application/json`, 406],
  [`${MEDIA_TYPE};q=0`, 406],
  [`${MEDIA_TYPE};q=0, */*`, 406],
  ["application/json;q=0, */*;q=0", 406],
  ["text/html", 406],
  ["application/xml, text/*", 406],
  ["nonsense", 406],
  [`${MEDIA_TYPE};profile="unclosed`, 406],
  [`${MEDIA_TYPE} text/html`, 406],
  ["/", 406],
  [`${MEDIA_TYPE};${" ".repeat(5000)}`, 406],
];

void t.test("an answer is refused only to those who cannot take it", async (t) => {
  const server = await makeArticles(t);
  for (const [accept, status] of ACCEPTS) {
    const answer = await server.ask("GET", FIRST, { headers: { accept } });
    t.equal(answer.status, status, String(accept).slice(0, 100));
    if (status === 406) t.same(answer.body.errors[0].source, { header: "Accept" });
  }
});

void t.test("a profile that was not applied is not said to be", async (t) => {
  const server = await makeArticles(t);
  const headers = { accept: `${MEDIA_TYPE};profile="${CURSORS}"` };
  for (const url of [FIRST, `${FIRST}/author`, `${FIRST}/relationships/author`]) {
    const answer = await server.ask("GET", url, { headers });
    t.equal(answer.headers["content-type"], MEDIA_TYPE, url);
  }
  const page = await server.ask("GET", "/api/articles", { headers });
  t.equal(page.headers["content-type"], `${MEDIA_TYPE};profile="${CURSORS}"`);
  t.same(page.body.jsonapi, { version: "1.1", profile: [CURSORS] });
});

void t.test("of several instances the most wanted one that can be served says which profiles apply", async (t) => {
  const supported = { ext: [ATOMIC], profile: [CURSORS, "https://example.org/b"] };
  const cases: [string, string[], string[]][] = [
    [`${MEDIA_TYPE};profile="${CURSORS}"`, [], [CURSORS]],
    [`${MEDIA_TYPE};profile="https://example.org/x ${CURSORS}"`, [], [CURSORS]],
    [`${MEDIA_TYPE};profile="${CURSORS} https://example.org/b"`, [], [CURSORS, "https://example.org/b"]],
    [`${MEDIA_TYPE};profile="${CURSORS}";q=0.5, ${MEDIA_TYPE}`, [], []],
    [`${MEDIA_TYPE};q=0.5, ${MEDIA_TYPE};profile="${CURSORS}"`, [], [CURSORS]],
    [`${MEDIA_TYPE};ext="${ATOMIC}";profile="${CURSORS}"`, [ATOMIC], [CURSORS]],
    [`${MEDIA_TYPE};ext="${ATOMIC} https://example.org/x", ${MEDIA_TYPE};profile="${CURSORS}";q=0.1`, [], [CURSORS]],
    [`${MEDIA_TYPE};ext=""`, [], []],
    [`${MEDIA_TYPE};profile="a\\"b ${CURSORS}"`, [], [CURSORS]],
    ["*/*", [], []],
  ];
  for (const [accept, ext, profile] of cases) t.same(negotiateAccept(accept, supported), { ext, profile }, accept);
});

void t.test("every answer that depends on Accept says so, refusals too", async (t) => {
  const server = await makeArticles(t);
  for (const [url, accept] of [
    [FIRST, MEDIA_TYPE],
    [FIRST, "text/html"],
    ["/api/articles?nope", MEDIA_TYPE],
    ["/api/audits", MEDIA_TYPE],
  ] as const) {
    const { headers } = await server.ask("GET", url, { headers: { accept } });
    t.match(headers["vary"], /\bAccept\b/, `${url} for ${accept}`);
  }
});

/** Whether a Content-Type passes. */
const CONTENT_TYPES: readonly (readonly [string | undefined, 200 | 415])[] = [
  [MEDIA_TYPE, 200],
  ["Application/Vnd.Api+Json", 200],
  [`${MEDIA_TYPE};profile="https://example.org/unknown"`, 200],
  [`${MEDIA_TYPE}; profile="${CURSORS}"`, 200],
  [`${MEDIA_TYPE};`, 200],
  [`${MEDIA_TYPE};charset=utf-8`, 415],
  [`${MEDIA_TYPE};q=1`, 415],
  [`${MEDIA_TYPE};ext="https://example.org/unknown"`, 415],
  [`${MEDIA_TYPE};ext="${ATOMIC}"`, 415],
  [`${MEDIA_TYPE};ext="${ATOMIC}";profile="${CURSORS}"`, 415],
  [`${MEDIA_TYPE}, ${MEDIA_TYPE}`, 415],
  ["application/json", 415],
  ["text/plain", 415],
  ["application/x-www-form-urlencoded", 415],
  ["nonsense", 415],
];

void t.test("a document is taken in its own media type alone, without foreign parameters", async (t) => {
  const server = await makeArticles(t);
  const body = { data: { type: "articles", id: articles.first, attributes: {} } };
  for (const [type, status] of CONTENT_TYPES) {
    const answer = await server.ask("PATCH", FIRST, { as: "editor", body, headers: { "content-type": type } });
    t.equal(answer.status, status, String(type));
    if (status === 415) t.same(answer.body.errors[0].source, { header: "Content-Type" });
  }
});

void t.test("a relationship's document is held to the same", async (t) => {
  const server = await makeArticles(t);
  for (const method of ["PATCH", "POST", "DELETE"] as const) {
    const answer = await server.ask(method, `${FIRST}/relationships/tags`, {
      as: "editor",
      body: { data: [] },
      headers: { "content-type": "application/json" },
    });
    t.equal(answer.status, 415, method);
  }
});

void t.test("where there is no document its type does not matter", async (t) => {
  const server = await makeArticles(t);
  for (const type of ["application/json", "application/json;charset=utf-8", "text/plain", MEDIA_TYPE, "nonsense"]) {
    t.equal((await server.ask("GET", FIRST, { headers: { "content-type": type } })).status, 200, type);
  }
  // JSON:API 1.1, "Server Responsibilities": a request that names its media type keeps its rules, with or without a document.
  for (const parameter of ["charset=utf-8", `ext="${ATOMIC}"`, 'ext="https://example.org/unknown"']) {
    const wrong = { "content-type": `${MEDIA_TYPE};${parameter}` };
    t.equal((await server.ask("GET", FIRST, { headers: wrong })).status, 415, parameter);
    t.equal((await server.ask("DELETE", FIRST, { as: "editor", headers: wrong })).status, 415, parameter);
  }
  const headers = { "content-type": "application/json" };
  t.equal((await server.ask("DELETE", `/api/articles/${articles.fourth}`, { as: "editor", headers })).status, 204);
});

void t.test("over a network: the media type to the byte, repeated headers, HEAD without a body", async (t) => {
  const server = await makeArticles(t);
  const { port } = await listen(server.app);
  const speak = (method: string, headers: string) =>
    say(port, `${method} ${FIRST} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);

  t.match(await speak("GET", ""), /\r\ncontent-type: application\/vnd\.api\+json\r\n/);
  t.match(await speak("GET", "Accept: text/html\r\nAccept: */*\r\n"), /^HTTP\/1\.1 200 /);
  t.match(await speak("GET", `Accept: ${MEDIA_TYPE};charset=utf-8\r\nAccept: */*\r\n`), /^HTTP\/1\.1 406 /);

  const whole = await speak("GET", "");
  const head = await speak("HEAD", "");
  t.match(head, /^HTTP\/1\.1 200 /);
  t.equal(head.split("\r\n\r\n")[1], "");
  const lengthOf = (answer: string) => /\r\ncontent-length: (\d+)\r\n/.exec(answer)?.[1];
  t.equal(lengthOf(head), String(Buffer.byteLength(whole.split("\r\n\r\n")[1] ?? "")));
});

void t.test("methods: OPTIONS and 405 name what there is", async (t) => {
  const server = await makeArticles(t);
  for (const [url, allow] of [
    ["/api/articles", "GET, HEAD, POST, OPTIONS"],
    [FIRST, "DELETE, GET, HEAD, PATCH, OPTIONS"],
    ["/api/audits", "GET, HEAD, OPTIONS"],
    [`${FIRST}/tags`, "GET, HEAD, OPTIONS"],
    [`${FIRST}/relationships/tags`, "DELETE, GET, HEAD, PATCH, POST, OPTIONS"],
    [`${FIRST}/relationships/author`, "DELETE, GET, HEAD, PATCH, POST, OPTIONS"],
  ] as const) {
    const options = await server.ask("OPTIONS", url);
    t.equal(options.status, 204, url);
    t.same(String(options.headers["allow"]).split(", ").sort(), allow.split(", ").sort(), url);
    const refused = await server.ask("PUT", url, { body: {} });
    t.equal(refused.status, 405, url);
    t.same(String(refused.headers["allow"]).split(", ").sort(), allow.split(", ").sort(), url);
  }
});
