import type { PageLimits } from "../read/page.ts";

/** What holds for all endpoints alike, in CommonMark: once, instead of at each of them. OpenAPI 3.1.0, "Info Object". */
export function introduction(own: string, prefix: string, { defaultSize, maxSize }: PageLimits): string {
  return `${own}

Resources follow [JSON:API 1.1](https://jsonapi.org/format/1.1/). Bodies are \`application/vnd.api+json\`; so are answers, whatever of JSON \`Accept\` allows. \`HEAD\` and \`OPTIONS\` work everywhere; any other method that a URL does not know is answered 405.

**Which part of it.** \`include\` sends related resources along, \`fields[TYPE]\` leaves out what it does not name, \`sort\` orders, \`filter\` chooses, \`page\` cuts. Values of several are comma-separated, repeated, or written \`name[]=\`.

**Filters.** \`filter[NAME]=value\`, or with an operator \`filter[NAME][OPERATOR]=value\`. All of them must hold.

| operator | holds for |
| --- | --- |
| none, \`eq\`, \`in\` | any of the values |
| \`ne\`, \`nin\` | none of the values |
| \`lt\`, \`lte\`, \`gt\`, \`gte\` | less, at most, more, at least |
| \`like\`, \`ilike\` | text like the pattern, in which \`*\` stands for anything; \`ilike\` takes upper and lower case as the same |
| \`null\` | \`true\`: no value; \`false\`: any |

A name may be a path through relationships of up to four names, with any of these operators behind it. Listed below are names of the type itself with the operators that fit them, and paths over one relationship.

**Pages.** By \`page[number]\` and \`page[size]\`, by \`page[offset]\` and \`page[limit]\`, or by cursor ([profile](https://jsonapi.org/profiles/ethanresnick/cursor-pagination/)): \`page[after]=\` for the first one. ${String(defaultSize)} resources unless asked otherwise, ${String(maxSize)} at most. Every order is stable.

**Changes that cross.** Single resources have an \`ETag\`. Sent back as \`If-Match\` it makes a change fail with 412 where somebody else was faster.

**Several changes at once** go to \`POST ${prefix}/operations\`, all of them or none.

**Errors** come as a document of \`errors\`. Branch on \`code\`: it is stable. The \`id\` of an error is that of the request, as in the header \`X-Request-Id\`.`;
}
