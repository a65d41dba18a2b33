/** The clients that the tests here run, as docs/clients.md lists them. What the table says is what the tests hold it to. */
export interface Client {
  /** Other packages that it cannot do without. */
  readonly with?: readonly string[];
  /** The methods that its story sends. */
  readonly verbs: readonly string[];
  readonly paging: string;
}

export type ClientName = keyof typeof clients;

export const clients = {
  kitsu: {
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "any `page[…]`; follows `links.next` by `request()`",
  },
  "devour-client": {
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "any `page[…]`; follows `links.next` by `request()`",
  },
  "@orbit/jsonapi": {
    with: ["@orbit/data", "@orbit/records"],
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "`page[offset]`, `page[limit]`",
  },
  coloquent: {
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "`page[offset]`, `page[limit]`, 50 at a time; or `page[number]`, `page[size]`",
  },
  spraypaint: {
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "`page[number]`, `page[size]`",
  },
  "@datx/jsonapi": {
    with: ["@datx/core", "mobx"],
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "follows `links.next`; what comes first it is told as it stands in the URL",
  },
  "@transifex/jsonapi": {
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "any `page[…]`; `all()` follows `links.next`",
  },
  jsona: {
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "none: it reads and writes documents, and `fetch` does the rest",
  },
  "jsonapi-react": {
    with: ["react", "react-dom"],
    verbs: ["GET", "POST", "PATCH", "DELETE"],
    paging: "any `page[…]`",
  },
} satisfies Record<string, Client>;
