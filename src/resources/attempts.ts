import type { FastifyRequest } from "fastify";

/** Runs something that a client may be wrong about only so often. @throws {Fault} 429 when it was wrong too often */
export type GuardedAttempts = <Result>(request: FastifyRequest, run: () => Promise<Result>) => Promise<Result>;
