/** The clients that the tests here run, as docs/clients.md lists them. What can be measured is: the tests hold it to what was sent. */
export interface Client {
  /** Other packages that it cannot do without. */
  readonly with?: readonly string[];
  /** The methods that it sends to resources and collections. */
  readonly methods: readonly string[];
  /** Those that it sends to the URLs of relationships. */
  readonly linkMethods: readonly string[];
  readonly pages: readonly PageStyle[];
  /** How it gets to the next page, in Markdown. */
  readonly next: string;
}

/** `page[number]`, `page[offset]` or `page[after]`, with a size. */
export type PageStyle = "number" | "offset" | "cursor";

export type ClientName = keyof typeof clients;

const methods = ["GET", "POST", "PATCH", "DELETE"];
const allLinkMethods = ["GET", "POST", "PATCH", "DELETE"];

export const clients = {
  kitsu: {
    methods,
    linkMethods: allLinkMethods,
    pages: ["number", "cursor"],
    next: "`request()` with `links.next`",
  },
  "devour-client": {
    methods,
    linkMethods: allLinkMethods,
    pages: ["number"],
    next: "`request()` with `links.next`",
  },
  "@orbit/jsonapi": {
    with: ["@orbit/data", "@orbit/records"],
    methods,
    linkMethods: ["POST", "DELETE"],
    pages: ["offset"],
    next: "asks for the next offset",
  },
  coloquent: {
    methods,
    linkMethods: [],
    pages: ["offset", "number"],
    next: "asks for the next number, and counts offsets from it",
  },
  spraypaint: {
    methods,
    linkMethods: [],
    pages: ["number"],
    next: "asks for the next number",
  },
  "@datx/jsonapi": {
    with: ["@datx/core", "mobx"],
    methods,
    linkMethods: ["PATCH"],
    pages: ["number"],
    next: "`getAll()` follows `links.next`",
  },
  "@transifex/jsonapi": {
    methods,
    linkMethods: ["POST", "PATCH", "DELETE"],
    pages: ["number", "cursor"],
    next: "`all()` follows `links.next`",
  },
  jsona: {
    methods,
    linkMethods: ["POST", "PATCH", "DELETE"],
    pages: ["number"],
    next: "`fetch` with `links.next`",
  },
  "jsonapi-react": {
    with: ["react", "react-dom"],
    methods,
    linkMethods: ["POST", "PATCH", "DELETE"],
    pages: ["number"],
    next: "asks for the next number",
  },
} satisfies Record<string, Client>;
