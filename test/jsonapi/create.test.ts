import t from "tap";

import { faultsIn, idsOf, makeArticles, PUBLIC_URL, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, nothing, people, tags } from "../fixtures/articles/tables.ts";

const AUTHOR = { author: { data: { type: "people", id: people.ada } } };
const ID = "0000abc3-0000-4000-8000-0000000000ff";

/** A document of a new article, whole but for what a test adds. */
function document(attributes: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  return {
    data: {
      type: "articles",
      attributes: { title: "New", slug: "new", ...attributes },
      relationships: AUTHOR,
      ...more,
    },
  };
}

const create = (server: ArticlesServer, body: unknown, as = "Ada") => server.ask("POST", "/api/articles", { as, body });

async function countArticles(server: ArticlesServer): Promise<number> {
  return (await server.get("/api/articles", "editor")).body.meta.total as number;
}

void t.test(
  "a new resource is answered whole, with an id of ours and what is usual where nothing was said",
  async (t) => {
    const server = await makeArticles(t);
    const { status, headers, body } = await create(server, document({ title: "  Spaces  " }));
    t.equal(status, 201);
    t.match(body.data.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    t.equal(headers["location"], `${PUBLIC_URL}/api/articles/${String(body.data.id)}`);
    t.match(body.data.attributes, { title: "Spaces", body: null, rating: null, isPublished: false, publishedAt: null });
    t.match(body.data.attributes.createdAt, /^2026-06-01T/);
    t.equal(body.data.attributes.updatedAt, body.data.attributes.createdAt);
    t.same((await server.get(`/api/articles/${String(body.data.id)}`, "Ada")).body.data, body.data);
  },
);

void t.test("values of every type are stored as they were given", async (t) => {
  const server = await makeArticles(t);
  const attributes = {
    title: "'; drop table articles; -- \u{1F600} é e\u0301 \u202E",
    body: 'line\nline\ttab "quoted" <b>&amp;</b> \\',
    rating: -2147483647,
    isPublished: true,
    publishedAt: "2026-02-28T23:30:00.5-01:30",
    secretNote: "",
    slug: "Ünïque",
  };
  const { status, body } = await create(server, document(attributes), "editor");
  t.equal(status, 201);
  t.match(body.data.attributes, { ...attributes, publishedAt: "2026-03-01T01:00:00.500Z" });
});

void t.test("a client's own id is taken, once", async (t) => {
  const server = await makeArticles(t);
  t.equal((await create(server, document({}, { id: ID }))).body.data.id, ID);
  const again = await create(server, document({ slug: "other" }, { id: ID }));
  t.same(faultsIn(again), ["409 /data/id"]);
  const hidden = await create(server, document({ slug: "other" }, { id: articles.third }), "Ben");
  t.same(faultsIn(hidden), ["409 /data/id"]);
});

void t.test("an id that cannot be", async (t) => {
  const server = await makeArticles(t);
  for (const [id, fault] of [
    ["", "422 /data/id"],
    ["1", "422 /data/id"],
    [ID.toUpperCase(), "422 /data/id"],
    ["../../x", "422 /data/id"],
    ["\ud800", "422 /data/id"],
    [1, "400 /data/id"],
    [{}, "400 /data/id"],
    [[ID], "400 /data/id"],
    [false, "400 /data/id"],
  ] as const) {
    t.same(faultsIn(await create(server, document({}, { id }))), [fault], JSON.stringify(id));
  }
  const people = { data: { type: "people", id: ID, attributes: { name: "X" } } };
  t.same(faultsIn(await server.ask("POST", "/api/people", { as: "Ada", body: people })), ["403 /data/id"]);
});

void t.test("id null, a lid, and whatever else the specification does not know are as good as nothing", async (t) => {
  const server = await makeArticles(t);
  const lenient = {
    jsonapi: { version: "1.0" },
    meta: { a: 1 },
    links: {},
    included: [],
    whatever: true,
    data: { ...document().data, id: null, lid: "local-1", links: {}, meta: {}, method: "post", "@context": {} },
  };
  t.equal((await create(server, lenient)).status, 201);
  const people = { data: { type: "people", id: null, lid: "x", attributes: { name: "X" }, relationships: {} } };
  t.equal((await server.ask("POST", "/api/people", { as: "Ada", body: people })).status, 201);
  t.same(faultsIn(await create(server, document({}, { lid: 5 }))), ["400 /data/lid"]);
});

void t.test("read-only members that say what is the case are no fault; those that say otherwise are 403", async (t) => {
  const server = await makeArticles(t);
  const echo = document({ isPublished: false, publishedAt: null, createdAt: null, updatedAt: null });
  t.equal((await create(server, echo)).status, 201);
  const links = { ...AUTHOR, tags: { data: [] }, reviewers: { links: { related: "/x" } }, sequelTo: { data: null } };
  t.equal((await create(server, document({ slug: "b" }, { relationships: links }))).status, 201);
  const refused = await create(
    server,
    document({ isPublished: true, publishedAt: "2026-01-01", createdAt: "2026-01-01" }),
  );
  t.same(faultsIn(refused), [
    "403 /data/attributes/isPublished",
    "403 /data/attributes/publishedAt",
    "403 /data/attributes/createdAt",
  ]);
  const tagged = { ...AUTHOR, tags: { data: [{ type: "tags", id: tags.red }] } };
  t.same(faultsIn(await create(server, document({}, { relationships: tagged }))), ["403 /data/relationships/tags"]);
});

void t.test("values that cannot be are 422 with a pointer, all at once", async (t) => {
  const server = await makeArticles(t);
  const wrong: [string, unknown][] = [
    ["title", 5],
    ["title", null],
    ["title", ["New"]],
    ["title", {}],
    ["title", true],
    ["title", ""],
    ["title", "   "],
    ["title", "x".repeat(256)],
    ["title", "\ud800"],
    ["title", "a\udc00b"],
    ["title", "a\u0000b"],
    ["rating", "5"],
    ["rating", 1.5],
    ["rating", 1e300],
    ["rating", 2147483648],
    ["rating", true],
    ["rating", []],
    ["rating", {}],
    ["isPublished", "true"],
    ["isPublished", 1],
    ["isPublished", []],
    ["publishedAt", "yesterday"],
    ["publishedAt", "2026-02-30T00:00:00Z"],
    ["publishedAt", "2026-13-01"],
    ["publishedAt", "2026-01-01T00:00:00"],
    ["publishedAt", "9999-12-31T23:59:59-12:00"],
    ["publishedAt", 0],
    ["publishedAt", ["2026-01-01"]],
    ["publishedAt", ""],
    ["slug", null],
  ];
  for (const [name, value] of wrong) {
    const answer = await create(server, document({ [name]: value }), "editor");
    t.same(faultsIn(answer), [`422 /data/attributes/${name}`], `${name}: ${JSON.stringify(value).slice(0, 40)}`);
    t.match(answer.body.errors[0].meta, { attribute: name, message: String });
  }
  const many = document({ title: 1, slug: 2, rating: "3", nope: 4 });
  t.same(faultsIn(await create(server, many)), [
    "422 /data/attributes/title",
    "422 /data/attributes/slug",
    "422 /data/attributes/rating",
    "422 /data/attributes/nope",
  ]);
  t.equal(await countArticles(server), 4);
});

void t.test("what must be given and is not points to the nearest thing that is", async (t) => {
  const server = await makeArticles(t);
  const faults = async (data: object) => faultsIn(await create(server, { data: { type: "articles", ...data } }));
  t.same(await faults({}), ["422 /data", "422 /data", "422 /data"]);
  t.same(await faults({ attributes: {}, relationships: AUTHOR }), ["422 /data/attributes", "422 /data/attributes"]);
  t.same(await faults({ attributes: { title: "New", slug: "new" } }), ["422 /data"]);
  const without = { attributes: { title: "New", slug: "new" }, relationships: { author: { data: null } } };
  t.same(await faults(without), ["422 /data/relationships/author/data"]);
  t.same(await faults({ ...without, attributes: {} }), [
    "422 /data/relationships/author/data",
    "422 /data/attributes",
    "422 /data/attributes",
  ]);
});

void t.test("unknown attributes and relationships are 422, and what is hidden is unknown", async (t) => {
  const server = await makeArticles(t);
  for (const name of [
    "nope",
    "constructor",
    "toString",
    "hasOwnProperty",
    "author",
    "id",
    "a/b~c",
    "\ud800",
    "",
    "secretNote",
  ]) {
    const answer = await create(server, document({ [name]: "x" }));
    const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
    t.same(faultsIn(answer), [`422 /data/attributes/${token}`], name);
    t.equal(answer.body.errors[0].code, "unknown-attribute");
  }
  for (const name of ["nope", "constructor", "title", "__defineGetter__"]) {
    const relationships = { ...AUTHOR, [name]: { data: null } };
    const answer = await create(server, document({}, { relationships }));
    t.same(faultsIn(answer), [`422 /data/relationships/${name}`], name);
    t.equal(answer.body.errors[0].code, "unknown-relationship");
  }
  const near = await create(server, document({ titel: "x", Body: "x", secretNot: "x" }));
  t.same(
    near.body.errors.map(({ meta }: { meta: { suggestions?: string[] } }) => meta.suggestions),
    [["title"], ["body"], undefined],
  );
  t.equal((await create(server, document({ secretNote: "x" }), "editor")).status, 201);
});

void t.test("__proto__ is refused by the parser, wherever it stands", async (t) => {
  const server = await makeArticles(t);
  for (const body of [
    '{"data":{"type":"articles","attributes":{"__proto__":{"isAdmin":true}}}}',
    '{"data":{"type":"articles","relationships":{"__proto__":{"data":null}}}}',
    '{"__proto__":{"data":{"type":"articles"}}}',
  ]) {
    t.equal((await create(server, body)).status, 400, body);
  }
  t.equal(({} as Record<string, unknown>)["isAdmin"], undefined);
});

void t.test("documents of another shape are 400 with a pointer to the place", async (t) => {
  const server = await makeArticles(t);
  const shapes: [unknown, ...string[]][] = [
    ["null", "400 -"],
    ["5", "400 -"],
    ['"text"', "400 -"],
    ["[]", "400 -"],
    ["{}", "400 -"],
    [{ errors: [] }, "400 -"],
    [{ data: null }, "400 /data"],
    [{ data: [] }, "400 /data"],
    [{ data: [document().data] }, "400 /data"],
    [{ data: "articles" }, "400 /data"],
    [{ data: {} }, "400 /data"],
    [{ data: { attributes: {} } }, "400 /data"],
    [document({}, { type: 5 }), "400 /data/type"],
    [document({}, { type: null }), "400 /data/type"],
    [document({}, { type: ["articles"] }), "400 /data/type"],
    [document({}, { attributes: null }), "400 /data/attributes"],
    [document({}, { attributes: [] }), "400 /data/attributes"],
    [document({}, { attributes: "x" }), "400 /data/attributes"],
    [document({}, { relationships: [] }), "400 /data/relationships"],
    [document({}, { relationships: null }), "400 /data/relationships"],
    [document({}, { relationships: { author: null } }), "400 /data/relationships/author"],
    [document({}, { relationships: { author: {} } }), "400 /data/relationships/author"],
    [document({}, { relationships: { author: people.ada } }), "400 /data/relationships/author"],
    [
      document({}, { id: 1, attributes: 2, relationships: 3, type: 4 }),
      "400 /data/type",
      "400 /data/id",
      "400 /data/attributes",
      "400 /data/relationships",
    ],
  ];
  for (const [body, ...faults] of shapes) {
    const answer = await create(server, body);
    t.same(
      faultsIn(answer).map((fault) => (fault === "400 " ? "400 -" : fault)),
      faults,
      JSON.stringify(body).slice(0, 80),
    );
  }
  t.equal(
    (await server.ask("POST", "/api/articles", { as: "Ada", headers: { "content-type": "application/vnd.api+json" } }))
      .status,
    400,
  );
  t.equal(
    (await server.ask("POST", "/api/articles", { as: "Ada" })).status,
    415,
    "without a type there is no document",
  );
});

void t.test("an answer does not grow with the number of faults that fit into a request", async (t) => {
  const server = await makeArticles(t);
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${String(index)}`, 1]));
  t.same(faultsIn(await create(server, document(many(20_000)))), ["400 /data/attributes"]);
  const relationships = many(20_000);
  t.same(faultsIn(await create(server, document({}, { relationships }))), ["400 /data/relationships"]);
  t.equal(faultsIn(await create(server, document(many(150)))).length, 100);
});

void t.test("a resource of another type is 409", async (t) => {
  const server = await makeArticles(t);
  for (const type of ["people", "Articles", "article", "", "\ud800", "constructor"]) {
    t.same(faultsIn(await create(server, document({}, { type }))), ["409 /data/type"], type);
  }
});

void t.test("relationships are made with the resource", async (t) => {
  const server = await makeArticles(t);
  const relationships = {
    author: { data: { type: "people", id: people.ben, meta: { ignored: true }, attributes: {} }, links: {}, meta: {} },
    sequelTo: { data: { type: "articles", id: articles.third } },
    tags: { data: [tags.red, tags.blue, tags.red].map((id) => ({ type: "tags", id })) },
    reviewers: { data: [] },
  };
  const { status, body } = await create(server, document({}, { relationships }), "editor");
  t.equal(status, 201);
  const url = `/api/articles/${String(body.data.id)}`;
  t.same(idsOf(await server.get(`${url}/relationships/tags`, "editor")), [tags.red, tags.blue]);
  t.equal((await server.get(`${url}/author`, "editor")).body.data.id, people.ben);
  t.equal((await server.get(`${url}/sequelTo`, "editor")).body.data.id, articles.third);
  t.match(server.writes, [{ kind: "create", relationships: ["author", "sequelTo", "tags", "reviewers"] }]);
});

void t.test(
  "linkage that is none: 400 for its shape, 409 for its type, 404 for what is not there or not to be seen",
  async (t) => {
    const server = await makeArticles(t);
    const author = (data: unknown) => ({ author: { data } });
    const tagged = (data: unknown) => ({ ...AUTHOR, tags: { data } });
    const cases: [Record<string, unknown>, ...string[]][] = [
      [author([]), "400 /data/relationships/author/data"],
      [author("x"), "400 /data/relationships/author/data"],
      [author({}), "400 /data/relationships/author/data", "400 /data/relationships/author/data"],
      [author({ type: "people" }), "400 /data/relationships/author/data"],
      [author({ type: "people", lid: "x" }), "404 /data/relationships/author/data/lid"],
      [author({ type: "people", id: 5 }), "400 /data/relationships/author/data/id"],
      [author({ type: 5, id: people.ada }), "400 /data/relationships/author/data/type"],
      [author({ type: "tags", id: tags.red }), "409 /data/relationships/author/data/type"],
      [author({ type: "people", id: nothing }), "404 /data/relationships/author/data"],
      [author({ type: "people", id: "x" }), "404 /data/relationships/author/data"],
      [author({ type: "people", id: "" }), "404 /data/relationships/author/data"],
      [tagged(null), "400 /data/relationships/tags/data"],
      [tagged({ type: "tags", id: tags.red }), "400 /data/relationships/tags/data"],
      [tagged([null]), "400 /data/relationships/tags/data/0"],
      [tagged([[]]), "400 /data/relationships/tags/data/0"],
      [
        tagged([
          { type: "tags", id: tags.red },
          { type: "people", id: people.ada },
        ]),
        "409 /data/relationships/tags/data/1/type",
      ],
      [
        tagged([
          { type: "tags", id: nothing },
          { type: "tags", id: tags.red },
          { type: "tags", id: "?" },
        ]),
        "404 /data/relationships/tags/data/0",
        "404 /data/relationships/tags/data/2",
      ],
      [
        tagged(Array.from({ length: 1001 }, () => ({ type: "tags", id: tags.red }))),
        "400 /data/relationships/tags/data",
      ],
    ];
    for (const [relationships, ...faults] of cases) {
      const answer = await create(server, document({}, { relationships }), "editor");
      t.same(faultsIn(answer), faults, JSON.stringify(relationships).slice(0, 120));
    }
    const hidden = { ...AUTHOR, sequelTo: { data: { type: "articles", id: articles.third } } };
    const answer = await create(server, document({}, { relationships: hidden }), "Ben");
    t.same(faultsIn(answer), ["404 /data/relationships/sequelTo/data"]);
    t.equal(await countArticles(server), 4, "nothing of all that was kept");
  },
);

void t.test("a unique value is taken once, whatever its letters, also by two at once", async (t) => {
  const server = await makeArticles(t);
  const taken = await create(server, document({ slug: "THE-FIRST" }));
  t.same(faultsIn(taken), ["409 /data/attributes/slug"]);
  const both = await Promise.all([
    create(server, document({ slug: "Race" })),
    create(server, document({ slug: "raCE" })),
  ]);
  t.same(both.map(({ status }) => status).sort(), [201, 409]);
});

void t.test("who may not create: 401 for nobody, 403 for somebody, whatever the body", async (t) => {
  const server = await makeArticles(t);
  t.equal((await server.ask("POST", "/api/articles", { body: document() })).status, 401);
  const tag = { data: { type: "tags", attributes: { name: "new" } } };
  t.equal((await server.ask("POST", "/api/tags", { as: "Ada", body: tag })).status, 403);
  t.equal((await server.ask("POST", "/api/tags", { as: "Ada", body: {} })).status, 403);
  t.equal((await server.ask("POST", "/api/tags", { as: "editor", body: tag })).status, 201);
});

void t.test("a hook refuses before the transaction, accepts without a resource, or shows something once", async (t) => {
  const server = await makeArticles(t);
  const invite = (invitation: string, headers = {}) =>
    server.ask("POST", "/api/people", {
      as: "Ada",
      body: { data: { type: "people", attributes: { name: "Dot", invitation } } },
      headers,
    });
  t.same(faultsIn(await invite("forged")), ["422 /data/attributes/invitation"]);
  const later = await invite("later");
  t.equal(later.status, 202);
  t.same(later.body, { jsonapi: { version: "1.1" }, meta: { message: "We will see." } });
  t.equal(later.headers["location"], undefined);
  const now = await invite("now");
  t.equal(now.status, 201);
  t.equal(now.body.data.attributes.welcome, "Come in.");
  t.notOk("invitation" in now.body.data.attributes);
  const again = await server.get(`/api/people/${String(now.body.data.id)}`, "Ada");
  t.notOk("welcome" in again.body.data.attributes);
  t.equal((await server.get("/api/people", "Ada")).body.meta.total, 4);
});

void t.test("a rule that spans rows undoes the whole creation", async (t) => {
  const server = await makeArticles(t);
  const all = { ...AUTHOR, tags: { data: Object.values(tags).map((id) => ({ type: "tags", id })) } };
  const answer = await create(server, document({}, { relationships: all }), "editor");
  t.equal(answer.status, 409);
  t.equal(await countArticles(server), 4);
  t.equal((await server.db("article_tags").where({ tag_id: tags.blue })).length, 1);
});

void t.test(
  "a new resource may be linked to itself, by its local id or by the id that its client brings",
  async (t) => {
    const server = await makeArticles(t);
    for (const self of [{ lid: "me" }, { id: ID }]) {
      const reference = { type: "articles", ...self };
      const relationships = { ...AUTHOR, sequelTo: { data: reference } };
      const made = await create(
        server,
        document({ slug: `by-${Object.keys(self).join()}` }, { ...self, relationships }),
      );
      t.equal(made.status, 201, made.text);
      const { body } = await server.get(`/api/articles/${String(made.body.data.id)}/relationships/sequelTo`, "Ada");
      t.equal(body.data.id, made.body.data.id);
    }
    const stranger = { ...AUTHOR, sequelTo: { data: { type: "articles", lid: "somebody" } } };
    t.same(faultsIn(await create(server, document({ slug: "x" }, { lid: "me", relationships: stranger }))), [
      "404 /data/relationships/sequelTo/data/lid",
    ]);
  },
);
