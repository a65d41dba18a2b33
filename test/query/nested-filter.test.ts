import t from "tap";

import { idsOf, makeArticles } from "../fixtures/articles/server.ts";
import { articles } from "../fixtures/articles/tables.ts";

const { first, second, third, fourth } = articles;

/** Paths of several relationships, and what is not there at their ends. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["author.manager.name=Ada", [second]],
  ["author.manager][null]=true", [first, third]],
  ["author.manager][null]=false", [second, fourth]],
  ["author.reports][null]=true", [fourth]],
  ["author.reports.articles][null]=true", []],
  ["author.articles.sequelTo][null]=false", [second, fourth]],
  ["author.articles.sequelTo][null]=true", [first, third]],
  ["sequelTo.sequelTo][null]=true", [second, fourth]],
  ["tags.articles.author.name]=Ben", [first, second]],
  ["tags.articles.author.name][ne]=Ben", [first, second, third]],
  ["tags.articles.tags.name]=green", [first, second]],
  ["reviewers.articles.tags][null]=true", [second]],
  ["reviewers.articles.tags.name][like]=gr*", [second]],
];

void t.test("filters along several relationships find what is and what is not there", async (t) => {
  const server = await makeArticles(t);
  for (const [filter, expected] of CASES) {
    const query = filter.includes("]") ? `filter[${filter}` : `filter[${filter.replace("=", "]=")}`;
    t.same(idsOf(await server.get(`/api/articles?${query}&sort=id`, "editor")), expected, query);
  }
});
