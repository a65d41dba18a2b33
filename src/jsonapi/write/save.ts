import type { Knex } from "knex";

import { timestamp } from "../../db/clock.ts";
import { foreignKeyViolation, uniqueViolation } from "../../db/dialect.ts";
import { conflict, notFound } from "../../errors/catalogue.ts";
import { pointer } from "../../errors/pointer.ts";
import type { Commit, Created, Row, WriteContext, WriteKind } from "../resource/define.ts";
import type { ResourceType } from "../resource/registry.ts";
import type { Scalar } from "../resource/value-types.ts";
import { changeLinks, checkReferences } from "./linkage.ts";
import type { WritePlan } from "./plan.ts";

/**
 * Plans as writes. Each function has two halves: it runs the type's hook before the transaction and returns what is to run
 * inside it.
 */

/** @throws {Fault | Faults} from the hook; in the transaction 404 for unknown references, 409 for a value that is taken */
export async function prepareCreate<Caller>(
  type: ResourceType<Caller>,
  id: string,
  plan: WritePlan<Caller>,
  context: WriteContext<Caller>,
): Promise<Commit<Created<Caller>>> {
  const columns = { ...defaults(type), ...plan.columns, ...timestamps(type, context.now, "create") };
  const run = await type.definition.create?.run?.({ id, values: plan.values, columns: plan.columns }, context);
  return (trx) =>
    guarded(type, trx, { kind: "create", id, relationships: relationshipNames(plan) }, async () => {
      await checkReferences(trx, plan.links, context.caller, { type: type.name, id });
      const created: Created<Caller> = run === undefined ? { id } : await run(trx);
      if (run === undefined) await trx(type.table).insert({ ...columns, id });
      if ("id" in created) await saveLinks(trx, plan, created.id, context);
      return created;
    });
}

/** @throws {Fault | Faults} as prepareCreate(); in the transaction 404 when the resource is gone */
export async function prepareUpdate<Caller>(
  type: ResourceType<Caller>,
  current: Row,
  plan: WritePlan<Caller>,
  context: WriteContext<Caller>,
): Promise<Commit<void>> {
  const id = String(current["id"]);
  const changes = { id, current, values: plan.values, columns: plan.columns };
  const changesAttributes = Object.keys(plan.values).length > 0;
  const run = changesAttributes ? await type.definition.update?.run?.(changes, context) : undefined;
  return async (trx) => {
    if (!changesAttributes && plan.links.length === 0) return;
    await guarded(type, trx, { kind: "update", id, relationships: relationshipNames(plan) }, async () => {
      await checkReferences(trx, plan.links, context.caller);
      if (run !== undefined) await run(trx);
      else if (Object.keys(plan.columns).length > 0) {
        const columns = { ...plan.columns, ...timestamps(type, context.now, "update") };
        if ((await trx(type.table).where({ id }).update(columns)) !== 1) throw notFound();
      }
      await saveLinks(trx, plan, id, context);
    });
  };
}

/** @throws {Fault | Faults} from the hook; in the transaction 404 when the resource is gone */
export async function prepareDelete<Caller>(
  type: ResourceType<Caller>,
  current: Row,
  context: WriteContext<Caller>,
): Promise<Commit<void>> {
  const id = String(current["id"]);
  const run = await type.definition.delete?.run?.({ id, current }, context);
  return (trx) =>
    guarded(type, trx, { kind: "delete", id, relationships: [] }, async () => {
      if (run !== undefined) await run(trx);
      else if ((await trx(type.table).where({ id }).delete()) !== 1) throw notFound();
    });
}

/** Runs a write under the type's own rules, and says of a broken unique constraint which member broke it. */
export async function guarded<Caller, Result>(
  type: ResourceType<Caller>,
  trx: Knex.Transaction,
  write: WriteKind,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await (type.definition.around === undefined ? run() : type.definition.around(trx, write, run));
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

async function saveLinks<Caller>(
  trx: Knex.Transaction,
  plan: WritePlan<Caller>,
  id: string,
  context: WriteContext<Caller>,
): Promise<void> {
  for (const { relationship, linkage } of plan.links) {
    // A to-one relationship is a column of the resource, and was written with it.
    if (relationship.to === "many") await changeLinks(trx, relationship, id, linkage, "replace", context);
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
