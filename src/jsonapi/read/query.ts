import { badRequest, invalidParameter, malformedUrl } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";

/** A path through relationships: `author.articles` is `["author", "articles"]`. */
export type Path = readonly string[];

export interface SortTerm {
  readonly path: Path;
  readonly descending: boolean;
}

export interface FilterTerm {
  readonly path: Path;
  readonly operator: string;
  readonly values: readonly string[];
  /** As it stands in the URL, decoded. */
  readonly parameter: string;
}

/** What a request's query asks for. Knows the grammar, no schema: every name in it may still be unknown. */
export interface Query {
  /** Absent: the parameter was not given. */
  readonly include?: readonly Path[];
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly sort: readonly SortTerm[];
  readonly filters: readonly FilterTerm[];
  /** By the name between the brackets. */
  readonly page: ReadonlyMap<string, string>;
  /** All parameters in their order, decoded, for links that repeat them. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

export type Family = "include" | "fields" | "sort" | "filter" | "page";

/** Parameters of one request; more are a mistake or an attack. */
const MAX_PARAMETERS = 100;
/** Values of one parameter. */
const MAX_VALUES = 200;

interface Parameter {
  readonly name: string;
  readonly family: string;
  readonly members: readonly string[];
  readonly values: string[];
}

/**
 * Reads the query part of a URL. JSON:API 1.1, "Query Parameters". Values of several may be comma-separated, repeated, or
 * written `name[]=`; brackets may be raw or percent-encoded.
 *
 * @param url the request's URL as it came; only what follows the `?` is read
 * @param allowed the parameter families that the endpoint knows
 * @throws {Fault | Faults} 400: with `source.parameter` for everything that is not known and for what is not well-formed, without
 * it for too many parameters
 */
export function parseQuery(url: string, allowed: readonly Family[]): Query {
  const faults = new FaultList();
  const parameters = decodeParameters(url);
  const query = {
    fields: new Map<string, string[]>(),
    sort: [] as SortTerm[],
    filters: [] as FilterTerm[],
    page: new Map<string, string>(),
    parameters,
  };
  let include: Path[] | undefined;

  for (const parameter of groupParameters(parameters)) {
    faults.collect(() => {
      const { name, family, members, values } = parameter;
      if (!(allowed as readonly string[]).includes(family)) throw unknownParameter(name, allowed);
      const [member] = members;
      switch (family as Family) {
        case "include":
          if (member !== undefined) throw unknownParameter(name, allowed);
          include = splitList(parameter).map((path) => splitPath(path, name));
          break;
        case "sort":
          if (member !== undefined) throw unknownParameter(name, allowed);
          query.sort.push(...splitList(parameter).map((term) => parseSortTerm(term)));
          break;
        case "fields":
          if (member === undefined || members.length > 1) {
            throw invalidParameter(
              name,
              `${name}: fields takes one resource type in brackets, such as fields[articles].`,
            );
          }
          query.fields.set(member, splitList(parameter));
          break;
        case "page":
          if (member === undefined || members.length > 1) {
            throw invalidParameter(name, `${name}: page takes one name in brackets, such as page[size].`);
          }
          if (values.length > 1) throw invalidParameter(name, `${name} was given ${String(values.length)} times.`);
          query.page.set(member, values[0] ?? "");
          break;
        case "filter":
          query.filters.push(parseFilter(parameter));
          break;
      }
    });
  }
  faults.throwIfAny();
  return include === undefined ? query : { ...query, include };
}

function unknownParameter(name: string, allowed: readonly Family[]) {
  const known = allowed.length === 0 ? "This endpoint takes none." : `This endpoint takes: ${allowed.join(", ")}.`;
  return invalidParameter(name, `There is no query parameter ${JSON.stringify(name)} here. ${known}`);
}

function decodeParameters(url: string): (readonly [string, string])[] {
  const start = url.indexOf("?");
  if (start < 0) return [];
  const parts = url
    .slice(start + 1)
    .split("&")
    .filter((part) => part !== "");
  if (parts.length > MAX_PARAMETERS) {
    throw badRequest(`A URL may have ${String(MAX_PARAMETERS)} query parameters at most.`);
  }
  return parts.map((part) => {
    const equals = part.indexOf("=");
    return equals < 0 ? [decode(part), ""] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw malformedUrl();
  }
}

/** One entry a parameter, with all of its values; `name[]` is `name`. */
function groupParameters(parameters: readonly (readonly [string, string])[]): Iterable<Parameter> {
  const groups = new Map<string, Parameter>();
  for (const [raw, value] of parameters) {
    const name = raw.endsWith("[]") ? raw.slice(0, -2) : raw;
    const group = groups.get(name);
    if (group === undefined) {
      const family = /^[^[\]]*/.exec(name)?.[0] ?? "";
      const brackets = name.slice(family.length);
      if (!/^(\[[^[\]]+\])*$/.test(brackets)) throw invalidParameter(raw, `${raw}: the brackets do not match.`);
      const members = brackets === "" ? [] : brackets.slice(1, -1).split("][");
      groups.set(name, { name, family, members, values: [value] });
    } else {
      group.values.push(value);
    }
  }
  return groups.values();
}

function splitList({ name, values }: Parameter): string[] {
  const items = values.flatMap((value) => value.split(",")).map((item) => item.trim());
  if (items.length > MAX_VALUES) throw invalidParameter(name, `${name} may have ${String(MAX_VALUES)} values at most.`);
  return items.length === 1 && items[0] === "" ? [] : items;
}

function splitPath(text: string, parameter: string): Path {
  const path = text.split(".");
  if (path.includes(""))
    throw invalidParameter(parameter, `${parameter}: ${JSON.stringify(text)} is no path of names.`);
  return path;
}

function parseSortTerm(term: string): SortTerm {
  const descending = term.startsWith("-");
  return { path: splitPath(descending ? term.slice(1) : term, "sort"), descending };
}

/** `filter[path]`, or `filter[path][operator]`. One value that is to be equal, or several of which any may be. */
function parseFilter(parameter: Parameter): FilterTerm {
  const { name, members } = parameter;
  const [path, operator, ...rest] = members;
  if (path === undefined || rest.length > 0) {
    throw invalidParameter(name, `${name}: filter takes a name in brackets, such as filter[name]=value.`);
  }
  const values = splitList(parameter);
  return {
    path: splitPath(path, name),
    operator: operator ?? "eq",
    values: values.length === 0 ? [""] : values,
    parameter: name,
  };
}
