/** What the requests of a scenario may ask for: the same rows are in every database of a size. */
export interface World {
  /** An admin's bearer token. */
  readonly token: string;
  /** Ids of users that exist; the first one is the admin. */
  readonly ids: readonly string[];
  /** The user in the middle of all users. */
  readonly middle: { readonly id: string; readonly createdAt: string };
  /** Ids of roles that exist, the role of admins aside. */
  readonly roles: readonly string[];
}

export interface Ask {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly body?: unknown;
  /** By default JSON:API's. */
  readonly type?: string;
}

export interface Scenario {
  readonly name: string;
  /** By default as many as the command line says. */
  readonly connections?: number;
  /** Seconds of a round; by default as many as the command line says. */
  readonly seconds?: number;
  /** How many passwords a request hashes: such a scenario is compared with what the machine can hash, and has no floor. */
  readonly hashes?: number;
  /** One browser asks for the same again and again. By default each request comes from another one. */
  readonly again?: boolean;
  /** The answer holds ids and times that are made up while it is given. */
  readonly makes?: boolean;
  /** The request number `count` of a run: each has another. */
  request(world: World, count: number): Ask;
}

export const JSONAPI = "application/vnd.api+json";
export const ATOMIC = `${JSONAPI};ext="https://jsonapi.org/ext/atomic"`;
export const JSON_TYPE = "application/json";

/** One of many, in turns. */
export const pick = (from: readonly string[], count: number) => from[count % from.length] ?? "";

/** So that what is written never was there before. */
export const run = Date.now().toString(36);
