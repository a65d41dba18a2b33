import t from "tap";

import { faultsIn, idsOf, makeArticles, type ArticlesServer, type Method } from "../fixtures/articles/server.ts";
import { articles, nothing, people, tags } from "../fixtures/articles/tables.ts";

const FIRST = `/api/articles/${articles.first}`;
const TAGS = `${FIRST}/relationships/tags`;

const tagged = (...ids: string[]) => ({ data: ids.map((id) => ({ type: "tags", id })) });

function change(server: ArticlesServer, method: Method, url: string, body: unknown, as = "editor") {
  return server.ask(method, url, { as, body });
}

void t.test("PATCH replaces, POST adds, DELETE removes; each of them is 204, however often", async (t) => {
  const server = await makeArticles(t);
  const steps: [Method, string[], string[]][] = [
    ["PATCH", [tags.blue], [tags.blue]],
    ["PATCH", [tags.blue], [tags.blue]],
    ["PATCH", [tags.red, tags.blue], [tags.red, tags.blue]],
    ["POST", [tags.red], [tags.red, tags.blue]],
    ["POST", [], [tags.red, tags.blue]],
    ["DELETE", [tags.green], [tags.red, tags.blue]],
    ["DELETE", [tags.red, tags.green], [tags.blue]],
    ["DELETE", [tags.red], [tags.blue]],
    ["DELETE", [], [tags.blue]],
    ["POST", [tags.red, tags.red, tags.blue], [tags.red, tags.blue]],
    ["PATCH", [], []],
    ["PATCH", [], []],
    ["PATCH", [tags.green, tags.green], [tags.green]],
  ];
  for (const [method, ids, expected] of steps) {
    const answer = await change(server, method, TAGS, tagged(...ids));
    t.equal(answer.status, 204);
    t.same(idsOf(await server.get(TAGS)), expected, `${method} ${ids.join()}`);
  }
});

void t.test("a relationship is changed from its other side as well", async (t) => {
  const server = await makeArticles(t);
  const url = `/api/tags/${tags.blue}/relationships/articles`;
  const body = { data: [{ type: "articles", id: articles.first }] };
  t.equal((await change(server, "DELETE", `/api/tags/${tags.red}/relationships/articles`, body)).status, 204);
  t.equal((await change(server, "POST", url, body)).status, 204);
  t.same(idsOf(await server.get(TAGS)), [tags.green, tags.blue]);
});

void t.test("a to-one is replaced, or emptied where it may be empty", async (t) => {
  const server = await makeArticles(t);
  const author = `${FIRST}/relationships/author`;
  const sequelTo = `${FIRST}/relationships/sequelTo`;
  t.equal((await change(server, "PATCH", author, { data: { type: "people", id: people.ben } }, "Ada")).status, 204);
  t.equal((await server.get(author)).body.data.id, people.ben);
  const leads = { data: { type: "articles", id: articles.second } };
  t.equal((await change(server, "PATCH", sequelTo, leads)).status, 204);
  t.equal((await server.get(sequelTo)).body.data.id, articles.second);
  t.equal((await change(server, "PATCH", sequelTo, { data: null })).status, 204);
  t.equal((await server.get(sequelTo)).body.data, null);
  t.same(faultsIn(await change(server, "PATCH", author, { data: null })), ["422 /data"]);
});

void t.test(
  "what may not be changed so is 403: read-only, not the caller's, POST and DELETE on a to-one",
  async (t) => {
    const server = await makeArticles(t);
    const ada = `/api/people/${people.ada}/relationships`;
    const one = { data: { type: "people", id: people.ben } };
    const cases: [Method, string, unknown, string][] = [
      ["PATCH", `${ada}/articles`, { data: [] }, "editor"],
      ["POST", `${ada}/articles`, { data: [] }, "editor"],
      ["DELETE", `${ada}/articles`, { data: [] }, "editor"],
      ["PATCH", `${ada}/reports`, { data: [] }, "editor"],
      ["POST", `${FIRST}/relationships/author`, one, "editor"],
      ["DELETE", `${FIRST}/relationships/author`, one, "editor"],
      ["POST", `${FIRST}/relationships/author`, { data: [one.data] }, "editor"],
      ["PATCH", TAGS, tagged(), "Ada"],
      ["PATCH", TAGS, tagged(), "Ben"],
      ["PATCH", `${FIRST}/relationships/author`, one, "Ben"],
    ];
    for (const [method, url, body, as] of cases) {
      t.equal((await change(server, method, url, body, as)).status, 403, `${method} ${url} as ${as}`);
    }
    t.equal((await server.ask("PATCH", TAGS, { body: tagged() })).status, 401);
    t.equal(
      (await server.ask("PATCH", `${FIRST}/relationships/reviewers`, { body: { data: [] } })).status,
      404,
      "hidden",
    );
    t.same(idsOf(await server.get(TAGS)), [tags.red, tags.green]);
  },
);

