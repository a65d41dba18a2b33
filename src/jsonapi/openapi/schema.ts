/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** An object with these members; all of them are required unless `required` says which. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = Object.keys(properties),
  more: Schema = {},
): Schema {
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}), ...more };
}

export const arrayOf = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });

export const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: "null" }] });

export const URI: Schema = { type: "string", format: "uri" };
export const ID: Schema = { type: "string", format: "uuid" };
export const LID: Schema = { type: "string", description: "A local id, for those who refer to it in this document." };

/** One text and no other. With its type, which some generators ask for. */
export const literal = (value: string): Schema => ({ type: "string", const: value });
