import { CURSORS, TAGS, WITH_CURSORS } from "../fixtures/articles/documents.ts";
import { page } from "../fixtures/articles/pages.ts";
import { makeArticles } from "../fixtures/articles/server.ts";
import { makeApp } from "../fixtures/app.ts";
import { section } from "../fixtures/conformance.ts";
import { makeAdmin } from "../fixtures/people.ts";

const { conforms, outOfReach } = section("cursors", "Error cases", import.meta.url);

conforms(
  {
    anchor: "errors-unsupported-sort",
    level: "MUST",
    says: "The server responds to an unsupported sort with `400 Bad Request`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const query of ["sort=author.name", "sort=title,-sequelTo.title", "sort=author.name&page[after]="]) {
      t.equal((await page(server, query)).status, 400, query);
    }
    t.equal((await page(server, "sort=title")).status, 200);
  },
);
conforms(
  {
    anchor: "errors-unsupported-sort",
    level: "MUST",
    says: "The document contains an error object that identifies `sort` as its `source`, and has the `type` link `…/unsupported-sort`",
  },
  async (t) => {
    const { headers, body } = await page(await makeArticles(t), "sort=author.name");
    t.match(body.errors, [{ source: { parameter: "sort" }, links: { type: `${CURSORS}unsupported-sort` } }]);
    t.equal(headers["content-type"], WITH_CURSORS);
    const app = await makeApp(t);
    const { token } = await makeAdmin(app);
    const refused = await app.ask("GET", "/v1/sessions?page[after]=&sort=user.email", { token });
    t.equal(refused.body.errors[0].links.type, `${CURSORS}unsupported-sort`);
  },
);
conforms(
  {
    anchor: "errors-max-page-size-exceeded",
    level: "MUST",
    says: "The server responds to an exceeded page size with `400 Bad Request`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const url of ["/api/articles", TAGS]) {
      t.equal((await page(server, "page[size]=51", url)).status, 400, url);
      t.equal((await page(server, "page[size]=50", url)).status, 200, url);
    }
  },
);
conforms(
  {
    anchor: "errors-max-page-size-exceeded",
    level: "MUST",
    says: "The error has `page[size]` as `source`, the maximum in `meta.page.maxSize`, and the `type` link `…/max-size-exceeded`",
  },
  async (t) => {
    const { headers, body } = await page(await makeArticles(t), "page[size]=51");
    t.match(body.errors, [
      {
        source: { parameter: "page[size]" },
        meta: { page: { maxSize: 50 } },
        links: { type: `${CURSORS}max-size-exceeded` },
      },
    ]);
    t.equal(headers["content-type"], WITH_CURSORS);
  },
);
conforms(
  {
    anchor: "errors-invalid-query-parameter",
    level: "MUST",
    says: "The server responds with 400 and an error object that identifies the problematic parameter in its `source`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [query, parameter] of [
      ["page[size]=0", "page[size]"],
      ["page[size]=x&page[after]=", "page[size]"],
      ["page[after]=x", "page[after]"],
      ["page[before]=x", "page[before]"],
      ["page[after]=&page[number]=1", "page[number]"],
      ["page[after]=&page[after]=", "page[after]"],
      ["page[cursor]=x", "page[cursor]"],
    ] as const) {
      const { status, body } = await page(server, query);
      t.same([status, body.errors[0].source], [400, { parameter }], query);
    }
  },
);
for (const says of [
  "The server responds to an unsupported range pagination request with `400 Bad Request`",
  "The document contains an error object that has the `type` link `…/range-pagination-not-supported`",
]) {
  outOfReach({
    anchor: "errors-range-pagination-not-supported",
    level: "MUST",
    says,
    why: "range pagination is supported",
  });
}
