import t from "tap";

import { checkAnswer, type Json } from "../fixtures/document.ts";
import { article, changed, CURSORS, FIRST, newArticle, operate, SEQUEL, TAGS } from "../fixtures/articles/documents.ts";
import {
  makeArticles,
  PUBLIC_URL,
  type Answer,
  type ArticlesServer,
  type Method,
} from "../fixtures/articles/server.ts";

/** Every test of the suite has its answers checked. This one has the check itself checked: it must refuse whatever is broken. */

/** Real requests, each of which is answered as it should be. */
const REQUESTS: Readonly<Record<string, readonly [Method, string, Json?]>> = {
  collection: ["GET", "/api/articles?include=author,tags&page[size]=2"],
  cursors: ["GET", "/api/articles?page[after]=&page[size]=2"],
  single: ["GET", `${FIRST}?include=author,tags`],
  fieldset: ["GET", `${FIRST}?fields[articles]=title,author`],
  linkage: ["GET", `${TAGS}?page[size]=2`],
  toOne: ["GET", SEQUEL],
  creation: ["POST", "/api/articles", newArticle({}, { id: "0000abc3-0000-4000-8000-000000000055" })],
  acceptance: ["POST", "/api/people", { data: { type: "people", attributes: { name: "Eve", invitation: "later" } } }],
  faults: ["POST", "/api/articles", newArticle({ title: 1, rating: "x" })],
  parameter: ["GET", "/api/articles?sort=nope"],
  profileFault: ["GET", "/api/articles?page[after]=&page[size]=51"],
  method: ["PUT", FIRST],
  deletion: ["DELETE", TAGS, { data: [] }],
};

const RESULTS = [
  { op: "update", ...changed("first", { rating: 1 }) },
  { op: "add", data: { type: "tags", attributes: { name: "grey" } } },
  { op: "remove", ref: { ...article("first"), relationship: "tags" }, data: [] },
];

/** An answer with what may be broken of it. */
interface Broken {
  status: number;
  readonly headers: Record<string, string | string[] | number | undefined>;
  /** Instead of the document: what goes out as it is. */
  text: string;
  readonly body: Json;
}

type Break = (answer: Broken) => void;

const set =
  (path: string, value: unknown): Break =>
  ({ body }) => {
    const names = path.split("/").slice(1);
    const last = names.pop() ?? "";
    let here: Json = body;
    for (const name of names) here = here[name];
    if (value === undefined) Reflect.deleteProperty(here as object, last);
    else here[last] = value;
  };
const header =
  (name: string, value: string | undefined): Break =>
  ({ headers }) => {
    headers[name] = value;
  };
const both =
  (...breaks: Break[]): Break =>
  (answer) => {
    for (const run of breaks) run(answer);
  };

