import type { ResourceType } from "../resource/registry.ts";
import type { Components } from "./components.ts";
import { actionErrors, createErrors, deleteErrors, listErrors, readErrors, updateErrors } from "./endpoint-errors.ts";
import { collectionExample, documentExample } from "./answer-examples.ts";
import { changedExample, newExample } from "./examples.ts";
import { capital, manyOf, oneOf, singular, withArticle } from "./names.ts";
import { answer, NOT_MODIFIED, nothingToShow, operation } from "./operation.ts";
import { listParameters, resourceParameters } from "./parameters.ts";
import { isOpenToRead, readRefusals, shared, writeRefusals, type PathOptions } from "./path-options.ts";
import { relationshipPaths } from "./relationship-paths.ts";
import { createdDocument } from "./resource-schemas.ts";
import { reference } from "./schema.ts";

/** All paths of a type: its collection, its resources, and their relationships. */
export function typePaths<Caller>(
  type: ResourceType<Caller>,
  components: Components,
  options: PathOptions<Caller>,
): Record<string, unknown> {
  const collection = `${options.prefix}/${type.name}`;
  return {
    [collection]: collectionOperations(type, components, options),
    [`${collection}/{id}`]: resourceOperations(type, components, options),
    ...actionPaths(type, components, options),
    ...relationshipPaths(type, components, options),
  };
}

function actionPaths<Caller>(type: ResourceType<Caller>, components: Components, options: PathOptions<Caller>) {
  const paths: Record<string, unknown> = {};
  for (const [name, action] of Object.entries(type.definition.actions ?? {})) {
    const { summary, description, errors } = action;
    paths[`${options.prefix}/${type.name}/{id}/${name}`] = {
      parameters: shared(components, "id"),
      post: operation(components, {
        operationId: `perform${capital(name)}Of${oneOf(type.name)}`,
        summary,
        ...(description === undefined ? {} : { description }),
        tag: type.name,
        parameters: shared(components, "ifMatch"),
        answers: { "202": answer("Accepted.", reference("AcceptedDocument")) },
        errors: actionErrors(
          writeRefusals(type, options, (caller) => action.scope(caller)),
          errors,
        ),
        isOpen: false,
      }),
    };
  }
  return paths;
}

function collectionOperations<Caller>(
  type: ResourceType<Caller>,
  components: Components,
  options: PathOptions<Caller>,
) {
  const { name, definition } = type;
  const { create } = definition;
  const { base, pageLimits, nobody } = options;
  const isOpen = isOpenToRead(type, options);
  const mayCreate = nobody !== undefined && create?.access(nobody) === true;
  return {
    get: operation(components, {
      operationId: `list${manyOf(name)}`,
      summary: `List ${name}`,
      tag: name,
      parameters: components.use(new Map([...resourceParameters(type), ...listParameters(type, pageLimits)])),
      answers: {
        "200": answer(`A page of ${name}.`, reference(`${oneOf(name)}Collection`), {
          example: collectionExample(type, `${base}/${name}`, options),
        }),
      },
      errors: listErrors(readRefusals(type, options), false),
      isOpen,
    }),
    ...(create === undefined
      ? {}
      : {
          post: operation(components, {
            operationId: `create${oneOf(name)}`,
            summary: `Create ${withArticle(singular(name))}`,
            tag: name,
            parameters: components.use(resourceParameters(type)),
            body: { schema: reference(`${oneOf(name)}Creation`), example: { data: newExample(type) } },
            answers: {
              "201": answer("Created; Location says where it is.", reference(createdDocument(type)), {
                headers: ["Location"],
                example: documentExample(type, base, true),
              }),
              ...(create.mayBeAccepted === true
                ? { "202": answer("Accepted: what becomes of it is told elsewhere.", reference("AcceptedDocument")) }
                : {}),
            },
            errors: createErrors(type, mayCreate),
            isOpen: mayCreate,
          }),
        }),
  };
}

function resourceOperations<Caller>(type: ResourceType<Caller>, components: Components, options: PathOptions<Caller>) {
  const { name, definition } = type;
  const one = withArticle(singular(name));
  const schema = reference(`${oneOf(name)}Document`);
  const parts = { headers: ["ETag"], example: documentExample(type, options.base) };
  const document = answer("The resource.", schema, parts);
  const isOpen = isOpenToRead(type, options);
  return {
    parameters: shared(components, "id"),
    get: operation(components, {
      operationId: `get${oneOf(name)}`,
      summary: `Read ${one}`,
      tag: name,
      parameters: [...components.use(resourceParameters(type)), ...shared(components, "ifNoneMatch")],
      answers: { "200": document, "304": NOT_MODIFIED },
      errors: readErrors(readRefusals(type, options)),
      isOpen,
    }),
    ...(definition.update === undefined
      ? {}
      : {
          patch: operation(components, {
            operationId: `update${oneOf(name)}`,
            summary: `Change ${one}`,
            description: "What is not sent stays as it is.",
            tag: name,
            parameters: [...components.use(resourceParameters(type)), ...shared(components, "ifMatch")],
            body: { schema: reference(`${oneOf(name)}Update`), example: { data: changedExample(type) } },
            answers: { "200": answer("The resource as it is now.", schema, parts) },
            errors: updateErrors(type),
            isOpen: false,
          }),
        }),
    ...(definition.delete === undefined
      ? {}
      : {
          delete: operation(components, {
            operationId: `delete${oneOf(name)}`,
            summary: `Delete ${one}`,
            tag: name,
            parameters: shared(components, "ifMatch"),
            answers: { "204": nothingToShow("Deleted.") },
            errors: deleteErrors(writeRefusals(type, options, definition.delete.scope)),
            isOpen: false,
          }),
        }),
  };
}
