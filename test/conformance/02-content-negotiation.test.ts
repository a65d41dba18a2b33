import {
  ATOMIC,
  CURSORS,
  FIRST,
  newArticle,
  operate,
  samples,
  tag,
  WITH_ATOMIC,
  WITH_CURSORS,
} from "../fixtures/articles/documents.ts";
import { makeArticles, MEDIA_TYPE } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms, outOfReach } = section("format", "Content negotiation", import.meta.url);

const UNKNOWN = "https://example.org/unknown";
conforms(
  {
    anchor: "content-negotiation-all",
    level: "MUST",
    says: "Servers send all JSON:API payloads using the JSON:API media type in the `Content-Type` header",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const accept of [undefined, "*/*", "application/json", "application/json, text/plain, */*"]) {
      for (const url of ["/api/articles", FIRST, `${FIRST}/relationships/tags`, "/api/nope", "/api/articles?nope=1"]) {
        const { headers } = await server.ask("GET", url, { headers: { accept } });
        t.equal(headers["content-type"], MEDIA_TYPE, `${url} for ${String(accept)}`);
      }
    }
  },
);
conforms(
  {
    anchor: "content-negotiation-all",
    level: "MUST",
    says: "Servers specify the `ext` media type parameter when they have applied one or more extensions to a document",
  },
  async (t) => {
    const server = await makeArticles(t);
    const results = await operate(server, [{ op: "add", data: { type: "tags", attributes: { name: "grey" } } }]);
    t.equal(results.headers["content-type"], WITH_ATOMIC);
    const refused = await operate(server, [{ op: "none" }]);
    t.equal(refused.headers["content-type"], MEDIA_TYPE, "an error document has nothing of the extension in it");
    t.equal((await server.get(FIRST)).headers["content-type"], MEDIA_TYPE);
  },
);
conforms(
  {
    anchor: "content-negotiation-all",
    level: "MUST",
    says: "Servers specify the `profile` media type parameter when they have applied one or more profiles to a document",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles?page[after]=", `${FIRST}/relationships/tags?page[after]=`]) {
      t.equal((await server.get(url)).headers["content-type"], WITH_CURSORS, url);
    }
    const tooLarge = await server.get("/api/articles?page[after]=&page[size]=1000");
    t.equal(tooLarge.headers["content-type"], WITH_CURSORS, "an error that has members of the profile");
    t.equal((await server.get("/api/articles?page[number]=1")).headers["content-type"], MEDIA_TYPE);
  },
);
outOfReach({
  anchor: "content-negotiation-clients",
  level: "MUST",
  says: "Clients ignore any parameters other than `ext` and `profile` in the server's `Content-Type` header",
  why: "about clients",
});
conforms(
  {
    anchor: "content-negotiation-clients",
    level: "MAY",
    says: "A client uses `ext` in an `Accept` header to require that a server apply all the specified extensions",
  },
  async (t) => {
    const server = await makeArticles(t);
    const operation = [{ op: "remove", ref: tag("red") }];
    const accept = `${MEDIA_TYPE};ext="${ATOMIC} ${UNKNOWN}"`;
    t.equal((await operate(server, operation, { headers: { accept } })).status, 406, "all of them, or none");
    const update = [{ op: "update", data: { ...tag("red"), attributes: { name: "ruby" } } }];
    t.equal((await operate(server, update)).headers["content-type"], WITH_ATOMIC);
  },
);
conforms(
  {
    anchor: "content-negotiation-clients",
    level: "MAY",
    says: "A client uses `profile` in an `Accept` header to request that the server apply one or more profiles",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await server.ask("GET", "/api/articles?page[size]=1", { headers: { accept: WITH_CURSORS } });
    t.type(body.data[0].meta.page.cursor, "string");
    t.match(body.links.next, "page%5Bafter%5D=");
    const plain = await server.ask("GET", "/api/articles?page[size]=1");
    t.notOk("meta" in plain.body.data[0]);
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "MUST",
    says: "415 if the media type in `Content-Type` contains any media type parameters other than `ext` or `profile`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const parameter of ["charset=utf-8", "version=1", 'profile="https://example.org/x";charset=utf-8', "q=1"]) {
      const headers = { "content-type": `${MEDIA_TYPE};${parameter}` };
      const created = await server.ask("POST", "/api/articles", { as: "editor", body: newArticle(), headers });
      t.equal(created.status, 415, parameter);
      t.same(created.body.errors[0].source, { header: "Content-Type" });
      t.equal((await server.ask("GET", FIRST, { headers })).status, 415, `${parameter}, without a document`);
      t.equal((await server.ask("DELETE", FIRST, { as: "editor", headers })).status, 415, `${parameter}, on DELETE`);
    }
    const headers = { "content-type": `${MEDIA_TYPE};profile="https://example.org/x"` };
    t.equal((await server.ask("POST", "/api/articles", { as: "editor", body: newArticle(), headers })).status, 201);
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "MUST",
    says: "415 if the `ext` parameter in `Content-Type` contains an unsupported extension URI",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const ext of [UNKNOWN, `${ATOMIC} ${UNKNOWN}`]) {
      const headers = { "content-type": `${MEDIA_TYPE};ext="${ext}"` };
      t.equal((await operate(server, [], { headers })).status, 415, ext);
      t.equal((await server.ask("POST", "/api/articles", { as: "editor", body: newArticle(), headers })).status, 415);
      t.equal((await server.ask("GET", FIRST, { headers })).status, 415);
    }
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "MUST",
    says: "Instances in `Accept` that are modified by a parameter other than `ext` or `profile` are ignored",
  },
  async (t) => {
    const server = await makeArticles(t);
    const accept = `${MEDIA_TYPE};profile="${CURSORS}";charset=utf-8, ${MEDIA_TYPE};q=0.1`;
    const answer = await server.ask("GET", "/api/articles", { headers: { accept } });
    t.equal(answer.status, 200);
    t.equal(answer.headers["content-type"], MEDIA_TYPE, "the other instance counts, though less wanted");
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "MUST",
    says: "406 if all instances in `Accept` are modified with a parameter other than `ext` or `profile`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const accept of [
      `${MEDIA_TYPE};charset=utf-8`,
      `${MEDIA_TYPE};version=1, ${MEDIA_TYPE};charset=utf-8`,
      `${MEDIA_TYPE};charset=utf-8, */*`,
    ]) {
      const answer = await server.ask("GET", FIRST, { headers: { accept } });
      t.equal(answer.status, 406, accept);
      t.same(answer.body.errors[0].source, { header: "Accept" });
    }
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "MUST",
    says: "406 if every instance in `Accept` is modified by `ext` and each contains at least one unsupported extension URI",
  },
  async (t) => {
    const server = await makeArticles(t);
    const ask = async (accept: string) => (await server.ask("GET", FIRST, { headers: { accept } })).status;
    t.equal(await ask(`${MEDIA_TYPE};ext="${UNKNOWN}"`), 406);
    t.equal(await ask(`${MEDIA_TYPE};ext="${UNKNOWN}", ${MEDIA_TYPE};ext="${ATOMIC} ${UNKNOWN}"`), 406);
    t.equal(await ask(`${MEDIA_TYPE};ext="${UNKNOWN}", ${MEDIA_TYPE}`), 200);
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "SHOULD",
    says: "If the `profile` parameter is received, a server attempts to apply any requested profile(s) to its response",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", `${FIRST}/tags`, `${FIRST}/relationships/tags`]) {
      const answer = await server.ask("GET", url, { headers: { accept: WITH_CURSORS } });
      t.same(answer.body.jsonapi.profile, [CURSORS], url);
    }
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "MUST",
    says: "A server ignores any profiles that it does not recognize",
  },
  async (t) => {
    const server = await makeArticles(t);
    const unknown = `${MEDIA_TYPE};profile="${UNKNOWN}"`;
    const read = await server.ask("GET", FIRST, { headers: { accept: unknown } });
    t.same([read.status, read.headers["content-type"]], [200, MEDIA_TYPE]);
    const headers = { "content-type": unknown };
    const made = await server.ask("POST", "/api/articles", { as: "editor", body: newArticle(), headers });
    t.same([made.status, made.headers["content-type"]], [201, MEDIA_TYPE]);
  },
);
conforms(
  {
    anchor: "content-negotiation-servers",
    level: "SHOULD",
    says: "Servers that support `ext` or `profile` specify the `Vary` header with `Accept` as one of its values, in every response",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [name, { headers }] of await samples(server)) t.match(headers["vary"], /\bAccept\b/, name);
    for (const [method, url, status] of [
      ["GET", "/api/nope", 404],
      ["PUT", FIRST, 405],
      ["GET", "/api/articles/%zz", 400],
      ["DELETE", `/api/articles/${articles.fourth}`, 204],
    ] as const) {
      const answer = await server.ask(method, url, { as: "editor" });
      t.equal(answer.status, status);
      t.match(answer.headers["vary"], /\bAccept\b/, `${method} ${url}`);
    }
  },
);
