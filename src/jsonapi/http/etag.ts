import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Knex } from "knex";

import { preconditionFailed } from "../../errors/catalogue.ts";
import { visibleAttributes, visibleRelationships } from "../read/visible.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceType } from "../resource/registry.ts";

/**
 * Entity tags have two parts, `"version.document"`. The version is that of the resource, the same in every document that shows
 * it; `If-Match` asks for it. The document's part changes with every byte of the answer; `If-None-Match` asks for both.
 * RFC 9110, sections 8.8.3 and 13.1.
 */
export function entityTag(version: string, bytes: Buffer): string {
  return `"${version}.${digest(bytes)}"`;
}

/**
 * The version of a resource for one caller: a hash of what they may see of it. Not of more: whoever knows all but one bit of
 * what went into a hash knows that bit too.
 */
export function versionOf<Caller>(type: ResourceType<Caller>, row: Row, caller: Caller): string {
  const values = [
    ...visibleAttributes(type, caller).map(({ column, computed }) =>
      computed !== undefined ? computed.of(row) : column === null ? null : row[column],
    ),
    ...visibleRelationships(type, caller).map((relationship) =>
      relationship.to === "one" ? row[relationship.column] : null,
    ),
  ];
  return digest(JSON.stringify(values.map((value) => value ?? null)));
}

/** The version of a to-many relationship: a hash of all that it leads to. */
export function versionOfLinkage(ids: readonly string[]): string {
  return digest(ids.toSorted().join(" "));
}

/** Whether the client has this very answer. `If-None-Match` compares weakly: RFC 9110, section 13.1.2. */
export function isKnown(request: FastifyRequest, tag: string): boolean {
  const header = request.headers["if-none-match"];
  if (header === undefined) return false;
  return header.trim() === "*" || tagsIn(header).some((known) => known.replace(/^W\//, "") === tag);
}

/**
 * Checks `If-Match`, where it was sent, inside the transaction that is about to write.
 *
 * @param version reads the present version; not called where there is nothing to check
 * @throws {Fault} 412 when the resource is not what the client saw last. RFC 9110, section 13.1.1
 */
export async function checkIfMatch(
  request: FastifyRequest,
  trx: Knex.Transaction,
  version: (trx: Knex.Transaction) => Promise<string>,
): Promise<void> {
  const header = request.headers["if-match"];
  if (header === undefined || header.trim() === "*") return;
  const present = await version(trx);
  // Strong comparison: a weak tag never matches.
  const matches = tagsIn(header).some((tag) => tag.startsWith(`"${present}.`));
  if (!matches) throw preconditionFailed();
}

function tagsIn(header: string): string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}

/** 96 bits: enough that two states of one resource never share a tag by chance. */
function digest(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("base64url").slice(0, 16);
}
