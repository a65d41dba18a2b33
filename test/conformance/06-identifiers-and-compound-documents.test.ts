import { article, FIRST, operate, resourcesIn, SECOND, SEQUEL, tag, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, includedIn, makeArticles } from "../fixtures/articles/server.ts";
import { people, tags } from "../fixtures/articles/tables.ts";
import type { Json } from "../fixtures/document.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms } = section("format", "Resource identifier objects and compound documents", import.meta.url);

conforms(
  {
    anchor: "document-resource-identifier-objects",
    level: "MUST",
    says: "A resource identifier object contains a `type` member",
  },
  async (t) => {
    const server = await makeArticles(t);
    const refused = await server.ask("PATCH", TAGS, { as: "editor", body: { data: [{ id: tags.red }] } });
    t.same(faultsIn(refused), ["400 /data/0"]);
    t.same((await server.get(TAGS)).body.data, [tag("red"), tag("green")]);
  },
);
conforms(
  {
    anchor: "document-resource-identifier-objects",
    level: "MUST",
    says: "It also contains an `id` member, except when it represents a new resource to be created on the server",
  },
  async (t) => {
    const server = await makeArticles(t);
    const refused = await server.ask("PATCH", TAGS, { as: "editor", body: { data: [{ type: "tags" }] } });
    t.same(faultsIn(refused), ["400 /data/0"]);
    for (const data of [[(await server.get(SEQUEL)).body.data], (await server.get(TAGS)).body.data] as Json[][]) {
      for (const identifier of data) t.same(Object.keys(identifier as object).sort(), ["id", "type"]);
    }
  },
);
conforms(
  {
    anchor: "document-resource-identifier-objects",
    level: "MUST",
    says: "In that case, a `lid` member is included that identifies the new resource",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await operate(server, [
      { op: "add", data: { type: "tags", lid: "t", attributes: { name: "grey" } } },
      { op: "update", ref: { ...article("first"), relationship: "tags" }, data: [{ type: "tags", lid: "t" }] },
    ]);
    const id = body["atomic:results"][0].data.id as string;
    t.same((await server.get(TAGS)).body.data, [{ type: "tags", id }]);
    const unknown = await server.ask("PATCH", TAGS, { as: "editor", body: { data: [{ type: "tags", lid: "t" }] } });
    t.same(faultsIn(unknown), ["404 /data/0/lid"], "a lid is known in its own document alone");
  },
);
conforms(
  {
    anchor: "document-resource-identifier-objects",
    level: "MUST",
    says: "The values of an identifier's `id`, `type`, and `lid` members are strings",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [identifier, member] of [
      [{ type: "tags", id: 1 }, "id"],
      [{ type: 1, id: tags.red }, "type"],
      [{ type: "tags", lid: 1 }, "lid"],
    ] as const) {
      const answer = await server.ask("POST", TAGS, { as: "editor", body: { data: [identifier] } });
      t.same(faultsIn(answer), [`400 /data/0/${member}`]);
    }
  },
);
conforms(
  {
    anchor: "document-resource-identifier-objects",
    level: "MAY",
    says: "A resource identifier object also includes a `meta` member, whose value is a meta object",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await server.get(`${TAGS}?page[after]=`);
    for (const { meta } of body.data) t.type(meta.page.cursor, "string");
    const data = [{ ...tag("blue"), meta: { since: "today" } }];
    t.equal((await server.ask("PATCH", TAGS, { as: "editor", body: { data } })).status, 204);
    t.same((await server.get(TAGS)).body.data, [tag("blue")]);
  },
);

conforms(
  {
    anchor: "document-compound-documents",
    level: "MAY",
    says: "Servers allow responses that include related resources along with the requested primary resources",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(includedIn(await server.get(`${FIRST}?include=author,tags`)), [
      `people/${people.ada}`,
      `tags/${tags.red}`,
      `tags/${tags.green}`,
    ]);
  },
);
conforms(
  {
    anchor: "document-compound-documents",
    level: "MUST",
    says: "All included resources are represented as an array of resource objects in a top-level `included` member",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      `${FIRST}?include=author`,
      `${FIRST}?include=sequelTo`,
      `/api/articles?include=tags.articles.author`,
    ]) {
      const { included } = (await server.get(url)).body;
      t.ok(Array.isArray(included), url);
      for (const resource of included)
        t.match(resource, { type: String, id: String, attributes: Object, links: Object });
    }
  },
);
conforms(
  {
    anchor: "document-compound-documents",
    level: "MUST",
    says: "Every included resource object is identified via a chain of relationships originating in the primary data",
  },
  async (t) => {
    const server = await makeArticles(t);
    const answer = await server.get(`${SECOND}?include=author.manager,sequelTo.tags`, "editor");
    const linked = new Set(
      resourcesIn(answer).flatMap(({ relationships }) =>
        Object.values(relationships as Record<string, Json>).flatMap(({ data }) =>
          [data ?? []].flat().map(({ type, id }: Json) => `${String(type)}/${String(id)}`),
        ),
      ),
    );
    const included = includedIn(answer);
    t.equal(included.length, 5, "an author, a manager, an article, and its two tags");
    for (const key of included) t.ok(linked.has(key), key);
    const left = await server.get(`${FIRST}?include=author&fields[articles]=title`);
    t.notOk("relationships" in left.body.data, "linkage is left out where the fieldset says so");
    t.same(includedIn(left), [`people/${people.ada}`]);
  },
);
conforms(
  {
    anchor: "document-compound-documents",
    level: "MUST NOT",
    says: "A compound document does not include more than one resource object for each `type` and `id` pair",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      "/api/articles?include=author.articles.author,sequelTo.author,tags.articles",
      `/api/people/${people.ada}?include=articles.author,reports.manager`,
      `${TAGS}?include=tags.articles.tags`,
    ]) {
      const keys = resourcesIn(await server.get(url, "editor")).map(({ type, id }) => `${String(type)}/${String(id)}`);
      t.equal(new Set(keys).size, keys.length, url);
    }
  },
);
