import type { Knex } from "knex";

import { forbidden, notFound } from "../../errors/catalogue.ts";
import { Fault, Faults, FaultList, faultsOf } from "../../errors/fault.ts";
import { pointer } from "../../errors/pointer.ts";
import { sendNothing, sendOperationResults, type OperationResult as Result } from "../http/reply.ts";
import { resourceObject } from "../read/document.ts";
import { loadWritten } from "../read/load.ts";
import { planSelection } from "../read/plan.ts";
import { parseQuery } from "../read/query.ts";
import type { Created } from "../resource/define.ts";
import { localKey, parseRelationshipBody, parseResource } from "../write/body.ts";
import { parseOperation, parseOperations, type LocalIds, type Operation } from "../write/operation.ts";
import { insertedTogether, insertTogether, type Insertion } from "../write/insertions.ts";
import type { Updated, Write } from "../write/save.ts";
import { idOrNotFound, inTransaction, planContext, type Exchange, type UntypedExchange } from "./layer.ts";
import {
  checkCreatable,
  newResourceId,
  planCreation,
  planDeletion,
  planRelationshipChange,
  planUpdate,
} from "./writes.ts";

/** Operations whose faults one answer tells of. */
const MAX_REFUSED = 10;

/** Resources that operations of this request make, those that they change, and those that they remove, by type and id. */
interface Seen {
  readonly made: Set<string>;
  readonly changed: Set<string>;
  /** Those of the changed ones whose own attributes or relationships an operation sets. */
  readonly updated: Set<string>;
  readonly removed: Set<string>;
}
/** One operation, planned. */
interface Step<Caller> {
  /** Runs it in the transaction; the exchange reads through it. */
  run(trx: Knex.Transaction, within: UntypedExchange<Caller>): Promise<Result>;
  /** Where it inserts a row and does nothing else. */
  readonly insertion?: Insertion<Caller> | undefined;
}

/**
 * `POST /operations`: the Atomic Operations extension. All operations in their order in one transaction: all of them take place,
 * or none. https://jsonapi.org/ext/atomic/
 *
 * Operations are planned before the transaction begins, so that no lock is held while a hook does what takes long. One about a resource
 * that an earlier operation makes can only be planned once that has taken place.
 */
export async function performOperations<Caller>(exchange: UntypedExchange<Caller>) {
  const { layer, caller, request, reply } = exchange;
  // One request does the work of a hundred: not for somebody of whom nothing is known.
  const challenge = layer.challenge(caller);
  if (challenge !== undefined) throw challenge;
  parseQuery(request.url, []);
  const lids: LocalIds = new Map();
  const seen: Seen = { made: new Set(), changed: new Set(), updated: new Set(), removed: new Set() };
  const faults = new FaultList();
  let refused = 0;
  const steps: Step<Caller>[] = [];
  for (const [index, json] of parseOperations(request.body).entries()) {
    const place = pointer("atomic:operations", index);
    try {
      const step = await planOperation(exchange, json, lids, seen);
      steps.push({ ...step, run: (trx, within) => at(place, () => step.run(trx, within)) });
    } catch (error) {
      for (const fault of placed(place, error)) faults.add(fault);
      refused += 1;
      if (refused === MAX_REFUSED) break;
    }
  }
  faults.throwIfAny();

  const results = await inTransaction(exchange, async (trx) => {
    const within = { ...exchange, layer: { ...layer, db: trx } };
    const done: Result[] = [];
    while (done.length < steps.length) done.push(...(await runNext(steps.slice(done.length), trx, within)));
    return done;
  });
  // Atomic Operations, "Responses": 204 where no result says anything.
  if (results.every((result) => Object.keys(result).length === 0)) return sendNothing(reply);
  return sendOperationResults(reply, results);
}

/** Runs the first step, and those after it that can be one statement with it. */
async function runNext<Caller>(
  steps: readonly Step<Caller>[],
  trx: Knex.Transaction,
  within: UntypedExchange<Caller>,
): Promise<Result[]> {
  const next = steps.slice(0, insertedTogether(steps.map(({ insertion }) => insertion)));
  const insertions = next.flatMap(({ insertion }) => insertion ?? []);
  const rows = insertions.length > 1 ? await insertTogether(trx, insertions) : undefined;
  const results: Result[] = [];
  for (const [index, step] of next.entries()) {
    const { type } = insertions[index] ?? {};
    const row = rows?.[index];
    results.push(
      type === undefined || row === undefined
        ? await step.run(trx, within)
        : await resultOf({ ...within, type }, { id: String(row["id"]), row }),
    );
  }
  return results;
}

