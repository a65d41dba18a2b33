import type { ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { listParameter, parameter, type Parameter } from "./parameter.ts";
import { ID, type Schema } from "./schema.ts";

/** Those that make sense for the values of an attribute. `eq` goes without saying, `in` and `nin` are `eq` and `ne` with a list. */
const OPERATORS = {
  text: ["ne", "like", "ilike"],
  ordered: ["ne", "lt", "lte", "gt", "gte"],
  boolean: [],
} as const;

const WORDS = {
  ne: "None of these values.",
  lt: "Less than this.",
  lte: "This or less.",
  gt: "More than this.",
  gte: "This or more.",
  like: "Like any of these patterns; * stands for any text.",
  ilike: "As like, but upper and lower case are the same.",
};

const BOOLEAN: Schema = { type: "boolean" };

/**
 * The filters of a collection, by the key under which the components have them: attributes with every operator that fits, relationships,
 * and what is behind one relationship, of which only the plain form is listed.
 */
export function filterParameters<Caller>(type: ResourceType<Caller>): Map<string, Parameter> {
  const relationships = [...type.relationships.values()];
  return new Map([
    ...keyed(type, ["id"], listParameter("filter[id]", ID, "Any of these ids.")),
    ...keyed(type, ["id", "ne"], listParameter("filter[id][ne]", ID, "None of these ids.")),
    ...filterable(type).flatMap((attribute) => attributeFilters(type, attribute)),
    ...relationships.flatMap((relationship) => relationshipFilters(type, relationship)),
    ...relationships.flatMap((relationship) => filtersBehind(type, relationship)),
  ]);
}

function filterable<Caller>(type: ResourceType<Caller>): ResourceAttribute<Caller>[] {
  return [...type.attributes.values()].filter(({ filter }) => filter === true);
}

function attributeFilters<Caller>(type: ResourceType<Caller>, attribute: ResourceAttribute<Caller>) {
  const { name, nullable } = attribute;
  const value = valueSchema(attribute);
  const own = OPERATORS[kindOf(attribute)].flatMap((operator) => {
    const full = `filter[${name}][${operator}]`;
    const isList = operator === "ne" || operator === "like" || operator === "ilike";
    return keyed(
      type,
      [name, operator],
      isList ? listParameter(full, value, WORDS[operator]) : parameter(full, value, WORDS[operator]),
    );
  });
  return [
    ...keyed(type, [name], listParameter(`filter[${name}]`, value, "Any of these values.")),
    ...own,
    ...(nullable === true
      ? keyed(type, [name, "null"], parameter(`filter[${name}][null]`, BOOLEAN, "Whether there is no value."))
      : []),
  ];
}

function relationshipFilters<Caller>(type: ResourceType<Caller>, { name }: ResourceRelationship<Caller>) {
  const full = `filter[${name}]`;
  return [
    ...keyed(type, [name], listParameter(full, ID, "Linked to any of these.")),
    ...keyed(type, [name, "ne"], listParameter(`${full}[ne]`, ID, "Linked to none of these.")),
    ...keyed(type, [name, "null"], parameter(`${full}[null]`, BOOLEAN, "Whether it is linked to nothing.")),
  ];
}

function filtersBehind<Caller>(type: ResourceType<Caller>, { name, target }: ResourceRelationship<Caller>) {
  return filterable(target).flatMap((attribute) => {
    const path = `${name}.${attribute.name}`;
    const description = `Linked to one with any of these values. Operators as for ${attribute.name}.`;
    return keyed(type, [path], listParameter(`filter[${path}]`, valueSchema(attribute), description));
  });
}

function kindOf<Caller>({ value }: ResourceAttribute<Caller>): keyof typeof OPERATORS {
  if (value.schema["type"] === "boolean") return "boolean";
  return value.schema["type"] === "string" && value.name !== "dateTime" ? "text" : "ordered";
}

/** What is compared need not keep the rules for what is stored: a part of an address is no address. */
function valueSchema<Caller>(attribute: ResourceAttribute<Caller>): Schema {
  const { type, format } = attribute.value.schema;
  return kindOf(attribute) === "text" || format === undefined ? { type } : { type, format };
}

function keyed<Caller>(type: ResourceType<Caller>, names: readonly string[], made: Parameter): [string, Parameter][] {
  return [[[type.name, "filter", ...names].join("."), made]];
}
