import { invalidParameter } from "../../errors/catalogue.ts";
import { FaultList } from "../../errors/fault.ts";
import type { Scope } from "../resource/condition.ts";
import type { ResourceRelationship, ResourceType } from "../resource/registry.ts";
import type { Path, Query } from "./query.ts";
import { unknownName, visibleAttributes, visibleRelationships, type PlanContext } from "./visible.ts";

/** One term of an order. */
export interface Order<Caller> {
  /** The to-one relationships that lead to the type whose column it is; none for a column of the collection's own type. */
  readonly path: readonly OrderStep<Caller>[];
  readonly column: string;
  readonly descending: boolean;
  readonly nullable: boolean;
  /** JSON Schema's name for the type of the column's values. */
  readonly schemaType: unknown;
}

export interface OrderStep<Caller> {
  readonly relationship: Extract<ResourceRelationship<Caller>, { to: "one" }>;
  /** Which of the related resources the caller may see; the others sort as if there were none. */
  readonly scope: Scope;
}

const MAX_TERMS = 10;
/** Names in the path of one term. */
export const MAX_SORT_DEPTH = 4;

/**
 * The order that `sort` asks for: attributes, and attributes behind to-one relationships. It always ends with the id, so that
 * pages are stable. JSON:API 1.1, "Sorting".
 *
 * @throws {Fault | Faults} 400 with `source.parameter` for names that are unknown or not the caller's to see
 */
export function planOrder<Caller>(
  type: ResourceType<Caller>,
  terms: Query["sort"],
  context: PlanContext<Caller>,
): Order<Caller>[] {
  if (terms.length > MAX_TERMS) {
    throw invalidParameter("sort", `sort may have ${String(MAX_TERMS)} terms at most.`);
  }
  const faults = new FaultList();
  const order: Order<Caller>[] = [];
  for (const { path, descending } of terms) {
    const term = faults.collect(() => planTerm(type, path, descending, context));
    if (term !== undefined) order.push(term);
  }
  faults.throwIfAny();
  if (order.some(({ path, column }) => path.length === 0 && column === "id")) return order;
  // In the direction of the last term, so that an index over both columns serves either direction.
  const descending = order.at(-1)?.descending ?? false;
  return [...order, { path: [], column: "id", descending, nullable: false, schemaType: "string" }];
}

function planTerm<Caller>(
  type: ResourceType<Caller>,
  path: Path,
  descending: boolean,
  context: PlanContext<Caller>,
): Order<Caller> {
  if (path.length > MAX_SORT_DEPTH) {
    throw invalidParameter("sort", `A path of sort may have ${String(MAX_SORT_DEPTH)} names at most.`);
  }
  const steps: OrderStep<Caller>[] = [];
  let here = type;
  for (const name of path.slice(0, -1)) {
    const toOne = visibleRelationships(here, context.caller).filter((relationship) => relationship.to === "one");
    const relationship = toOne.find((candidate) => candidate.name === name);
    if (relationship === undefined) {
      throw unknownName(
        "sort",
        "to-one relationship",
        here.name,
        name,
        toOne.map((candidate) => candidate.name),
      );
    }
    steps.push({ relationship, scope: relationship.target.scope(context.caller) });
    here = relationship.target;
  }
  const name = path.at(-1) ?? "";
  if (name === "id") return { path: steps, column: "id", descending, nullable: steps.length > 0, schemaType: "string" };
  const sortable = visibleAttributes(here, context.caller).filter((attribute) => attribute.sort === true);
  const attribute = sortable.find((candidate) => candidate.name === name);
  if (attribute?.comparedBy == null) {
    throw unknownName("sort", "sortable attribute", here.name, name, ["id", ...sortable.map((known) => known.name)]);
  }
  const nullable = attribute.nullable === true || steps.length > 0;
  return {
    path: steps,
    column: attribute.comparedBy,
    descending,
    nullable,
    schemaType: attribute.value.schema["type"],
  };
}
