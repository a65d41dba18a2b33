import type { FastifyReply, FastifyRequest } from "fastify";

import type { Document } from "../read/document.ts";
import { ATOMIC } from "../write/operation.ts";
import { entityTag, isKnown } from "./etag.ts";
import { contentType, MEDIA_TYPE, type Negotiated } from "./media-type.ts";

/** Sends a document, for the client alone to keep, unless a header says already who may. As bytes, since Fastify would add a charset to the media type, which JSON:API forbids. */
export function sendDocument(
  reply: FastifyReply,
  status: number,
  document: Document,
  applied: Partial<Negotiated> = {},
): FastifyReply {
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
  return reply
    .status(status)
    .header("content-type", contentType(applied))
    .send(Buffer.from(JSON.stringify(document)));
}

/**
 * Sends a document about a single resource (or a whole relationship) of this version: with its entity tag, or 304 without the
 * document where the client has it already. RFC 9110, sections 8.8.3 and 15.4.5.
 */
export function sendVersioned(
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  document: Document,
  version: string,
): FastifyReply {
  const { request, reply } = exchange;
  const bytes = Buffer.from(JSON.stringify(document));
  const tag = entityTag(version, bytes);
  reply.header("etag", tag).header("cache-control", "private, no-cache");
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && isKnown(request, tag)) return reply.status(304).send();
  return reply.status(200).header("content-type", MEDIA_TYPE).send(bytes);
}

/** Atomic Operations, "Document Structure". One result an operation, in their order. */
export function sendOperationResults(reply: FastifyReply, results: readonly object[]): FastifyReply {
  const document = { jsonapi: { version: "1.1", ext: [ATOMIC] }, "atomic:results": results };
  return reply
    .status(200)
    .header("content-type", contentType({ ext: [ATOMIC] }))
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
