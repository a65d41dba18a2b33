import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Knex } from "knex";

import { preconditionFailed } from "../../errors/catalogue.ts";
import { visibleAttributes, visibleRelationships } from "../read/visible.ts";
import { holdsForId, type Scope } from "../resource/condition.ts";
import type { Row } from "../resource/define.ts";
import type { ResourceType } from "../resource/registry.ts";

/**
 * Entity tags have two parts, `"version.document"`. The version is that of the resource, the same in every document that shows
 * it; `If-Match` asks for it. The document's part changes with every byte of the answer; `If-None-Match` asks for both.
 * RFC 9110, sections 8.8.3 and 13.1.
 */
export function entityTag(version: string, document: string): string {
  return `"${version}.${digest(document)}"`;
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
      relationship.to === "one" ? shownId(row[relationship.column], relationship.target.scope(caller)) : null,
    ),
  ];
  return digest(JSON.stringify(values.map((value) => value ?? null)));
}

/** The id of a related resource, where the resource itself shows it: whoever asks for a hidden one may not find it out by guessing. */
function shownId(id: unknown, scope: Scope): string | null {
  return typeof id === "string" && holdsForId(scope, id) === true ? id : null;
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

/** Whether the request says anything that {@link checkPreconditions} would look at. */
export function hasPreconditions({ headers }: FastifyRequest): boolean {
  return headers["if-match"] !== undefined || headers["if-none-match"] !== undefined;
}

/**
 * Checks `If-Match` and `If-None-Match`, where they were sent, inside the transaction that is about to write.
 *
 * @param version reads the present version; not called where there is nothing to check
 * @throws {Fault} 412 when the resource is not what the client saw last. RFC 9110, sections 13.1.1 and 13.1.2
 */
export async function checkPreconditions(
  request: FastifyRequest,
  trx: Knex.Transaction,
  version: (trx: Knex.Transaction) => Promise<string>,
): Promise<void> {
  const match = request.headers["if-match"];
  const noneMatch = request.headers["if-none-match"];
  // Whatever is about to be changed is there: it was looked up.
  if (noneMatch?.trim() === "*") throw preconditionFailed("If-None-Match");
  if (noneMatch === undefined && (match === undefined || match.trim() === "*")) return;
  const present = await version(trx);
  // Strong comparison for If-Match: a weak tag never matches.
  const isIn = (header: string) => tagsIn(header).some((tag) => tag.startsWith(`"${present}.`));
  if (match !== undefined && match.trim() !== "*" && !isIn(match)) throw preconditionFailed("If-Match");
  if (noneMatch !== undefined && isIn(noneMatch.replaceAll("W/", ""))) throw preconditionFailed("If-None-Match");
}

function tagsIn(header: string): string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}

/** 96 bits: enough that two states of one resource never share a tag by chance. */
function digest(data: string): string {
  return createHash("sha256").update(data).digest("base64url").slice(0, 16);
}
