import { createRequire } from "node:module";
import type { FastifyServerOptions } from "fastify";

type Factory = (...args: unknown[]) => unknown;
type Compilers = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;

const require = createRequire(import.meta.resolve("fastify"));

/** The package's own factory, loaded when it is first asked for. */
function lazily(name: string): Factory {
  let factory: Factory | undefined;
  return (...args) => {
    factory ??= (require(name) as () => Factory)();
    return factory(...args);
  };
}

/**
 * Fastify's own compilers of route schemas, loaded with the first route that has one. None of ours has: what a route takes is said by
 * its resource type, and these packages would be a fifth of all that is loaded before the server listens.
 */
export const schemaCompilers = {
  buildValidator: lazily("@fastify/ajv-compiler"),
  buildSerializer: lazily("@fastify/fast-json-stringify-compiler"),
} as unknown as Compilers;
