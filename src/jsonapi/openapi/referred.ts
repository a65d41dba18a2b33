import type { Schema } from "./schema.ts";

/** Those of the schemas that the rest of the description refers to, straight or by others: not every type needs every form of document. */
export function referredSchemas(schemas: Readonly<Record<string, Schema>>, rest: unknown): Record<string, Schema> {
  const referred = new Set(namesIn(rest));
  // What is added while the set is gone through is gone through too.
  for (const name of referred) for (const next of namesIn(schemas[name])) referred.add(next);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => referred.has(name)));
}

function namesIn(part: unknown): string[] {
  const text = JSON.stringify(part) as string | undefined;
  return [...(text ?? "").matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = ""]) => name);
}
