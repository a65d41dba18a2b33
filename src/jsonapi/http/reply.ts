import type { FastifyReply } from "fastify";

import type { Document } from "../read/document.ts";
import { contentType, type Negotiated } from "./media-type.ts";

/** Sends a document. As bytes, since Fastify would add a charset to the media type, which JSON:API forbids. */
export function sendDocument(
  reply: FastifyReply,
  status: number,
  document: Document,
  negotiated: Negotiated = { ext: [], profile: [] },
): FastifyReply {
  return reply
    .status(status)
    .header("content-type", contentType(negotiated))
    .header("cache-control", "private, no-cache")
    .send(Buffer.from(JSON.stringify(document)));
}

export function sendNothing(reply: FastifyReply): FastifyReply {
  return reply.status(204).send();
}

/** Says that the answer depends on a header of the request. RFC 9110, section 12.5.5. */
export function addVary(reply: FastifyReply, name: string): void {
  const present = reply.getHeader("vary");
  const names = (Array.isArray(present) ? present.join(",") : String(present ?? ""))
    .split(",")
    .map((part) => part.trim());
  if (names.some((known) => known.toLowerCase() === name.toLowerCase())) return;
  reply.header("vary", [...names.filter((part) => part !== ""), name].join(", "));
}
