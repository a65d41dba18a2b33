import type { FastifyReply, FastifyRequest } from "fastify";
import type { Knex } from "knex";

/** What the hooks of a write get beside the change itself. */
export interface WriteContext<Caller> {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  /** For headers; the answer itself is the layer's. */
  readonly reply: FastifyReply;
  readonly db: Knex;
  /** Milliseconds since 1970. */
  readonly now: number;
}