/** Each of these alone makes an answer that is none. */
const BREAKS: Readonly<Record<string, Readonly<Record<string, Break>>>> = {
  collection: {
    "an unknown top-level member": set("/foo", 1),
    "an extension's member without the extension": set("/atomic:results", []),
    "no jsonapi": set("/jsonapi", undefined),
    "jsonapi is text": set("/jsonapi", "1.1"),
    "another version": set("/jsonapi/version", "1.0"),
    "an unknown member of jsonapi": set("/jsonapi/foo", 1),
    "a profile that the media type does not name": set("/jsonapi/profile", [CURSORS]),
    "an empty ext": set("/jsonapi/ext", []),
    "data and errors": set("/errors", []),
    "no data": both(set("/data", undefined), set("/included", undefined), set("/meta", undefined)),
    "included without data": set("/data", undefined),
    "one resource instead of many": (answer) => {
      answer.body.data = answer.body.data[0];
    },
    "null instead of many": set("/data", null),
    "a resource twice": (answer) => answer.body.data.push(answer.body.data[0]),
    "more than were asked for": (answer) => answer.body.data.push({ ...answer.body.data[0], id: "x" }),
    "a resource that is text": set("/data/0", "first"),
    "no type": set("/data/0/type", undefined),
    "a type that is no name": set("/data/0/type", "-articles"),
    "no id": set("/data/0/id", undefined),
    "a number as id": set("/data/0/id", 5),
    "a lid": set("/data/0/lid", "x"),
    "an unknown member of a resource": set("/data/0/foo", 1),
    "attributes are a list": set("/data/0/attributes", []),
    "an attribute id": set("/data/0/attributes/id", "x"),
    "an attribute type": set("/data/0/attributes/type", "x"),
    "an attribute that is no name": set("/data/0/attributes/foo.bar", 1),
    "a name that is none, further down": set("/data/0/attributes/title", [{ "a+b": 1 }]),
    "an attribute with a relationship's name": set("/data/0/attributes/author", "Ada"),
    "relationships are a list": set("/data/0/relationships", []),
    "a relationship is a list": set("/data/0/relationships/author", []),
    "a relationship is empty": set("/data/0/relationships/author", {}),
    "a relationship named type": (answer) => {
      answer.body.data[0].relationships.type = answer.body.data[0].relationships.author;
    },
    "a relationship without links but an unknown member": set("/data/0/relationships/author/foo", 1),
    "links of a relationship with neither self nor related": set("/data/0/relationships/author/links", {}),
    "a relationship's self is that of another": set(
      "/data/0/relationships/author/links/self",
      `${PUBLIC_URL}${FIRST}/relationships/tags`,
    ),
    "a relationship's related is that of another": set(
      "/data/0/relationships/author/links/related",
      `${PUBLIC_URL}${FIRST}/tags`,
    ),
    "linkage is text": set("/data/0/relationships/author/data", "x"),
    "linkage without type": set("/data/0/relationships/author/data/type", undefined),
    "linkage with attributes": set("/data/0/relationships/author/data/attributes", {}),
    "linkage twice": (answer) => {
      const { tags } = answer.body.data[0].relationships;
      tags.data.push(tags.data[0]);
    },
    "to-one here and to-many there": (answer) => {
      const { author } = answer.body.data[1].relationships;
      author.data = [author.data];
    },
    "no links of a resource": set("/data/0/links", undefined),
    "self of another resource": set("/data/0/links/self", `${PUBLIC_URL}/api/articles/x`),
    "an unknown link of a resource": set("/data/0/links/edit", `${PUBLIC_URL}/`),
    "links are a list": set("/links", []),
    "no self": set("/links/self", undefined),
    "self of another request": set("/links/self", `${PUBLIC_URL}/api/articles`),
    "self of another server": set("/links/self", "https://elsewhere.example/api/articles"),
    "no describedby": set("/links/describedby", undefined),
    "related where nothing is": set("/links/related", `${PUBLIC_URL}/api/articles`),
    "an unknown link": set("/links/edit", `${PUBLIC_URL}/api/articles`),
    "a link is a number": set("/links/next", 5),
    "a link is no URI": set("/links/next", "next"),
    "a link with brackets": set("/links/next", `${PUBLIC_URL}/api/articles?page[number]=2`),
    "a link object without href": set("/links/describedby", { title: "x" }),
    "a link object with an unknown member": set("/links/next", {
      href: `${PUBLIC_URL}/api/articles?page%5Bsize%5D=2`,
      foo: 1,
    }),
    "a page link that is missing": set("/links/last", undefined),
    "a page link to another place": set("/links/next", `${PUBLIC_URL}/api/tags?page%5Bnumber%5D=2`),
    "a page link that loses a parameter": set("/links/next", `${PUBLIC_URL}/api/articles?page%5Bnumber%5D=2`),
    "included is an object": set("/included", {}),
    "included is missing": set("/included", undefined),
    "included twice": (answer) => answer.body.included.push(answer.body.included[0]),
    "included and primary": (answer) => answer.body.included.push(answer.body.data[0]),
    "included without a way to it": (answer) => {
      const id = "0000abc2-0000-4000-8000-0000000000ff";
      const self = `${PUBLIC_URL}/api/tags/${id}`;
      answer.body.included.push({ type: "tags", id, links: { self } });
    },
    "meta is a list": set("/meta", []),
    "meta.page is a number": set("/meta/page", 1),
    "a cursor without the profile": set("/data/0/meta", { page: { cursor: "x" } }),
    "an error's status": (answer) => {
      answer.status = 400;
    },
    "another media type": header("content-type", "application/json"),
    "a media type with a charset": header("content-type", "application/vnd.api+json;charset=utf-8"),
    "no Vary": header("vary", undefined),
    "no JSON": (answer) => {
      answer.text = "{";
    },
    "a list as root": (answer) => {
      answer.text = "[]";
    },
  },
  cursors: {
    "the profile is not in the media type": header("content-type", "application/vnd.api+json"),
    "the profile is not in the document": set("/jsonapi/profile", undefined),
    "self without its type": ({ body }) => {
      body.links.self = body.links.self.href;
    },
    "self with another type": set("/links/self/type", "application/vnd.api+json"),
    "an item without a cursor": set("/data/0/meta", undefined),
    "two items of one cursor": ({ body }) => {
      body.data[0].meta = body.data[1].meta;
    },
    "no next": set("/links/next", undefined),
    "no prev": set("/links/prev", undefined),
  },
  single: {
    "many instead of one": ({ body }) => {
      body.data = [body.data];
    },
    "another resource": set("/data/id", "0000abc3-0000-4000-8000-000000000002"),
    null: set("/data", null),
    "a page link": set("/links/next", null),
    "an entity tag that is none": header("etag", "x"),
  },
  fieldset: {
    "a field that was not asked for": set("/data/attributes/slug", "x"),
    "included unasked": set("/included", []),
  },
  linkage: {
    "whole resources": set("/data/0/attributes", { name: "red" }),
    "no related": set("/links/related", undefined),
    "an identifier twice": ({ body }) => {
      body.data[1] = body.data[0];
    },
    "an identifier without id": set("/data/0/id", undefined),
  },
  toOne: { "an identifier without type": set("/data/type", undefined), text: set("/data", "x") },
  creation: {
    "no Location": header("location", undefined),
    "another Location": header("location", `${PUBLIC_URL}${FIRST}`),
    "no resource": both(set("/data", undefined), set("/meta", {})),
  },
  acceptance: {
    "neither data nor meta": set("/meta", undefined),
    data: set("/data", null),
    "a name that is none in meta": set("/meta/a b!", 1),
  },
  faults: {
    "no errors": set("/errors", undefined),
    "errors are an object": set("/errors", {}),
    "errors are empty": set("/errors", []),
    "an error is text": set("/errors/0", "x"),
    "an unknown member of an error": set("/errors/0/foo", 1),
    "no title": set("/errors/0/title", undefined),
    "no code": set("/errors/0/code", ""),
    "a number as status": set("/errors/0/status", 422),
    "a status that is none": set("/errors/0/status", "200"),
    "a status other than the answer's": both(set("/errors/0/status", "409"), set("/errors/1/status", "409")),
    "several statuses under one of them": set("/errors/0/status", "409"),
    "the id of another request": set("/errors/0/id", "x"),
    "one id twice": ({ body }) => {
      body.errors[1].id = body.errors[0].id;
    },
    "a source that says nothing": set("/errors/0/source", {}),
    "a source that says two things": set("/errors/0/source/header", "Accept"),
    "an unknown member of a source": set("/errors/0/source", { line: 1 }),
    "a pointer to nothing": set("/errors/0/source/pointer", "/data/attributes/nope"),
    "a pointer that is none": set("/errors/0/source/pointer", "data/attributes"),
    "meta is text": set("/errors/0/meta", "x"),
    "a success's status": (answer) => {
      answer.status = 200;
    },
  },
  parameter: { "a parameter that was not sent": set("/errors/0/source/parameter", "include") },
  profileFault: {
    "links are a list": set("/errors/0/links", []),
    "an unknown link": set("/errors/0/links/self", PUBLIC_URL),
    "a list of links": set("/errors/0/links/type", [`${CURSORS}max-size-exceeded`]),
    "a link that is no URI": set("/errors/0/links/type", "max-size-exceeded"),
  },
  method: { "405 without Allow": header("allow", undefined) },
  deletion: {
    "204 with a document": (answer) => {
      answer.text = "{}";
    },
  },
  results: {
    "no ext in the media type": header("content-type", "application/vnd.api+json"),
    "no ext in the document": set("/jsonapi/ext", undefined),
    "data beside results": set("/data", null),
    "errors beside results": set("/errors", []),
    "results are an object": set("/atomic:results", {}),
    "results are empty": set("/atomic:results", []),
    "one result too few": ({ body }) => body["atomic:results"].pop(),
    "a result is null": set("/atomic:results/2", null),
    "an unknown member of a result": set("/atomic:results/2/links", {}),
    "a result's meta is text": set("/atomic:results/2/meta", "x"),
    "an identifier as data": set("/atomic:results/0/data", article("first")),
    "data of another type": ({ body }) => {
      body["atomic:results"].splice(0, 2, body["atomic:results"][1], body["atomic:results"][0]);
    },
    "what was made is not shown": set("/atomic:results/1/data", undefined),
    "a change of a relationship shows something": ({ body }) => {
      body["atomic:results"][2] = body["atomic:results"][0];
    },
    "another status": (answer) => {
      answer.status = 201;
    },
  },
};

