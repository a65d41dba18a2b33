import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";
import type { Components } from "./components.ts";
import { linkErrors, listErrors, neverErrors, readErrors, type LinkChange } from "./endpoint-errors.ts";
import { collectionExample, documentExample, linkageDocumentExample } from "./answer-examples.ts";
import { EXAMPLE_ID, linkageExample } from "./examples.ts";
import { capital, oneOf, singular, withArticle } from "./names.ts";
import { answer, NOT_MODIFIED, nothingToShow, operation } from "./operation.ts";
import { linkageParameters, listParameters, resourceParameters } from "./parameters.ts";
import { linkageDocument } from "./resource-schemas.ts";
import { object, reference } from "./schema.ts";
import { isOpenToRead, readRefusals, shared, type PathOptions } from "./path-options.ts";
import { sentLinkage } from "./write-schemas.ts";

/** The paths of what the relationships of a type lead to, and of the relationships themselves. */
export function relationshipPaths<Caller>(
  type: ResourceType<Caller>,
  components: Components,
  options: PathOptions<Caller>,
): Record<string, unknown> {
  const resource = `${options.prefix}/${type.name}/{id}`;
  const paths: Record<string, unknown> = {};
  for (const relationship of type.relationships.values()) {
    paths[`${resource}/${relationship.name}`] = {
      parameters: shared(components, "id"),
      get: related(relationship, components, options),
    };
    paths[`${resource}/relationships/${relationship.name}`] = {
      parameters: shared(components, "id"),
      get: linkage(relationship, components, options),
      patch: change(relationship, "replace", components),
      post: change(relationship, "add", components),
      delete: change(relationship, "remove", components),
    };
  }
  return paths;
}

function related<Caller>(
  { name, to, owner, target }: ResourceRelationship<Caller>,
  components: Components,
  options: PathOptions<Caller>,
) {
  const isOpen = isOpenToRead(owner, options);
  const one = withArticle(singular(owner.name));
  const parameters = components.use(resourceParameters(target));
  const url = `${options.base}/${owner.name}/${EXAMPLE_ID}/${name}`;
  if (to === "many") {
    return operation(components, {
      operationId: `list${capital(name)}Of${oneOf(owner.name)}`,
      summary: `List the ${name} of ${one}`,
      tag: owner.name,
      parameters: [...parameters, ...components.use(listParameters(target, options.pageLimits))],
      answers: {
        "200": answer(`A page of ${target.name}.`, reference(`${oneOf(target.name)}Collection`), {
          example: collectionExample(target, url, options),
        }),
      },
      errors: listErrors(readRefusals(owner, options), true),
      isOpen,
    });
  }
  const document = reference(`Nullable${oneOf(target.name)}Document`);
  return operation(components, {
    operationId: `get${capital(name)}Of${oneOf(owner.name)}`,
    summary: `Read the ${name} of ${one}`,
    tag: owner.name,
    parameters: [...parameters, ...shared(components, "ifNoneMatch")],
    answers: {
      "200": answer("The resource, or null.", document, {
        headers: ["ETag"],
        example: documentExample(target, options.base, false, url),
      }),
      "304": NOT_MODIFIED,
    },
    errors: readErrors(readRefusals(owner, options)),
    isOpen,
  });
}

function linkage<Caller>(
  relationship: ResourceRelationship<Caller>,
  components: Components,
  options: PathOptions<Caller>,
) {
  const { name, to, owner, target } = relationship;
  const isOpen = isOpenToRead(owner, options);
  const isMany = to === "many";
  return operation(components, {
    operationId: `get${capital(name)}LinkageOf${oneOf(owner.name)}`,
    summary: `Read which ${name} ${withArticle(singular(owner.name))} is linked to`,
    ...(isMany ? { description: "The entity tag is there when the answer holds the whole relationship." } : {}),
    tag: owner.name,
    parameters: [
      ...components.use(linkageParameters(owner, target, name)),
      ...(isMany ? components.use(listParameters(target, options.pageLimits)) : []),
      ...shared(components, "ifNoneMatch"),
    ],
    answers: {
      "200": answer("Resource identifiers.", reference(linkageDocument(relationship)), {
        headers: ["ETag"],
        example: linkageDocumentExample(relationship, options),
      }),
      "304": NOT_MODIFIED,
    },
    errors: isMany ? listErrors(readRefusals(owner, options), true) : readErrors(readRefusals(owner, options)),
    isOpen,
  });
}

const DONE = { replace: "Replaced.", add: "Added.", remove: "Removed." } as const;

function change<Caller>(relationship: ResourceRelationship<Caller>, kind: LinkChange, components: Components) {
  const { to, owner, write } = relationship;
  const isAllowed = write !== undefined && (to === "many" || kind === "replace");
  const { operationId, summary } = wordsOf(relationship, kind);
  return operation(components, {
    operationId,
    summary: isAllowed ? summary : `${summary}: never allowed`,
    description: isAllowed
      ? WORDS[kind]
      : 'This relationship is not to be changed so. JSON:API 1.1, "Updating Relationships", asks for 403.',
    tag: owner.name,
    parameters: shared(components, "ifMatch"),
    body: {
      schema: object({ data: sentLinkage(relationship) }),
      example: { data: linkageExample(relationship) },
    },
    answers: isAllowed ? { "204": nothingToShow(DONE[kind]) } : {},
    errors: isAllowed ? linkErrors(relationship, kind) : neverErrors,
    isOpen: false,
  });
}

const WORDS: Readonly<Record<LinkChange, string>> = {
  replace: "The relationship then leads there, and nowhere else.",
  add: "What it leads to already is no fault.",
  remove: "What it does not lead to is no fault.",
};

function wordsOf<Caller>({ name, owner }: ResourceRelationship<Caller>, kind: LinkChange) {
  const members = capital(name);
  const one = withArticle(singular(owner.name));
  switch (kind) {
    case "replace":
      return { operationId: `replace${members}Of${oneOf(owner.name)}`, summary: `Replace the ${name} of ${one}` };
    case "add":
      return { operationId: `add${members}To${oneOf(owner.name)}`, summary: `Add ${name} to ${one}` };
    case "remove":
      return { operationId: `remove${members}From${oneOf(owner.name)}`, summary: `Remove ${name} from ${one}` };
  }
}
