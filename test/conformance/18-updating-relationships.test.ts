import { article, FIRST, person, SECOND, SEQUEL, tag, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles, type ArticlesServer, type Method } from "../fixtures/articles/server.ts";
import { nothing, people, tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("format", "Updating relationships", import.meta.url);

const change = (server: ArticlesServer, method: Method, url: string, data: Json, as = "editor") =>
  server.ask(method, url, { as, body: { data } });
const linkage = async (server: ArticlesServer, url = TAGS) => (await server.get(url, "editor")).body.data;

const unknown = { type: "tags", id: nothing };

conforms(
  {
    anchor: "crud-updating-to-one-relationships",
    level: "MUST",
    says: "The `PATCH` request to a to-one relationship includes `data` with a resource identifier object, or `null` to remove it",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const data of [[], [article("first")], "first", 5, { links: {} }]) {
      t.match((await change(server, "PATCH", SEQUEL, data)).body.errors[0], {
        status: "400",
        source: { pointer: /^\/data/ },
      });
    }
    t.same(faultsIn(await server.ask("PATCH", SEQUEL, { as: "editor", body: {} })), ["400 "]);
    t.same(faultsIn(await change(server, "PATCH", SEQUEL, person("ada"))), ["409 /data/type"]);
    t.same(await linkage(server, SEQUEL), article("first"));
  },
);
conforms(
  {
    anchor: "crud-updating-to-one-relationships",
    level: "MUST",
    says: "If the to-one relationship is updated successfully, the server returns a successful response",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await change(server, "PATCH", SEQUEL, article("fourth"))).status, 204);
    t.same(await linkage(server, SEQUEL), article("fourth"));
    t.match((await server.get(`${SECOND}/sequelTo`)).body.data, article("fourth"));
    t.equal((await change(server, "PATCH", SEQUEL, null)).status, 204);
    t.equal(await linkage(server, SEQUEL), null);
    t.equal((await change(server, "PATCH", SEQUEL, null)).status, 204, "though it was so already");
    const needed = await change(server, "PATCH", `${FIRST}/relationships/author`, null);
    t.same(faultsIn(needed), ["422 /data"], "what cannot be empty is not emptied");
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST",
    says: "For all request types, the body contains a `data` member that is an empty array or an array of identifiers",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const method of ["PATCH", "POST", "DELETE"] as const) {
      for (const data of [null, tag("red"), "red", {}]) {
        t.same(faultsIn(await change(server, method, TAGS, data)), ["400 /data"], `${method} ${JSON.stringify(data)}`);
      }
      t.same(faultsIn(await server.ask(method, TAGS, { as: "editor", body: {} })), ["400 "], method);
      t.equal(
        (await server.ask(method, TAGS, { as: "editor", headers: { "content-type": "application/vnd.api+json" } }))
          .status,
        400,
      );
      t.same(faultsIn(await change(server, method, TAGS, [article("first")])), ["409 /data/0/type"], method);
    }
    for (const method of ["POST", "DELETE"] as const) {
      t.equal((await change(server, method, TAGS, [])).status, 204, method);
    }
    t.same(await linkage(server), [tag("red"), tag("green")]);
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST",
    says: "`PATCH` completely replaces every member, or is an error if some cannot be found or accessed, or 403",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await change(server, "PATCH", TAGS, [tag("blue"), tag("red")])).status, 204);
    t.same(await linkage(server), [tag("red"), tag("blue")]);
    t.same(faultsIn(await change(server, "PATCH", TAGS, [tag("green"), unknown])), ["404 /data/1"]);
    t.equal((await change(server, "PATCH", TAGS, [], "Ada")).status, 403);
    t.same(await linkage(server), [tag("red"), tag("blue")], "nothing was replaced");
    t.equal((await change(server, "PATCH", TAGS, [])).status, 204);
    t.same(await linkage(server), []);
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST",
    says: "`POST` adds the specified members to the relationship unless they are already present",
  },
  async (t) => {
    const server = await makeArticles(t);
    const url = `${SECOND}/relationships/tags`;
    t.equal((await change(server, "POST", url, [tag("blue")])).status, 204);
    t.same(await linkage(server, url), [tag("red"), tag("blue")]);
    t.same(faultsIn(await change(server, "POST", url, [tag("green"), unknown])), ["404 /data/1"]);
    t.same(await linkage(server, url), [tag("red"), tag("blue")], "all of them, or none");
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST NOT",
    says: "If a given `type` and `id` is already in the relationship, the server does not add it again",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await change(server, "POST", TAGS, [tag("red"), tag("red")])).status, 204);
    t.same(await linkage(server), [tag("red"), tag("green")]);
    t.equal((await change(server, "PATCH", TAGS, [tag("blue"), tag("blue")])).status, 204);
    t.same(await linkage(server), [tag("blue")]);
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST",
    says: "If all of the specified resources can be added, or are already present, the server returns a successful response",
  },
  async (t) => {
    const server = await makeArticles(t);
    const url = `${SECOND}/relationships/tags`;
    for (const data of [[tag("red")], [tag("red"), tag("green")], [tag("green"), tag("red")]]) {
      t.equal((await change(server, "POST", url, data)).status, 204);
    }
    t.same(await linkage(server, url), [tag("red"), tag("green")]);
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST",
    says: "`DELETE` deletes the specified members from the relationship, or is answered with 403",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await change(server, "DELETE", TAGS, [tag("green")], "Ada")).status, 403);
    t.same(await linkage(server), [tag("red"), tag("green")]);
    t.equal((await change(server, "DELETE", TAGS, [tag("green")])).status, 204);
    t.same(await linkage(server), [tag("red")]);
    t.equal((await server.get(`/api/tags/${tags.green}`)).status, 200, "the resource itself stays");
  },
);
conforms(
  {
    anchor: "crud-updating-to-many-relationships",
    level: "MUST",
    says: "If all are able to be removed from, or are already missing from, the relationship, `DELETE` is successful",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const data of [[tag("blue")], [unknown], [tag("red"), tag("blue"), unknown]]) {
      t.equal((await change(server, "DELETE", TAGS, data)).status, 204, JSON.stringify(data));
    }
    t.same(await linkage(server), [tag("green")]);
  },
);
outOfReach({
  anchor: "crud-updating-relationship-responses-200",
  level: "MUST",
  says: "200 and the updated relationship data, if the server also changes the relationship in other ways than the request says",
  why: "no relationship is changed in other ways than asked; a rule that forbids a change refuses it whole",
});
outOfReach({
  anchor: "crud-updating-relationship-responses-200",
  level: "MAY",
  says: "A server returns 200 with a document that contains no primary data for an update of a relationship",
  why: "such updates are answered with 204",
});
outOfReach({
  anchor: "crud-updating-relationship-responses-202",
  level: "MUST",
  says: "202 if a relationship update has been accepted, but the processing has not been completed",
  why: "updates are complete when they are answered",
});
conforms(
  {
    anchor: "crud-updating-relationship-responses-204",
    level: "MUST",
    says: "If the server doesn't change the relationship in other ways: either 200 and a document, or 204 and none",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [method, url, data] of [
      ["PATCH", SEQUEL, null],
      ["PATCH", TAGS, [tag("red")]],
      ["POST", TAGS, [tag("red")]],
      ["DELETE", TAGS, [tag("blue")]],
    ] as const) {
      const answer = await change(server, method, url, data);
      t.same([answer.status, answer.text, answer.headers["content-type"]], [204, "", undefined], `${method} ${url}`);
    }
  },
);
conforms(
  {
    anchor: "crud-updating-relationship-responses-403",
    level: "MUST",
    says: "403 in response to an unsupported request to update a relationship",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [method, url, data] of [
      ["POST", SEQUEL, article("first")],
      ["DELETE", SEQUEL, article("first")],
      ["PATCH", `/api/people/${people.ada}/relationships/articles`, []],
      ["POST", `/api/people/${people.ada}/relationships/reports`, [person("cleo")]],
      ["DELETE", `/api/people/${people.ada}/relationships/reports`, [person("ben")]],
    ] as const) {
      const before = await linkage(server, url);
      t.equal((await change(server, method, url, data)).status, 403, `${method} ${url}`);
      t.same(await linkage(server, url), before);
    }
  },
);
conforms(
  {
    anchor: "crud-updating-relationship-responses-other",
    level: "MAY",
    says: "A server responds to a relationship update with other HTTP status codes, and includes error details",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.equal((await server.ask("PATCH", TAGS, { body: { data: [] } })).status, 401);
    t.same(
      faultsIn(
        await change(
          server,
          "PATCH",
          TAGS,
          Object.values(tags).map((id) => ({ type: "tags", id })),
        ),
      ),
      ["409 -"],
    );
    t.same(await linkage(server), [tag("red"), tag("green")]);
    const nowhere = `/api/articles/${nothing}/relationships/tags`;
    for (const method of ["PATCH", "POST", "DELETE"] as const) {
      t.equal((await change(server, method, nowhere, [])).status, 404, method);
    }
  },
);
conforms(
  {
    anchor: "crud-updating-relationship-responses-other",
    level: "MUST",
    says: "A server prepares responses to relationship updates in accordance with HTTP semantics",
  },
  async (t) => {
    const server = await makeArticles(t);
    const headers = { "if-match": String((await server.get(TAGS, "editor")).headers["etag"]) };
    const patch = (data: Json) => server.ask("PATCH", TAGS, { as: "editor", headers, body: { data } });
    t.equal((await patch([tag("blue")])).status, 204);
    t.equal((await patch([tag("red")])).status, 412, "what was seen is no longer so");
    t.same(await linkage(server), [tag("blue")]);
    const text = await server.ask("POST", TAGS, {
      as: "editor",
      body: { data: [] },
      headers: { "content-type": "text/plain" },
    });
    t.equal(text.status, 415);
  },
);
