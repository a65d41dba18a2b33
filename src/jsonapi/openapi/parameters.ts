import type { ResourceType } from "../resource/registry.ts";
import type { Schema } from "./schemas.ts";

/** A parameter object. OpenAPI 3.1.0, "Parameter Object". */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly required?: true;
  readonly description?: string;
  readonly schema: Schema;
  readonly style?: "form";
  readonly explode?: false;
}

export const ID_PARAMETER: Parameter = {
  name: "id",
  in: "path",
  required: true,
  schema: { type: "string", format: "uuid" },
};

/** Comma-separated. */
function listParameter(name: string, items: Schema, description: string): Parameter {
  return { name, in: "query", description, style: "form", explode: false, schema: { type: "array", items } };
}

/** `include` and `fields`: what any document may be asked for. */
export function resourceParameters<Caller>(type: ResourceType<Caller>): Parameter[] {
  const fields = [...type.attributes.keys(), ...type.relationships.keys()];
  return [
    ...(type.relationships.size > 0
      ? [
          listParameter(
            "include",
            { type: "string" },
            `Paths of relationships, such as ${[...type.relationships.keys()].join(", ")}.`,
          ),
        ]
      : []),
    listParameter(
      `fields[${type.name}]`,
      { type: "string", enum: fields },
      "The fields to show; other types likewise.",
    ),
  ];
}

/** Those of resourceParameters(), and what makes a list: `sort`, `filter`, `page`. */
export function collectionParameters<Caller>(type: ResourceType<Caller>): Parameter[] {
  const attributes = [...type.attributes.values()];
  const sorts = ["id", ...attributes.filter(({ sort }) => sort === true).map(({ name }) => name)];
  const text: Schema = { type: "string" };
  const filters = [
    listParameter("filter[id]", { type: "string", format: "uuid" }, "Any of these ids."),
    ...attributes
      .filter(({ filter }) => filter === true)
      .map(({ name }) =>
        listParameter(
          `filter[${name}]`,
          text,
          "Any of these values. With an operator behind it: [ne], [lt], [like] and so on.",
        ),
      ),
    ...[...type.relationships.keys()].map((name) =>
      listParameter(
        `filter[${name}]`,
        { type: "string", format: "uuid" },
        "Linked to any of these. A path behind it leads on.",
      ),
    ),
  ];
  const number = (name: string, description: string): Parameter => ({
    name,
    in: "query",
    description,
    schema: { type: "integer", minimum: name === "page[offset]" ? 0 : 1 },
  });
  const cursor = (name: string, description: string): Parameter => ({ name, in: "query", description, schema: text });
  return [
    ...resourceParameters(type),
    listParameter("sort", { type: "string", enum: sorts.flatMap((name) => [name, `-${name}`]) }, "- for descending."),
    ...filters,
    number("page[number]", "From 1."),
    number("page[size]", "Resources on a page."),
    number("page[offset]", "The same in other words: resources before the page."),
    number("page[limit]", "Resources on a page, with page[offset]."),
    cursor("page[after]", "From this cursor on; empty for the beginning."),
    cursor("page[before]", "Up to this cursor; empty for the end."),
  ];
}
