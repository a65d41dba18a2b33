/** What engineers use who build on the server: the whole of it, and the declaration of resource types. */
export { buildApp, type App, type AppParts } from "./app.ts";
export { ConfigFault, readConfig } from "./config/read.ts";
export type { Config } from "./config/variables.ts";
export { Fault, Faults } from "./errors/fault.ts";
export { eq, some, type Condition, type Scope } from "./jsonapi/resource/condition.ts";
export { defineResource, type AnyResource, type ResourceDefinition } from "./jsonapi/resource/define.ts";
export * from "./jsonapi/resource/value-types.ts";
