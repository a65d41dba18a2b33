import { MAX_SORT_DEPTH } from "../read/order.ts";
import type { PageLimits } from "../read/page.ts";
import { MAX_INCLUDE_DEPTH } from "../read/plan.ts";
import type { ResourceType } from "../resource/registry.ts";
import { filterParameters } from "./filters.ts";
import { isEverShown } from "./members.ts";
import { includePaths, reachableTypes, sortPaths } from "./paths-of-names.ts";
import { listParameter, parameter, type Parameter } from "./parameter.ts";
import type { Schema } from "./schema.ts";

/** `include` and `fields`: what any document may be asked for. By the keys under which the components have them. */
export function resourceParameters<Caller>(type: ResourceType<Caller>): Map<string, Parameter> {
  const include = type.relationships.size === 0 ? [] : [includeParameter(type)];
  return new Map([...include, ...fieldsets(type)]);
}

/** As resourceParameters(), for the linkage of a relationship: paths of `include` start at the resource that has it. */
export function linkageParameters<Caller>(
  owner: ResourceType<Caller>,
  target: ResourceType<Caller>,
  name: string,
): Map<string, Parameter> {
  const paths = includePaths(owner, MAX_INCLUDE_DEPTH)?.filter((path) => path === name || path.startsWith(`${name}.`));
  const include = includeOf(paths, `Starts with ${name}.`);
  return new Map([[`${owner.name}.${name}.include`, include], ...fieldsets(target)]);
}

/** What makes a list: `sort`, `filter`, `page`. */
export function listParameters<Caller>(type: ResourceType<Caller>, limits: PageLimits): Map<string, Parameter> {
  return new Map([sortParameter(type), ...pageParameters(limits), ...filterParameters(type)]);
}

function includeParameter<Caller>(type: ResourceType<Caller>): [string, Parameter] {
  const first = [...type.relationships.keys()].join(", ");
  return [`${type.name}.include`, includeOf(includePaths(type, MAX_INCLUDE_DEPTH), `Begins with ${first}.`)];
}

function includeOf(paths: readonly string[] | undefined, otherwise: string): Parameter {
  const items: Schema = { type: "string", ...(paths === undefined ? {} : { enum: paths }) };
  const more =
    paths === undefined ? ` ${otherwise} Up to ${String(MAX_INCLUDE_DEPTH)} names, with dots between them.` : "";
  return listParameter("include", items, `Related resources to send along in \`included\`.${more}`);
}

function fieldsets<Caller>(type: ResourceType<Caller>): [string, Parameter][] {
  return reachableTypes(type).map(({ name, attributes, relationships }) => {
    const shown = [...attributes.values()].filter(isEverShown).map((attribute) => attribute.name);
    const items: Schema = { type: "string", enum: [...shown, ...relationships.keys()] };
    return [`${name}.fields`, listParameter(`fields[${name}]`, items, `Of ${name} show these fields alone.`)];
  });
}

function sortParameter<Caller>(type: ResourceType<Caller>): [string, Parameter] {
  const paths = sortPaths(type, MAX_SORT_DEPTH);
  const items: Schema = {
    type: "string",
    ...(paths === undefined ? {} : { enum: paths.flatMap((path) => [path, `-${path}`]) }),
  };
  return [`${type.name}.sort`, listParameter("sort", items, "In this order; - before a name for descending.")];
}

function pageParameters({ defaultSize, maxSize }: PageLimits): [string, Parameter][] {
  const size: Schema = { type: "integer", minimum: 1, maximum: maxSize };
  const text: Schema = { type: "string" };
  return [
    ["page.number", parameter("page[number]", { type: "integer", minimum: 1 }, "The page, from 1.")],
    ["page.size", parameter("page[size]", size, `Resources on a page; ${String(defaultSize)} unless said otherwise.`)],
    [
      "page.offset",
      parameter("page[offset]", { type: "integer", minimum: 0 }, "Instead of page[number]: resources to skip."),
    ],
    ["page.limit", parameter("page[limit]", size, "With page[offset]: resources on a page.")],
    [
      "page.after",
      parameter("page[after]", text, "Cursor pagination: what follows this cursor; empty for the beginning."),
    ],
    [
      "page.before",
      parameter("page[before]", text, "Cursor pagination: what stands before this cursor; empty for the end."),
    ],
  ];
}
