import { STATUS_CODES } from "node:http";

import { errorKinds } from "../../errors/codes.ts";
import { errorResponses, type ErrorForm } from "../../errors/responses.ts";
import type { EndpointErrors } from "./endpoint-errors.ts";
import { references, type NamedParameters, type Parameter } from "./parameter.ts";
import type { Schema } from "./schema.ts";

/** What several operations share, said once and referred to. OpenAPI 3.1.0, "Components Object". */
export class Components {
  readonly parameters: Record<string, Parameter> = {};
  readonly responses: Record<string, unknown> = {};
  readonly #form: ErrorForm;
  readonly #names = new Map<string, string>();

  constructor(form: ErrorForm) {
    this.#form = form;
  }

  /** References to these parameters. */
  use(parameters: NamedParameters): Schema[] {
    for (const [key, parameter] of parameters) this.parameters[key] = parameter;
    return references(parameters);
  }

  /** References to the answers of an endpoint that refuses, by status. */
  refusals({ name, codes, together }: EndpointErrors): Record<string, Schema> {
    const responses = Object.entries(errorResponses(codes, this.#form, together));
    return Object.fromEntries(
      responses.map(([status, response]) => {
        const isOfOneKind = new Set(codes.filter((code) => String(errorKinds[code].status) === status)).size === 1;
        const own = name + phrase(status);
        return [status, this.#reference(isOfOneKind ? [phrase(status), own] : [own], response)];
      }),
    );
  }

  /** Answers that are the same have one name: the first of those wanted that no other answer has. */
  #reference(wanted: readonly string[], response: unknown): Schema {
    const content = JSON.stringify(response);
    let name = this.#names.get(content) ?? wanted.find((candidate) => !(candidate in this.responses));
    for (let number = 2; name === undefined; number += 1) {
      const numbered = `${wanted.at(-1) ?? ""}${String(number)}`;
      if (!(numbered in this.responses)) name = numbered;
    }
    this.#names.set(content, name);
    this.responses[name] = response;
    return { $ref: `#/components/responses/${name}` };
  }
}

/** `404` is `NotFound`. */
function phrase(status: string): string {
  return (STATUS_CODES[status] ?? status).replaceAll(/[^A-Za-z]/g, "");
}
