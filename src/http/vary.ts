import type { FastifyReply } from "fastify";

/** Adds a header's name to `Vary`, beside what stands there, once. RFC 9110, section 12.5.5. */
export function addVary(reply: FastifyReply, name: string): void {
  const header = reply.getHeader("vary");
  if (header === undefined) {
    reply.header("vary", name);
    return;
  }
  const present = [header].flat().join(", ");
  const names = present
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (!names.some((known) => known.toLowerCase() === name.toLowerCase())) names.push(name);
  reply.header("vary", names.join(", "));
}
