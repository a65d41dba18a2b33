import { FIRST, TAGS } from "../fixtures/articles/documents.ts";
import { faultsIn, idsOf, makeArticles, PUBLIC_URL, type ArticlesServer } from "../fixtures/articles/server.ts";
import { articles, people } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import { hrefOf } from "../fixtures/document/links.ts";

const { conforms } = section("format", "Pagination and filtering", import.meta.url);

const titles = async (server: ArticlesServer, query: string) =>
  ((await server.get(`/api/articles?${query}`, "editor")).body.data as { attributes: { title: string } }[]).map(
    ({ attributes }) => attributes.title,
  );
conforms(
  {
    anchor: "fetching-pagination",
    level: "MAY",
    says: "A server limits the number of resources returned to a subset of the whole set",
  },
  async (t) => {
    const server = await makeArticles(t);
    const { body } = await server.get("/api/articles?page[size]=2&page[number]=2&sort=id", "editor");
    t.same(
      body.data.map(({ id }: { id: string }) => id),
      [articles.third, articles.fourth],
    );
    t.match(body.meta.page, { number: 2, size: 2, total: 4 });
    t.same(faultsIn(await server.get("/api/articles?page[size]=51")), ["400 page[size]"]);
  },
);
conforms(
  { anchor: "fetching-pagination", level: "MAY", says: "A server provides links to traverse a paginated data set" },
  async (t) => {
    const server = await makeArticles(t);
    for (const start of ["page[size]=1", "page[limit]=1", "page[after]=&page[size]=1"]) {
      const found: string[] = [];
      for (let url: string | null = `/api/articles?sort=-title&${start}`; url !== null;) {
        const answer = await server.get(url, "editor");
        found.push(...idsOf(answer));
        const next = hrefOf(answer.body.links.next) as string | null;
        url = next === null ? null : next.slice(PUBLIC_URL.length);
      }
      t.same(found, [articles.third, articles.second, articles.fourth, articles.first], start);
    }
  },
);
conforms(
  {
    anchor: "fetching-pagination",
    level: "MUST",
    says: "Pagination links appear in the links object that corresponds to a collection",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", TAGS, `${FIRST}/tags`, `/api/people/${people.ada}/articles`]) {
      const { links } = (await server.get(`${url}?page[size]=1`)).body;
      t.match(links.first, `${PUBLIC_URL}${url}?`, url);
    }
    t.notOk("first" in (await server.get(FIRST)).body.links);
    t.notOk("first" in (await server.get(`${FIRST}/author`)).body.links);
  },
);
conforms(
  {
    anchor: "fetching-pagination",
    level: "MUST",
    says: "The keys `first`, `last`, `prev` and `next` are used for pagination links",
  },
  async (t) => {
    const server = await makeArticles(t);
    const at = async (link: unknown) => idsOf(await server.get(String(link).slice(PUBLIC_URL.length), "editor"));
    const { links } = (await server.get("/api/articles?sort=id&page[size]=1&page[number]=3", "editor")).body;
    t.same(await at(links.first), [articles.first]);
    t.same(await at(links.prev), [articles.second]);
    t.same(await at(links.next), [articles.fourth]);
    t.same(await at(links.last), [articles.fourth]);
  },
);
conforms(
  {
    anchor: "fetching-pagination",
    level: "MUST",
    says: "Keys are either omitted or have a `null` value to indicate that a particular link is unavailable",
  },
  async (t) => {
    const server = await makeArticles(t);
    const links = async (query: string) => (await server.get(`/api/articles?${query}`)).body.links;
    const [first, last] = [await links("page[size]=2"), await links("page[size]=2&page[number]=2")];
    t.same([first.prev, typeof first.next], [null, "string"]);
    t.same([typeof last.prev, last.next], ["string", null]);
    const whole = await links("page[size]=50");
    t.same([whole.prev, whole.next], [null, null]);
  },
);
conforms(
  {
    anchor: "fetching-pagination",
    level: "MUST",
    says: "Concepts of order, as expressed in the naming of pagination links, remain consistent with the sorting rules",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const sort of ["title", "-title", "-rating"]) {
      const all = idsOf(await server.get(`/api/articles?sort=${sort}`, "editor"));
      const { links } = (await server.get(`/api/articles?sort=${sort}&page[size]=1&page[number]=2`, "editor")).body;
      const at = async (link: string) => idsOf(await server.get(link.slice(PUBLIC_URL.length), "editor"))[0];
      t.same(
        [await at(links.first), await at(links.prev), await at(links.next), await at(links.last)],
        [all[0], all[0], all[2], all[3]],
      );
    }
  },
);
conforms(
  {
    anchor: "fetching-pagination",
    level: "SHOULD",
    says: "Servers use the `page` query parameter family for pagination operations",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [given, size] of [
      ["page[number]=1&page[size]=2", 2],
      ["page[offset]=0&page[limit]=1", 1],
      ["page[after]=&page[size]=2", 2],
    ] as const) {
      t.equal((await server.get(`/api/articles?${given}`)).body.data.length, size, given);
    }
    for (const name of ["page", "page[nope]", "limit", "offset", "per_page", "cursor"]) {
      t.same(faultsIn(await server.get(`/api/articles?${name}=1`)), [`400 ${name}`], name);
    }
  },
);
conforms(
  {
    anchor: "fetching-filtering",
    level: "SHOULD",
    says: "Servers use the `filter` query parameter family for filtering operations",
  },
  async (t) => {
    const server = await makeArticles(t);
    t.same(await titles(server, "filter[title]=First"), ["First"]);
    t.same(await titles(server, "filter[rating][gte]=5&filter[author.name]=Cleo"), ["Fourth"]);
    for (const name of ["title", "where", "q", "filter", "filter[nope]"]) {
      t.same(faultsIn(await server.get(`/api/articles?${name}=First`)), [`400 ${name}`], name);
    }
  },
);
