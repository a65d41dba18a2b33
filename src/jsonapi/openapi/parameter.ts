import { ID, type Schema } from "./schema.ts";

/** A parameter object. OpenAPI 3.1.0, "Parameter Object". */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly required?: true;
  readonly description?: string;
  readonly schema: Schema;
  readonly style?: "form";
  readonly explode?: false;
}

/** A parameter by the key under which the components have it. */
export type NamedParameters = ReadonlyMap<string, Parameter>;

/** References to parameters of the components. */
export function references(parameters: NamedParameters): Schema[] {
  return [...parameters.keys()].map((key) => ({ $ref: `#/components/parameters/${key}` }));
}

/** Comma-separated; repeated keys and `name[]=` mean the same. */
export function listParameter(name: string, items: Schema, description: string): Parameter {
  return { name, in: "query", description, style: "form", explode: false, schema: { type: "array", items } };
}

export function parameter(name: string, schema: Schema, description: string): Parameter {
  return { name, in: "query", description, schema };
}

/** What single resources and whole relationships take. RFC 9110, section 13.1. */
export const SHARED_PARAMETERS: NamedParameters = new Map<string, Parameter>([
  ["id", { name: "id", in: "path", required: true, schema: ID }],
  [
    "ifMatch",
    {
      name: "If-Match",
      in: "header",
      description: "The entity tag (`ETag`) of what you have read: 412 when it has been changed since.",
      schema: { type: "string" },
    },
  ],
  [
    "ifNoneMatch",
    {
      name: "If-None-Match",
      in: "header",
      description: "The entity tag (`ETag`) of what you have: 304 when it is still the same.",
      schema: { type: "string" },
    },
  ],
]);
