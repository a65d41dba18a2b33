import { errorSchemas } from "../../errors/responses.ts";
import { arrayOf, object, reference, URI, type Schema } from "./schema.ts";

const pageLink = (description: string): Schema => ({ type: ["string", "null"], format: "uri", description });
/** JSON:API 1.1, "Top Level": a document that has a profile applied names it in the link to itself. */
const pageSelf: Schema = {
  anyOf: [URI, object({ href: URI, type: { type: "string" } })],
  description: "With cursor pagination an object, whose `type` names the profile.",
};
const count: Schema = { type: "integer", minimum: 0 };

/** What documents of all types share. JSON:API 1.1, "Document Structure". */
export function sharedSchemas(typeSchemas: readonly string[]): Record<string, Schema> {
  return {
    ...errorSchemas,
    ResourceLinks: object({ self: URI }),
    RelationshipLinks: object({ self: URI, related: URI }),
    DocumentLinks: object({ self: URI, describedby: URI }, ["self"]),
    LinkageLinks: object({ self: URI, related: URI, describedby: URI }, ["self", "related"]),
    PagedDocumentLinks: object({ self: pageSelf, describedby: URI }, ["self"]),
    PagedLinkageLinks: object({ self: pageSelf, related: URI, describedby: URI }, ["self", "related"]),
    PageLinks: object({
      first: pageLink("The first page."),
      prev: pageLink("The page before; null on the first."),
      next: pageLink("The next page; null on the last."),
      last: pageLink("The last page."),
    }),
    CollectionMeta: object(
      {
        total: { ...count, description: "Resources on all pages; not told by cursor pagination." },
        page: object(
          {
            number: { type: "integer", minimum: 1 },
            offset: count,
            limit: count,
            size: count,
            total: count,
            rangeTruncated: {
              type: "boolean",
              const: true,
              description: "There is more between page[after] and page[before].",
            },
          },
          [],
          { description: "The page, in the words that it was asked for." },
        ),
      },
      ["page"],
    ),
    ItemMeta: object({ page: object({ cursor: { type: "string" } }) }, [], {
      description: "With cursor pagination: the item's own cursor.",
    }),
    AnyResource: { oneOf: typeSchemas.map(reference), description: "A resource of any type; `type` says of which." },
    Included: arrayOf(reference("AnyResource"), { description: "There when the request has `include`." }),
    AcceptedDocument: object({
      jsonapi: reference("JsonapiObject"),
      meta: object({ message: { type: "string" } }, []),
    }),
  };
}
