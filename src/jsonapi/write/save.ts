import type { Knex } from "knex";

import { timestamp } from "../../db/clock.ts";
import { foreignKeyViolation, uniqueViolation } from "../../db/driver-errors.ts";
import { conflict, notFound } from "../../errors/catalogue.ts";
import { pointer } from "../../errors/pointer.ts";
import type { Commit, Created, Row, WriteContext, WriteKind } from "../resource/define.ts";
import type { ResourceType } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";
import { changeLinks, checkReferences, type LinkageChange, type Made } from "./linkage.ts";
import type { WritePlan } from "./plan.ts";
import { deleteRow, insertRows, updateRow, type Columns, type Guard } from "./statements.ts";

/**
 * Plans as writes. Each function has two halves: it runs the type's hook before the transaction and returns what is to run
 * inside it.
 */
export interface Write<Result> {
  /** In a transaction. */
  readonly commit: Commit<Result>;
  /**
   * The same without a transaction, where a single statement does it all. `undefined` if it did nothing, whatever the reason; `commit`
   * will say. See statements.ts for the guard.
   */
  readonly alone?: (db: Knex, guard: Guard) => Promise<Result | undefined>;
  /** The row, where it inserts that and does nothing else. */
  readonly inserts?: Columns;
  /** How it ends, where there is nothing to write: all is as it shall be. */
  readonly already?: Result;
}

/** How an update ended: with the row as it is now, where it is at hand. */
export interface Updated {
  readonly row?: Row;
}

/** @throws {Fault | Faults} from the hook; in the transaction 404 for unknown references, 409 for a value that is taken */
export async function prepareCreate<Caller>(
  type: ResourceType<Caller>,
  { id, isClientId }: { readonly id: string; readonly isClientId: boolean },
  plan: WritePlan<Caller>,
  context: WriteContext<Caller>,
): Promise<Write<Created<Caller>>> {
  const columns = { ...defaults(type), ...plan.columns, ...timestamps(type, context.now, "create"), id };
  const creation = { id, isClientId, values: plan.values, columns: plan.columns };
  const run = await type.definition.create?.run?.(creation, context);
  const write = { kind: "create", id, relationships: relationshipNames(plan), onlyAdds: true } as const;
  const insert = async (db: Knex, guard: Guard) => {
    const [row] = await insertRows(db, type, [columns], guard);
    return row === undefined ? undefined : { id, row };
  };
  const commit: Commit<Created<Caller>> = (trx) =>
    guarded(type, trx, write, context, async () => {
      const made = { type: type.name, id };
      await checkBeforehand(trx, plan, context.caller, made);
      const created: Created<Caller> = run === undefined ? ((await insert(trx, null)) ?? { id }) : await run(trx);
      // Of what is new, there is nothing to replace.
      if ("id" in created) await saveLinks(trx, plan, created.id, "add", context, made);
      return created;
    });
  if (run !== undefined || !isOneStatement(type, write, plan)) return { commit };
  return { commit, alone: (db, guard) => named(type, write, () => insert(db, guard)), inserts: columns };
}

/** @throws {Fault | Faults} as prepareCreate(); in the transaction 404 when the resource is gone */
export async function prepareUpdate<Caller>(
  type: ResourceType<Caller>,
  current: Row,
  plan: WritePlan<Caller>,
  context: WriteContext<Caller>,
): Promise<Write<Updated>> {
  const id = String(current["id"]);
  const changes = { id, current, values: plan.values, columns: plan.columns };
  const changesAttributes = Object.keys(plan.values).length > 0;
  const changesColumns = Object.keys(plan.columns).length > 0;
  const run = changesAttributes ? await type.definition.update?.run?.(changes, context) : undefined;
  const write = { kind: "update", id, relationships: relationshipNames(plan), onlyAdds: false } as const;
  const update = async (db: Knex, guard: Guard): Promise<Updated | undefined> => {
    if (!changesColumns) return { row: current };
    const columns = { ...plan.columns, ...timestamps(type, context.now, "update") };
    const row = await updateRow(db, type, id, columns, guard);
    return row === undefined ? undefined : { row };
  };
  if (!changesAttributes && plan.links.length === 0) {
    const already = { row: current };
    return { commit: () => Promise.resolve(already), already };
  }
  const commit: Commit<Updated> = async (trx) =>
    await guarded(type, trx, write, context, async () => {
      await checkBeforehand(trx, plan, context.caller);
      let updated: Updated = {};
      if (run !== undefined) await run(trx);
      else {
        const done = await update(trx, null);
        if (done === undefined) throw notFound();
        updated = done;
      }
      await saveLinks(trx, plan, id, "replace", context);
      return updated;
    });
  if (run !== undefined || !isOneStatement(type, write, plan)) return { commit };
  return { commit, alone: (db, guard) => named(type, write, () => update(db, guard)) };
}

