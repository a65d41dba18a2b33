import type { FastifyReply, FastifyRequest } from "fastify";
import type { Knex } from "knex";

import { isUuid } from "../../db/id.ts";
import { transact, writeOnce } from "../../db/writer.ts";
import { CURSOR_PROFILE, forbidden, notFound } from "../../errors/catalogue.ts";
import type { Fault } from "../../errors/fault.ts";
import { checkPreconditions, hasPreconditions, versionOf } from "../http/etag.ts";
import type { Negotiated } from "../http/media-type.ts";
import type { DocumentParts } from "../read/document.ts";
import type { PageLimits, PageTerms } from "../read/page.ts";
import { selectIds, selectWhole } from "../read/sql.ts";
import type { PlanContext } from "../read/visible.ts";
import { isSameScope, type Scope } from "../resource/condition.ts";
import type { Row, WriteContext } from "../resource/define.ts";
import type { Registry, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import type { Write } from "../write/save.ts";
import type { Guard } from "../write/statements.ts";

/** What all endpoints of a server share. */
export interface Layer<Caller> extends DocumentParts<Caller> {
  readonly db: Knex;
  readonly registry: Registry<Caller>;
  readonly pageLimits: PageLimits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The fault for a caller who would have to say first who they are; undefined for one who has. */
  readonly challenge: (caller: Caller) => Fault | undefined;
  /**
   * Asked first in every transaction that writes: throws for a caller who may no longer do what they could when the request came. In
   * between lies what takes long, and whoever was shut out in that time must not come through the door that is closing.
   */
  readonly confirm?: ((trx: Knex.Transaction, caller: Caller) => Promise<void>) | undefined;
  /**
   * The same as a subquery, for a write of a single statement: it finds a row as long as `confirm` would not throw, and holds fast what
   * that depends on. Null for a caller of whom there is nothing to confirm.
   */
  readonly confirmation?: ((db: Knex, caller: Caller) => Guard) | undefined;
}

/** One request, after content negotiation. */
export interface Exchange<Caller> {
  readonly layer: Layer<Caller>;
  readonly type: ResourceType<Caller>;
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly negotiated: Negotiated;
}

/** A request that is not about one type. */
export type UntypedExchange<Caller> = Omit<Exchange<Caller>, "type">;

export function planContext<Caller>({ layer, caller }: Exchange<Caller>): PlanContext<Caller> {
  return { registry: layer.registry, caller };
}

export function pageTerms<Caller>({ layer, negotiated }: Exchange<Caller>): PageTerms {
  return { limits: layer.pageLimits, prefersCursors: negotiated.profile.includes(CURSOR_PROFILE) };
}

/** Runs what writes, in a transaction. @throws {Fault} when the caller may no longer do so */
export function inTransaction<Caller, Result>(
  { layer, caller }: UntypedExchange<Caller>,
  run: (trx: Knex.Transaction) => Promise<Result>,
): Promise<Result> {
  return transact(layer.db, async (trx) => {
    await layer.confirm?.(trx, caller);
    return await run(trx);
  });
}

/**
 * Carries out a write: by a single statement where it can be one, else in a transaction. A statement that did nothing, be it that the
 * caller may no longer, or that the resource is gone, is followed by the transaction, which says what was the matter.
 *
 * @param check what else is asked in the transaction, before the write
 */
export async function carryOut<Caller, Result>(
  exchange: UntypedExchange<Caller>,
  write: Write<Result>,
  check?: (trx: Knex.Transaction) => Promise<void>,
): Promise<Result> {
  const { layer, caller } = exchange;
  const isGuarded = layer.confirm === undefined || layer.confirmation !== undefined;
  const { alone, already } = write;
  if (check === undefined && already !== undefined) return already;
  if (check === undefined && alone !== undefined && isGuarded) {
    const done = await writeOnce(layer.db, (db) => alone(db, layer.confirmation?.(db, caller) ?? null));
    if (done !== undefined) return done;
  }
  return await inTransaction(exchange, async (trx) => {
    await check?.(trx);
    return await write.commit(trx);
  });
}

export function writeContext<Caller>({ layer, caller, request, reply }: Exchange<Caller>): WriteContext<Caller> {
  return { caller, request, reply, db: layer.db, now: layer.clock() };
}

/** @throws {Fault} 401 or 403 when no resource of the type is for this caller's eyes */
export function checkReadable<Caller>({ layer, type, caller }: Exchange<Caller>): void {
  if (type.scope(caller) === false) throw refusal(layer, caller, `You may not read ${type.name}.`);
}

/** 401 for a caller who is nobody yet, 403 for one who may not. RFC 9110, sections 15.5.2 and 15.5.4. */
export function refusal<Caller>(layer: Layer<Caller>, caller: Caller, detail: string, pointer?: string): Fault {
  return layer.challenge(caller) ?? forbidden(detail, pointer);
}

/** The `:id` of the URL. @throws {Fault} 404 for what is no UUID: there is no such resource, and no need to ask the database */
export function idOf<Caller>({ request }: Exchange<Caller>): string {
  return idOrNotFound((request.params as { id: string }).id);
}

/** @throws {Fault} 404 for what is no UUID */
export function idOrNotFound(id: string): string {
  if (!isUuid(id)) throw notFound();
  return id;
}

/** The whole row with this id. @throws {Fault} 404, the same for what does not exist and for what the caller may not see */
export async function findVisible<Caller>(exchange: Exchange<Caller>, id: string): Promise<Row> {
  const { layer, type, caller } = exchange;
  checkReadable(exchange);
  const row = (await selectWhole(layer.db, type, type.scope(caller)).where(`${type.table}.id`, id).first()) as
    Row | undefined;
  if (row === undefined) throw notFound();
  return row;
}

/** As findVisible(), for a write. @throws {Fault} 404 as there; 401 or 403 when the caller sees the resource but may not `act` (a verb) */
export async function findWritable<Caller>(
  exchange: Exchange<Caller>,
  id: string,
  writeScope: Scope,
  act: string,
): Promise<Row> {
  const { layer, type, caller } = exchange;
  const row = await findVisible(exchange, id);
  const allowed =
    isSameScope(writeScope, type.scope(caller)) ||
    (await selectIds(layer.db, type, writeScope, [id]).first()) !== undefined;
  if (!allowed) throw refusal(layer, caller, `You may not ${act} this.`);
  return row;
}

/**
 * The version of a resource as it stands in this transaction, held fast until its end; whoever only refers to it does not wait.
 *
 * @throws {Fault} 404 when it is gone
 */
export async function presentVersion<Caller>(
  { type, caller }: Exchange<Caller>,
  trx: Knex.Transaction,
  id: string,
): Promise<string> {
  const row = (await trx(type.table).where({ id }).forNoKeyUpdate().first()) as Row | undefined;
  if (row === undefined) throw notFound();
  return versionOf(type, row, caller);
}

/** What is to be asked before a resource is written, if the request says that anything is. */
export function preconditionsOf<Caller>(exchange: Exchange<Caller>, id: string) {
  const { request } = exchange;
  if (!hasPreconditions(request)) return undefined;
  return (trx: Knex.Transaction) => checkPreconditions(request, trx, () => presentVersion(exchange, trx, id));
}

/** The relationship, if this caller may know of it. @throws {Fault} 404 */
export function visibleRelationship<Caller>(
  { caller }: Exchange<Caller>,
  relationship: ResourceRelationship<Caller>,
): ResourceRelationship<Caller> {
  if (!(relationship.read?.(caller) ?? true)) throw notFound();
  return relationship;
}
