import type { FastifyReply, FastifyRequest } from "fastify";

import type { Document } from "../read/document.ts";
import { ATOMIC } from "../write/operation.ts";
import { entityTag, isKnown } from "./etag.ts";
import { contentType, MEDIA_TYPE, type Negotiated } from "./media-type.ts";

/** Sends a document, for the client alone to keep, unless a header says already who may. */
export function sendDocument(
  reply: FastifyReply,
  status: number,
  document: Document,
  applied: Partial<Negotiated> = {},
): FastifyReply {
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
  return sendText(reply, status, contentType(applied), document);
}

/** What a read answers. */
export interface Reading {
  readonly document: Document;
  readonly mediaType: string;
  /** Of a single resource or a whole relationship: see entityTag(). */
  readonly tag?: string;
}

/** A document about many resources. */
export function reading(document: Document, applied: Partial<Negotiated> = {}): Reading {
  return { document, mediaType: contentType(applied) };
}

/** A document about a single resource, or a whole relationship, of this version. */
export function versionedReading(document: Document, version: string): Reading {
  return { document, mediaType: MEDIA_TYPE, tag: entityTag(version, document) };
}

/**
 * Sends what was read, for the client alone to keep; or, where the client has it already, 304 without the document. RFC 9110, sections
 * 8.8.3 and 15.4.5.
 */
export function sendReading(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { document, mediaType, tag }: Reading,
): FastifyReply {
  reply.header("cache-control", "private, no-cache");
  if (tag !== undefined) {
    reply.header("etag", tag);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && isKnown(request, tag)) return reply.status(304).send();
  }
  return sendText(reply, 200, mediaType, document);
}

/** The result of an operation; `data` is the JSON text of a resource object. */
export interface OperationResult {
  readonly data?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** Atomic Operations, "Document Structure". One result an operation, in their order. */
export function sendOperationResults(reply: FastifyReply, results: readonly OperationResult[]): FastifyReply {
  const texts = results.map(({ data, meta }) => {
    const members = data === undefined ? [] : [`"data":${data}`];
    if (meta !== undefined) members.push(`"meta":${JSON.stringify(meta)}`);
    return `{${members.join()}}`;
  });
  const jsonapi = JSON.stringify({ version: "1.1", ext: [ATOMIC] });
  reply.header("cache-control", "private, no-cache");
  const document = `{"jsonapi":${jsonapi},"atomic:results":[${texts.join()}]}`;
  return sendText(reply, 200, contentType({ ext: [ATOMIC] }), document);
}

/**
 * As text, which goes out with its head in one piece, as bytes would not. By a serializer that leaves it as it is, since Fastify would
 * add a charset to the media type of any other text, which JSON:API forbids.
 */
function sendText(reply: FastifyReply, status: number, mediaType: string, text: string): FastifyReply {
  return reply.status(status).header("content-type", mediaType).serializer(asItIs).send(text);
}

const asItIs = (text: unknown) => text as string;

export function sendNothing(reply: FastifyReply): FastifyReply {
  return reply.status(204).send();
}