void t.test("of what is not there, or not to be seen, no relationship can be changed", async (t) => {
  const server = await makeArticles(t);
  for (const [id, as] of [
    [nothing, "editor"],
    ["x", "editor"],
    [articles.third, "Ben"],
  ] as const) {
    t.equal((await change(server, "PATCH", `/api/articles/${id}/relationships/tags`, tagged(), as)).status, 404, id);
  }
});

void t.test("references to what is not there: 404 with pointers to add and replace, nothing to remove", async (t) => {
  const server = await makeArticles(t);
  const body = tagged(nothing, tags.blue, "x");
  for (const method of ["PATCH", "POST"] as const) {
    t.same(faultsIn(await change(server, method, TAGS, body)), ["404 /data/0", "404 /data/2"], method);
  }
  t.same(idsOf(await server.get(TAGS)), [tags.red, tags.green]);
  t.equal((await change(server, "DELETE", TAGS, tagged(nothing, tags.red, "x"))).status, 204);
  t.same(idsOf(await server.get(TAGS)), [tags.green]);
  const author = { data: { type: "people", id: nothing } };
  t.same(faultsIn(await change(server, "PATCH", `${FIRST}/relationships/author`, author)), ["404 /data"]);
  const hidden = { data: { type: "articles", id: articles.third } };
  const url = `/api/articles/${articles.second}/relationships/sequelTo`;
  t.same(faultsIn(await change(server, "PATCH", url, hidden, "Ben")), ["404 /data"]);
});

void t.test("bodies of another shape are 400, other types 409, with pointers", async (t) => {
  const server = await makeArticles(t);
  const cases: [unknown, ...string[]][] = [
    [{}, "400 "],
    ["[]", "400 "],
    ["null", "400 "],
    [{ data: null }, "400 /data"],
    [{ data: {} }, "400 /data"],
    [{ data: "x" }, "400 /data"],
    [{ data: [5] }, "400 /data/0"],
    [{ data: [{ id: tags.red }] }, "400 /data/0"],
    [{ data: [{ type: "tags" }] }, "400 /data/0"],
    [
      {
        data: [
          { type: "tags", id: 5 },
          { type: 5, id: "x" },
        ],
      },
      "400 /data/0/id",
      "400 /data/1/type",
    ],
    [{ data: [{ type: "people", id: people.ada }] }, "409 /data/0/type"],
  ];
  for (const method of ["PATCH", "POST", "DELETE"] as const) {
    for (const [body, ...faults] of cases) {
      const found = faultsIn(await change(server, method, TAGS, body)).map((fault) => fault.replace("-", ""));
      t.same(found, faults, `${method} ${JSON.stringify(body)}`);
    }
  }
  for (const body of [{ data: [] }, { data: "x" }, { data: [{ type: "people", id: people.ada }] }]) {
    const answer = await change(server, "PATCH", `${FIRST}/relationships/author`, body);
    t.same(faultsIn(answer), ["400 /data"], JSON.stringify(body));
  }
});

void t.test("members of identifiers that mean nothing here are ignored", async (t) => {
  const server = await makeArticles(t);
  const identifier = { type: "tags", id: tags.blue, meta: { a: 1 }, attributes: {}, relationships: {}, method: "add" };
  const body = { data: [identifier], meta: {}, links: {}, jsonapi: {} };
  t.equal((await change(server, "PATCH", TAGS, body)).status, 204);
  t.same(idsOf(await server.get(TAGS)), [tags.blue]);
});

void t.test("a rule that spans rows holds for every way to change a relationship", async (t) => {
  const server = await makeArticles(t);
  t.equal((await change(server, "POST", TAGS, tagged(tags.blue))).status, 409);
  t.equal((await change(server, "PATCH", TAGS, tagged(tags.red, tags.green, tags.blue))).status, 409);
  t.same(idsOf(await server.get(TAGS)), [tags.red, tags.green]);
  t.match(server.writes, [
    { kind: "update", id: articles.first, relationships: ["tags"] },
    { kind: "update", id: articles.first, relationships: ["tags"] },
  ]);
});

void t.test("ten at once add one tag: one link", async (t) => {
  const server = await makeArticles(t);
  const url = `/api/articles/${articles.fourth}/relationships/tags`;
  const answers = await Promise.all(Array.from({ length: 10 }, () => change(server, "POST", url, tagged(tags.red))));
  t.ok(answers.every(({ status }) => status === 204));
  t.same(idsOf(await server.get(url)), [tags.red]);
});
