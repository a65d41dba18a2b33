import { FIRST, tag, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, idsOf, makeArticles, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";

const { conforms } = section("format", "Sorting", import.meta.url);

const titles = async (server: ArticlesServer, query: string) =>
  ((await server.get(`/api/articles?${query}`, "editor")).body.data as { attributes: { title: string } }[]).map(
    ({ attributes }) => attributes.title,
  );
conforms(
  { anchor: "fetching-sorting", level: "MAY", says: "A server supports requests to sort resource collections" },
  async (t) => {
    const server = await makeArticles(t);
    t.same(await titles(server, "sort=title"), ["First", "Fourth", "Second", "Third"]);
    t.same(await titles(server, "sort=-createdAt,-title"), ["Third", "Second", "Fourth", "First"]);
  },
);
conforms(
  {
    anchor: "fetching-sorting",
    level: "MAY",
    says: "An endpoint supports requests to sort the primary data with a `sort` query parameter",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [`${FIRST}/tags`, TAGS]) {
      t.match((await server.get(`${url}?sort=name`)).body.data, [tag("green"), tag("red")], url);
    }
  },
);
conforms(
  { anchor: "fetching-sorting", level: "MUST", says: "The value for `sort` represents sort fields" },
  async (t) => {
    const server = await makeArticles(t);
    t.same(await titles(server, "sort=author.name,title"), ["First", "Third", "Second", "Fourth"]);
    for (const sort of ["nope", "author.nope", "%2Btitle", "--title", "title:asc", "title,", "-"]) {
      t.same(faultsIn(await server.get(`/api/articles?sort=${sort}`)), ["400 sort"], sort);
    }
  },
);
conforms(
  { anchor: "fetching-sorting", level: "MAY", says: "An endpoint supports multiple, comma-separated sort fields" },
  async (t) => {
    t.same(await titles(await makeArticles(t), "sort=-rating,title"), ["First", "Fourth", "Third", "Second"]);
  },
);
conforms(
  { anchor: "fetching-sorting", level: "SHOULD", says: "Sort fields are applied in the order specified" },
  async (t) => {
    const server = await makeArticles(t);
    t.same(await titles(server, "sort=rating,-title"), ["Second", "Third", "Fourth", "First"]);
    t.same(await titles(server, "sort=-title,rating"), ["Third", "Second", "Fourth", "First"]);
  },
);
conforms(
  {
    anchor: "fetching-sorting",
    level: "MUST",
    says: "The sort order for each sort field is ascending unless it is prefixed with a minus, in which case it is descending",
  },
  async (t) => {
    const server = await makeArticles(t);
    const ascending = await titles(server, "sort=slug");
    t.same(ascending, [...ascending].sort());
    t.same(await titles(server, "sort=-slug"), ascending.toReversed());
  },
);
conforms(
  {
    anchor: "fetching-sorting",
    level: "MUST",
    says: "400 if the server does not support sorting as specified in the query parameter `sort`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of [
      "/api/articles?sort=body",
      "/api/articles?sort=tags",
      "/api/articles?sort=tags.name",
      "/api/articles?sort=secretNote",
      "/api/articles?sort[title]=asc",
      `${FIRST}?sort=title`,
      `${FIRST}/author?sort=name`,
    ]) {
      const answer = await server.get(url);
      t.equal(answer.status, 400, url);
      t.match(answer.body.errors[0].source.parameter, /^sort/);
    }
  },
);
conforms(
  {
    anchor: "fetching-sorting",
    level: "MUST",
    says: "With `sort`, elements of the top-level `data` array are ordered according to the criteria specified",
  },
  async (t) => {
    const server = await makeArticles(t);
    const order = [articles.third, articles.second, articles.fourth, articles.first];
    t.same(idsOf(await server.get("/api/articles?sort=-title", "editor")), order);
    const pages = [1, 2].map((page) =>
      server.get(`/api/articles?sort=-title&page[number]=${String(page)}&page[size]=2`, "editor"),
    );
    t.same((await Promise.all(pages)).flatMap(idsOf), order, "over all pages");
  },
);
conforms(
  {
    anchor: "fetching-sorting",
    level: "MAY",
    says: "The server applies default sorting rules to top-level `data` if `sort` is not specified",
  },
  async (t) => {
    const server = await makeArticles(t);
    const ids = idsOf(await server.get("/api/articles", "editor"));
    t.same(ids, [...ids].sort());
    t.same(idsOf(await server.get("/api/articles?sort=", "editor")), ids);
  },
);
