import { changed, FIRST, newArticle, samples } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeAdmin } from "../fixtures/people.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms, outOfReach } = section("format", "Member names", import.meta.url);

/** Every member name at any depth. */
function namesIn(value: Json, names = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return names;
  for (const [name, item] of Object.entries(value as object)) {
    if (!Array.isArray(value)) names.add(name);
    namesIn(item, names);
  }
  return names;
}

/** All names that documents of either server use, but for those of the extension. */
async function allNames(t: Parameters<typeof makeApp>[0]): Promise<string[]> {
  const names = new Set<string>();
  for (const { body } of (await samples(await makeArticles(t))).values()) namesIn(body, names);
  const app = await makeApp(t);
  const { token } = await makeAdmin(app);
  for (const url of ["/v1/users?include=roles,sessions", "/v1/roles", "/v1/sessions?nope=1"]) {
    namesIn((await app.ask("GET", url, { token })).body, names);
  }
  return [...names].filter((name) => name !== "atomic:results");
}

conforms(
  { anchor: "document-member-names", level: "MUST", says: "Member names are treated as case sensitive" },
  async (t) => {
    const server = await makeArticles(t);
    const body = newArticle({ Title: "Other" });
    const answer = await server.ask("POST", "/api/articles", { as: "editor", body });
    t.same(faultsIn(answer), ["422 /data/attributes/Title"]);
    t.same(faultsIn(await server.get("/api/articles?sort=Title")), ["400 sort"]);
    t.same(faultsIn(await server.get("/api/articles?include=Author")), ["400 include"]);
    t.same(faultsIn(await server.get("/api/articles?fields[articles]=TITLE")), ["400 fields[articles]"]);
    const upper = { data: { TYPE: "articles", ...newArticle().data, type: undefined } };
    t.equal((await server.ask("POST", "/api/articles", { as: "editor", body: upper })).status, 400);
  },
);
conforms(
  { anchor: "document-member-names", level: "MUST", says: "Member names contain at least one character" },
  async (t) => {
    const names = await allNames(t);
    t.ok(names.length > 60, String(names.length));
    t.notOk(names.includes(""));
    const server = await makeArticles(t);
    const answer = await server.ask("POST", "/api/articles", { as: "editor", body: newArticle({ "": 1 }) });
    t.same(faultsIn(answer), ["422 /data/attributes/"]);
  },
);
conforms(
  { anchor: "document-member-names", level: "MUST", says: "Member names contain only the allowed characters" },
  async (t) => {
    for (const name of await allNames(t)) t.match(name, /^[a-zA-Z0-9\u0080-\uffff_ -]+$/u);
  },
);
conforms(
  {
    anchor: "document-member-names",
    level: "MUST",
    says: "Member names start and end with a globally allowed character",
  },
  async (t) => {
    for (const name of await allNames(t)) t.match(name, /^[a-zA-Z0-9](.*[a-zA-Z0-9])?$/);
  },
);
conforms(
  {
    anchor: "document-member-names",
    level: "RECOMMENDED",
    says: "Member names use only non-reserved, URL safe characters specified in RFC 3986",
  },
  async (t) => {
    for (const name of await allNames(t)) t.equal(encodeURIComponent(name), name);
  },
);
outOfReach({
  anchor: "document-member-names-allowed-characters",
  level: "MAY",
  says: "The globally allowed characters are used anywhere in a member name",
  why: "an allowance for names; those here are camelCase, which the statements beside this one test",
});
conforms(
  {
    anchor: "document-member-names-reserved-characters",
    level: "MUST NOT",
    says: "Reserved characters are not used in implementation and profile defined member names",
  },
  async (t) => {
    for (const name of await allNames(t)) t.notMatch(name, /[+,.[\]!"#$%&'()*/:;<=>?@\\^`{|}~\u007f]|\p{Cc}/u);
  },
);
outOfReach({
  anchor: "document-member-names-at-members",
  level: "MAY",
  says: "Member names begin with an at sign; @-Members appear anywhere in a document",
  why: "no document of this server has any",
});
conforms(
  {
    anchor: "document-member-names-at-members",
    level: "MUST",
    says: "@-Members are ignored when interpreting the specification's definitions and processing instructions",
  },
  async (t) => {
    const server = await makeArticles(t);
    const made = newArticle({ "@context": "https://schema.org", "@type": "Article" }, { "@id": "x" });
    made["@graph"] = [];
    made.data.relationships["@rel"] = "none";
    made.data.relationships.author["@x"] = 1;
    made.data.relationships.author.data["@y"] = 1;
    const answer = await server.ask("POST", "/api/articles", { as: "editor", body: made });
    t.equal(answer.status, 201, answer.text);
    t.notMatch(answer.text, "schema.org");
    const body = changed("first", { "@title": "No", title: "Yes" });
    t.equal((await server.ask("PATCH", FIRST, { as: "editor", body })).body.data.attributes.title, "Yes");
    const empty = { data: { type: "articles", attributes: {}, relationships: { author: { "@data": null } } } };
    const refused = await server.ask("POST", "/api/articles", { as: "editor", body: empty });
    t.same(faultsIn(refused), ["400 /data/relationships/author"], "they do not stand for what must be there");
  },
);
for (const says of [
  "The name of every new member introduced by an extension is prefixed with the extension's namespace followed by a colon",
  "The remainder of an extension member's name adheres to the rules for implementation defined member names",
]) {
  outOfReach({
    anchor: "extension-members",
    level: "MUST",
    says,
    why: "for authors of extensions; that results stand under `atomic:results` is tested with the extension",
  });
}
