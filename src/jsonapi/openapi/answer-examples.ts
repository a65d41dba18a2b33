import type { PageLimits } from "../read/page.ts";
import type { Registry, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { EXAMPLE_ID, linkageExample, operationsExample, valueExamples } from "./examples.ts";
import { attributesOf, isEverShown, isShownOnce } from "./members.ts";

/** Example answers. Made, since what a viewer makes of the schemas by itself is pages long. */

const JSONAPI = { version: "1.1" };

/**
 * @param base what the URLs of resources begin with
 * @param isNew with what only the answer to a creation shows
 * @param url where the document stands, if not at the resource's own
 */
export function documentExample<Caller>(
  type: ResourceType<Caller>,
  base: string,
  isNew = false,
  url = `${base}/${type.name}/${EXAMPLE_ID}`,
) {
  return { jsonapi: JSONAPI, links: { self: url }, data: resourceExample(type, base, isNew) };
}

export function collectionExample<Caller>(
  type: ResourceType<Caller>,
  url: string,
  { base, pageLimits }: { readonly base: string; readonly pageLimits: PageLimits },
) {
  const { links, meta } = page(url, pageLimits);
  return { jsonapi: JSONAPI, links, data: [resourceExample(type, base, false)], meta };
}

export function linkageDocumentExample<Caller>(
  relationship: ResourceRelationship<Caller>,
  { base, pageLimits }: { readonly base: string; readonly pageLimits: PageLimits },
) {
  const { name, owner, to } = relationship;
  const links = linksOf(`${base}/${owner.name}/${EXAMPLE_ID}`, name);
  const data = linkageExample(relationship);
  if (to === "one") return { jsonapi: JSONAPI, links, data };
  const paged = page(links.self, pageLimits);
  return { jsonapi: JSONAPI, links: { ...links, ...paged.links }, data, meta: paged.meta };
}

/** What came of operationsExample(). */
export function resultsExample<Caller>(registry: Registry<Caller>, base: string, ext: string) {
  const results = operationsExample(registry).map(({ data }) => {
    const type = "type" in data ? registry.get(data.type) : undefined;
    return type === undefined ? {} : { data: resourceExample(type, base, false) };
  });
  return { jsonapi: { ...JSONAPI, ext: [ext] }, "atomic:results": results };
}

function page(url: string, { defaultSize: size }: PageLimits) {
  const first = `${url}?page%5Bnumber%5D=1&page%5Bsize%5D=${String(size)}`;
  return {
    links: { self: url, first, prev: null, next: null, last: first },
    meta: { total: 1, page: { number: 1, size, total: 1 } },
  };
}

function resourceExample<Caller>(type: ResourceType<Caller>, base: string, isNew: boolean) {
  const shown = attributesOf(type, (attribute) => isEverShown(attribute) && (isNew || !isShownOnce(attribute)));
  const self = `${base}/${type.name}/${EXAMPLE_ID}`;
  const relationships = [...type.relationships.keys()].map((name) => [name, { links: linksOf(self, name) }] as const);
  return {
    type: type.name,
    id: EXAMPLE_ID,
    attributes: valueExamples(shown),
    ...(relationships.length === 0 ? {} : { relationships: Object.fromEntries(relationships) }),
    links: { self },
  };
}

function linksOf(resource: string, name: string) {
  return { self: `${resource}/relationships/${name}`, related: `${resource}/${name}` };
}
