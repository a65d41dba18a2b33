import type { ErrorCode } from "./codes.ts";

/**
 * Everything the server refuses is thrown as a `Fault`, or as `Faults` where one request has several. Nothing else knows
 * the shape of an error document: `http/error-handler.ts` writes it.
 */

/** Where in the request a fault lies. JSON:API 1.1, "Error Objects". */
export interface FaultSource {
  /** RFC 6901 pointer to a value that is in the request document. */
  readonly pointer?: string;
  /** The query parameter, as its name stands in the URL (decoded). */
  readonly parameter?: string;
  readonly header?: string;
}

export interface FaultInit {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Stable and documented in `codes.ts`; a client may branch on it. */
  readonly code: ErrorCode;
  /** The same for every occurrence of `code`. */
  readonly title: string;
  /** About this occurrence, for a person. Never a secret, never the cause of a 5xx. */
  readonly detail: string;
  readonly source?: FaultSource | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  /** JSON:API 1.1, "Error Objects": `about`, `type`. */
  readonly links?: Readonly<Record<string, unknown>> | undefined;
  /** The URI of a profile that defines members of this error. JSON:API 1.1, "Universal Responsibilities". */
  readonly profile?: string | undefined;
  /** Response headers that belong to the answer, e.g. `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

export class Fault extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly title: string;
  readonly detail: string;
  readonly source: FaultSource | undefined;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  readonly links: Readonly<Record<string, unknown>> | undefined;
  readonly profile: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(init: FaultInit) {
    super(init.detail, init.cause === undefined ? {} : { cause: init.cause });
    this.name = "Fault";
    this.status = init.status;
    this.code = init.code;
    this.title = init.title;
    this.detail = init.detail;
    this.source = init.source;
    this.meta = init.meta;
    this.links = init.links;
    this.profile = init.profile;
    this.headers = init.headers;
  }

  /** The same fault, found below `prefix` (a JSON pointer): for documents that are part of a larger one. */
  under(prefix: string): Fault {
    if (this.source?.pointer === undefined) return this;
    return new Fault({
      ...this,
      source: { ...this.source, pointer: prefix + this.source.pointer },
      cause: this.cause,
    });
  }
}

/** Several faults of one request, in the order in which they were found. */
export class Faults extends Error {
  readonly list: readonly Fault[];

  constructor(list: readonly Fault[]) {
    super(list.map((fault) => fault.detail).join(" "));
    this.name = "Faults";
    this.list = list;
  }

  /**
   * The status of an answer with several errors: their common one, else the most general of their class.
   * JSON:API 1.1, "Processing Errors".
   */
  get status(): number {
    return commonStatus(this.list);
  }
}

/** See {@link Faults.status}. */
export function commonStatus(faults: readonly Fault[]): number {
  const statuses = new Set(faults.map((fault) => fault.status));
  const [only] = statuses;
  if (statuses.size === 1 && only !== undefined) return only;
  return Math.max(...statuses) >= 500 ? 500 : 400;
}

/** Errors that one answer tells of. A body of a few kilobytes could have thousands, each longer than what is wrong. */
export const MAX_ERRORS = 100;

/** Collects faults, so that one answer reports them all. */
export class FaultList {
  readonly #found: Fault[] = [];

  add(fault: Fault): void {
    this.#found.push(fault);
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** Runs `step`; a fault that it throws is collected instead and `undefined` comes back. Anything else passes through. */
  collect<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.#found.push(...faultsOf(error));
      return undefined;
    }
  }

  /** @throws {Fault | Faults} when anything was collected. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    throw this.#found.length === 1 ? first : new Faults(this.#found);
  }
}

/** The faults in a thrown value; rethrows what is no fault. */
export function faultsOf(error: unknown): readonly Fault[] {
  if (error instanceof Fault) return [error];
  if (error instanceof Faults) return error.list;
  throw error;
}

/**
 * Runs every step and gives back all results; if any threw faults, throws them all together.
 *
 * @throws {Fault | Faults} and whatever else a step throws, at once
 */
export function attemptAll<const Steps extends readonly (() => unknown)[]>(
  ...steps: Steps
): { -readonly [Index in keyof Steps]: ReturnType<Steps[Index]> } {
  const faults = new FaultList();
  const results = steps.map((step) => faults.collect(step));
  faults.throwIfAny();
  return results as { -readonly [Index in keyof Steps]: ReturnType<Steps[Index]> };
}
