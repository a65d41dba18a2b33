import { isUuid, newId } from "../../db/id.ts";
import { forbidden, invalidAttribute, notFound } from "../../errors/catalogue.ts";
import type { Commit, Created } from "../resource/define.ts";
import type { ResourceRelationship } from "../resource/registry.ts";
import { localKey, soleId, type Change, type Linkage } from "../write/body.ts";
import { changeLinks, checkReferences, type LinkageChange } from "../write/linkage.ts";
import { checkNullable, planWrite } from "../write/plan.ts";
import {
  guarded,
  prepareCreate,
  prepareDelete,
  prepareUpdate,
  timestamps,
  type Updated,
  type Write,
} from "../write/save.ts";
import { updateRow } from "../write/statements.ts";
import { findWritable, refusal, visibleRelationship, writeContext, type Exchange } from "./layer.ts";

/**
 * The writes that there are, whoever asks for them: an endpoint of its own, or an operation among others. Each checks what the
 * caller may do, plans, and returns what is to run in the transaction.
 */

/** @throws {Fault} 401 or 403 */
export function checkCreatable<Caller>({ layer, type, caller }: Exchange<Caller>): void {
  if (type.definition.create?.access(caller) !== true) throw refusal(layer, caller, `You may not create ${type.name}.`);
}

/** The id of a resource that is to be made. @throws {Fault} 403 where clients bring no ids, 422 for an id that is no UUID */
export function newResourceId<Caller>({ type }: Exchange<Caller>, { id }: Change): string {
  if (id === undefined) return newId();
  if (type.definition.clientIds !== true) throw forbidden(`The server gives ${type.name} their ids.`, "/data/id");
  if (!isUuid(id)) throw invalidAttribute("/data/id", "id", "must be a UUID in lower case");
  return id;
}

/** @throws {Fault | Faults} whatever forbids it; in the transaction too */
export async function planCreation<Caller>(
  exchange: Exchange<Caller>,
  id: string,
  change: Change,
): Promise<Write<Created<Caller>>> {
  const { layer, type, caller } = exchange;
  // A new resource may refer to itself.
  const lids = change.lid === undefined ? change.lids : new Map(change.lids).set(localKey(type.name, change.lid), id);
  const plan = await planWrite(layer.db, type, { ...change, lids }, null, caller);
  const isClientId = change.id !== undefined;
  return await prepareCreate(type, { id, isClientId }, plan, writeContext(exchange));
}

/**
 * @param isStale the resource may have changed by the time of the commit: nothing is left out because it is what was asked for
 * @throws {Fault | Faults} 404 and 403 before all else
 */
export async function planUpdate<Caller>(
  exchange: Exchange<Caller>,
  id: string,
  change: () => Change,
  isStale = false,
): Promise<Write<Updated>> {
  const { layer, type, caller } = exchange;
  const current = await findWritable(exchange, id, type.definition.update?.scope(caller) ?? false, "change");
  const plan = await planWrite(layer.db, type, change(), current, caller, isStale);
  return await prepareUpdate(type, current, plan, writeContext(exchange));
}

/** @throws {Fault | Faults} 404 and 403 before all else */
export async function planDeletion<Caller>(exchange: Exchange<Caller>, id: string): Promise<Write<true>> {
  const { type, caller } = exchange;
  const current = await findWritable(exchange, id, type.definition.delete?.scope(caller) ?? false, "delete");
  return await prepareDelete(type, current, writeContext(exchange));
}

/**
 * A change of a relationship by itself. A to-one relationship can only be replaced; what may not be changed so is answered with
 * 403. JSON:API 1.1, "Updating Relationships".
 *
 * @throws {Fault | Faults} 404 and 403 before all else; in the transaction 404 for references to what is not there
 */
export async function planRelationshipChange<Caller>(
  exchange: Exchange<Caller>,
  member: ResourceRelationship<Caller>,
  id: string,
  change: LinkageChange,
  linkageOf: () => Linkage,
): Promise<Write<Updated>> {
  const { layer, type, caller } = exchange;
  const relationship = visibleRelationship(exchange, member);
  const { name } = relationship;
  await findWritable(exchange, id, type.definition.update?.scope(caller) ?? true, "change");
  if (relationship.write?.(caller) !== true || (relationship.to === "one" && change !== "replace")) {
    throw refusal(layer, caller, `You may not change ${name} so.`);
  }
  const linkage = linkageOf();
  checkNullable(relationship, linkage, "/data");
  const write = { kind: "update", id, relationships: [name], onlyAdds: change === "add" } as const;
  const context = writeContext(exchange);
  const commit: Commit<Updated> = (trx) =>
    guarded(type, trx, write, context, async () => {
      if (relationship.to === "many") {
        await changeLinks(trx, relationship, id, linkage, change, context);
        return {};
      }
      await checkReferences(trx, [{ relationship, linkage }], caller);
      const columns = { [relationship.column]: soleId(linkage), ...timestamps(type, context.now, "update") };
      const row = await updateRow(trx, type, id, columns, null);
      if (row === undefined) throw notFound();
      return { row };
    });
  return { commit };
}