/** @throws {Fault | Faults} from the hook; in the transaction 404 when the resource is gone */
export async function prepareDelete<Caller>(
  type: ResourceType<Caller>,
  current: Row,
  context: WriteContext<Caller>,
): Promise<Write<true>> {
  const id = String(current["id"]);
  const run = await type.definition.delete?.run?.({ id, current }, context);
  const write = { kind: "delete", id, relationships: [], onlyAdds: false } as const;
  const commit: Commit<true> = (trx) =>
    guarded(type, trx, write, context, async (): Promise<true> => {
      if (run !== undefined) await run(trx);
      else if (!(await deleteRow(trx, type, id, null))) throw notFound();
      return true;
    });
  if (run !== undefined || isSurrounded(type, write)) return { commit };
  const remove = async (db: Knex, guard: Guard) => ((await deleteRow(db, type, id, guard)) ? true : undefined);
  return { commit, alone: (db, guard) => named(type, write, () => remove(db, guard)) };
}

/** Runs a write under the type's own rules, and says of a broken unique constraint which member broke it. */
export async function guarded<Caller, Result>(
  type: ResourceType<Caller>,
  trx: Knex.Transaction,
  write: WriteKind,
  context: WriteContext<Caller>,
  run: () => Promise<Result>,
): Promise<Result> {
  return await named(type, write, () =>
    isSurrounded(type, write) ? (type.definition.around?.(trx, write, run, context) ?? run()) : run(),
  );
}

/** Says of a constraint that a write broke which member broke it. */
async function named<Caller, Result>(
  type: ResourceType<Caller>,
  write: WriteKind,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (foreignKeyViolation(error)) {
      // A row that was looked up a moment ago, and that somebody else has deleted since; or one that others still need.
      throw write.kind === "delete"
        ? conflict("Other resources still refer to this one.")
        : notFound("A resource that this refers to is gone.");
    }
    throw takenValue(type, error) ?? error;
  }
}

function isSurrounded<Caller>({ definition }: ResourceType<Caller>, write: WriteKind): boolean {
  return definition.around !== undefined && (definition.concerns?.(write) ?? true);
}

/** References have to be looked up first, and links are rows of other tables. */
function isOneStatement<Caller>(type: ResourceType<Caller>, write: WriteKind, plan: WritePlan<Caller>): boolean {
  return plan.links.length === 0 && !isSurrounded(type, write);
}

function takenValue<Caller>(type: ResourceType<Caller>, error: unknown) {
  const violation = uniqueViolation(error);
  if (violation?.table !== type.table) return undefined;
  if (violation.columns.includes("id")) return conflict("This id is taken.", "/data/id");
  for (const { name, column, comparedBy } of type.attributes.values()) {
    if (violation.columns.some((broken) => broken === column || broken === comparedBy)) {
      return conflict(`This ${name} is taken.`, pointer("data", "attributes", name));
    }
  }
  return undefined;
}

/**
 * Looks up references before anything is written: those of columns, and where there are several relationships all of them, so that one
 * answer tells of all. Links that are written alone look up themselves.
 */
async function checkBeforehand<Caller>(
  trx: Knex.Transaction,
  { links }: WritePlan<Caller>,
  caller: Caller,
  made?: Made,
): Promise<void> {
  if (links.length > 1 || links[0]?.relationship.to === "one") await checkReferences(trx, links, caller, made);
}

async function saveLinks<Caller>(
  trx: Knex.Transaction,
  plan: WritePlan<Caller>,
  id: string,
  change: LinkageChange,
  context: WriteContext<Caller>,
  made?: Made,
): Promise<void> {
  for (const { relationship, linkage } of plan.links) {
    // A to-one relationship is a column of the resource, and was written with it.
    if (relationship.to === "many") await changeLinks(trx, relationship, id, linkage, change, context, made);
  }
}

function relationshipNames<Caller>(plan: WritePlan<Caller>): string[] {
  return plan.links.map(({ relationship }) => relationship.name);
}

function defaults<Caller>(type: ResourceType<Caller>): Record<string, Scalar> {
  const columns: Record<string, Scalar> = {};
  for (const { column, default: value } of type.attributes.values()) {
    if (column !== null && value !== undefined) columns[column] = value;
  }
  return columns;
}

export function timestamps<Caller>(
  type: ResourceType<Caller>,
  now: number,
  kind: "create" | "update",
): Record<string, string> {
  const { created, updated } = type.definition.timestamps ?? {};
  return {
    ...(created !== undefined && kind === "create" ? { [created]: timestamp(now) } : {}),
    ...(updated !== undefined ? { [updated]: timestamp(now) } : {}),
  };
}