interface Sample {
  readonly request: Parameters<typeof checkAnswer>[0];
  readonly answer: Answer;
}

async function answers(server: ArticlesServer): Promise<Map<string, Sample>> {
  const found = new Map<string, Sample>();
  for (const [name, [method, url, body]] of Object.entries(REQUESTS)) {
    const answer = await server.ask(method, url, { as: "editor", body });
    found.set(name, { request: { method, url, payload: JSON.stringify(body), baseUrl: PUBLIC_URL }, answer });
  }
  const payload = JSON.stringify({ "atomic:operations": RESULTS });
  const request = { method: "POST", url: "/api/operations", payload, baseUrl: PUBLIC_URL };
  return found.set("results", { request, answer: await operate(server, RESULTS) });
}

void t.test("the check of answers takes what is right, and refuses whatever is broken", async (t) => {
  const samples = await answers(await makeArticles(t));
  t.same([...samples.keys()].sort(), Object.keys(BREAKS).sort());
  for (const [name, { request, answer }] of samples) {
    const { status, headers, text } = answer;
    t.doesNotThrow(() => void checkAnswer(request, { status, headers, text }), name);
    for (const [what, run] of Object.entries(BREAKS[name] ?? {})) {
      const broken: Broken = { status, headers: { ...headers }, text: "", body: text === "" ? {} : JSON.parse(text) };
      run(broken);
      const sent = { ...broken, text: broken.text === "" && text !== "" ? JSON.stringify(broken.body) : broken.text };
      t.not(
        sent.text + JSON.stringify(sent.headers) + String(sent.status),
        text + JSON.stringify(headers) + String(status),
        what,
      );
      t.throws(() => void checkAnswer(request, sent), /is answered against JSON:API/, `${name}: ${what}`);
    }
  }
});