async function planOperation<Caller>(
  outer: UntypedExchange<Caller>,
  json: unknown,
  lids: LocalIds,
  seen: Seen,
): Promise<Step<Caller>> {
  const operation = parseOperation(json, outer.layer.registry, outer.layer.urls.base(), lids);
  const { op, target } = operation;
  const exchange = { ...outer, type: target.type };
  if (op === "add" && target.relationship === undefined) return await planAddition(exchange, operation, lids, seen);

  const id = idOrNotFound(target.id ?? "");
  const key = localKey(target.type.name, id);
  // Nothing would be in the way of changing its links, or of changing nothing.
  if (seen.removed.has(key)) throw notFound("An operation before this one removes the resource.");
  if (op === "remove" && target.relationship === undefined) seen.removed.add(key);
  const isMadeHere = seen.made.has(key);
  const isChangedHere = seen.changed.has(key);
  seen.changed.add(key);
  if (op === "update" && target.relationship === undefined) {
    if (target.type.definition.update?.single === true && (isMadeHere || seen.updated.has(key))) {
      throw forbidden(
        `One operation at most changes the same of ${target.type.name}, and none what the request makes.`,
      );
    }
    seen.updated.add(key);
  }
  const plan = (from: UntypedExchange<Caller>) =>
    planChange({ ...from, type: target.type }, operation, id, lids, isChangedHere);
  const planned = isMadeHere ? undefined : await plan(exchange);
  const run: Step<Caller>["run"] = async (trx, within) => {
    const { commit } = planned ?? (await plan(within));
    const updated = await commit(trx);
    const showsResource = op === "update" && target.relationship === undefined;
    if (!showsResource) return {};
    return await resultOf({ ...within, type: target.type }, { id, ...(updated === true ? {} : updated) });
  };
  return { run };
}

async function planAddition<Caller>(
  exchange: Exchange<Caller>,
  { document, lid }: Operation<Caller>,
  lids: LocalIds,
  seen: Seen,
): Promise<Step<Caller>> {
  const { type } = exchange;
  checkCreatable(exchange);
  if (type.definition.create?.alone === true) throw forbidden(`${type.name} are not made among other operations.`);
  const change = parseResource(document, type.name, { lids });
  const id = newResourceId(exchange, change);
  // Known to the operations after this one, whatever becomes of it: if it fails, they do.
  if (lid !== undefined) lids.set(localKey(type.name, lid), id);
  seen.made.add(localKey(type.name, id));
  seen.removed.delete(localKey(type.name, id));
  const { commit, inserts: columns } = await planCreation(exchange, id, change);
  return {
    run: async (trx, within) => await resultOf({ ...within, type }, await commit(trx)),
    insertion: columns === undefined ? undefined : { type, columns },
  };
}

function planChange<Caller>(
  exchange: Exchange<Caller>,
  { op, target, document }: Operation<Caller>,
  id: string,
  lids: LocalIds,
  isChangedHere: boolean,
): Promise<Write<Updated | true>> {
  const { type, relationship } = target;
  if (relationship === undefined) {
    return op === "remove"
      ? planDeletion(exchange, id)
      : planUpdate(exchange, id, () => parseResource(document, type.name, { expectedId: id, lids }), isChangedHere);
  }
  const change = op === "add" ? "add" : op === "remove" ? "remove" : "replace";
  return planRelationshipChange(exchange, relationship, id, change, () =>
    parseRelationshipBody(document, relationship, lids),
  );
}

async function resultOf<Caller>(exchange: Exchange<Caller>, created: Created<Caller>): Promise<Result> {
  if ("accepted" in created) return { meta: created.accepted };
  const { layer, type, caller } = exchange;
  const context = { ...planContext(exchange), caller: created.as ?? caller };
  const selection = planSelection(type, { fields: new Map() }, context);
  const graph = await loadWritten(layer.db, selection, created.id, created.row);
  return graph === undefined ? {} : { data: await resourceObject(layer, graph, created.once) };
}

/** Runs a step; its faults point below the operation. */
async function at<Value>(place: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    const [first, ...more] = placed(place, error);
    throw first !== undefined && more.length === 0 ? first : new Faults(placed(place, error));
  }
}

/** A fault of the whole operation points to it. */
function placed(place: string, error: unknown): Fault[] {
  return faultsOf(error).map((fault) => {
    if (fault.source?.pointer !== undefined) return fault.under(place);
    return fault.source === undefined ? new Fault({ ...fault, source: { pointer: place }, cause: fault.cause }) : fault;
  });
}
