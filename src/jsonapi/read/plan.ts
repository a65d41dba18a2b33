import { invalidParameter } from "../../errors/catalogue.ts";
import { attemptAll, FaultList } from "../../errors/fault.ts";
import type { Scope } from "../resource/condition.ts";
import type {
  ResourceAttribute,
  ResourceRelationship,
  ResourceType,
  ToManyRelationship,
} from "../resource/registry.ts";
import { planFilters, type PlannedFilters } from "./filter.ts";
import { planOrder, type Order } from "./order.ts";
import { parsePage, type Page, type PageTerms } from "./page.ts";
import type { Path, Query } from "./query.ts";
import { suggest } from "./suggest.ts";
import { unknownName, visibleAttributes, visibleRelationships, type PlanContext } from "./visible.ts";

/**
 * What of one type is read on one path, as the caller may see it. Knows schema and caller, no SQL. Every name in a plan is
 * known, and every scope in it is the caller's.
 */
export interface Selection<Caller> {
  readonly type: ResourceType<Caller>;
  readonly scope: Scope;
  /** Visible to the caller, and in the fieldset. */
  readonly attributes: readonly ResourceAttribute<Caller>[];
  /** Visible to the caller, and in the fieldset. */
  readonly relationships: readonly ResourceRelationship<Caller>[];
  /** What is to be included along each relationship. */
  readonly includes: ReadonlyMap<string, Inclusion<Caller>>;
  /** Of the types that to-one relationships lead to: which of them the caller may see. */
  readonly targetScopes: ReadonlyMap<string, Scope>;
}

export interface Inclusion<Caller> {
  readonly relationship: ResourceRelationship<Caller>;
  readonly selection: Selection<Caller>;
}

export interface CollectionPlan<Caller> {
  readonly selection: Selection<Caller>;
  readonly where: PlannedFilters;
  /** Only the resources that this relationship of this resource leads to. */
  readonly related?: { readonly relationship: ToManyRelationship<Caller>; readonly id: string };
  readonly order: readonly Order<Caller>[];
  readonly page: Page;
}

/** Relationships that one path of `include` may lead through. */
export const MAX_INCLUDE_DEPTH = 3;
/** Paths of `include`. */
const MAX_INCLUDES = 20;

interface MutableSelection<Caller> extends Selection<Caller> {
  readonly includes: Map<string, { relationship: ResourceRelationship<Caller>; selection: MutableSelection<Caller> }>;
}

/**
 * Plans how resources of `type` are read: fieldsets and inclusions.
 *
 * @throws {Fault | Faults} 400 with `source.parameter` for names that are unknown or not the caller's to see
 */
export function planSelection<Caller>(
  type: ResourceType<Caller>,
  query: Pick<Query, "include" | "fields">,
  context: PlanContext<Caller>,
): Selection<Caller> {
  const faults = new FaultList();
  const fieldsets = planFieldsets(query.fields, context, faults);
  const select = (selected: ResourceType<Caller>): MutableSelection<Caller> => {
    const fieldset = fieldsets.get(selected.name);
    const chosen = (name: string) => fieldset === undefined || fieldset.has(name);
    const relationships = visibleRelationships(selected, context.caller).filter(({ name }) => chosen(name));
    return {
      type: selected,
      scope: selected.scope(context.caller),
      attributes: visibleAttributes(selected, context.caller).filter(({ name }) => chosen(name)),
      relationships,
      includes: new Map(),
      targetScopes: new Map(
        relationships.filter(({ to }) => to === "one").map(({ name, target }) => [name, target.scope(context.caller)]),
      ),
    };
  };
  const root = select(type);
  const paths = query.include ?? [];
  if (paths.length > MAX_INCLUDES) {
    faults.add(invalidParameter("include", `include may have ${String(MAX_INCLUDES)} paths at most.`));
  } else {
    for (const path of paths) faults.collect(() => addInclude(root, path, context.caller, select));
  }
  faults.throwIfAny();
  return root;
}

/**
 * Plans a collection: as planSelection(), with filters, order and page. Every order ends with the id, so that pages are stable.
 *
 * @throws {Fault | Faults} 400 with `source.parameter`
 */
export function planCollection<Caller>(
  type: ResourceType<Caller>,
  query: Query,
  pageTerms: PageTerms,
  context: PlanContext<Caller>,
): CollectionPlan<Caller> {
  const [selection, where, order, page] = attemptAll(
    () => planSelection(type, query, context),
    () => planFilters(type, query.filters, context),
    () => planOrder(type, query.sort, context),
    () => parsePage(query, pageTerms),
  );
  return { selection, where, order, page };
}

function planFieldsets<Caller>(
  fields: Query["fields"],
  { registry, caller }: PlanContext<Caller>,
  faults: FaultList,
): Map<string, Set<string>> {
  const fieldsets = new Map<string, Set<string>>();
  for (const [name, members] of fields) {
    const parameter = `fields[${name}]`;
    const type = registry.get(name);
    if (type === undefined) {
      faults.add(
        invalidParameter(
          parameter,
          `There is no resource type ${JSON.stringify(name)}.`,
          suggest(name, registry.keys()),
        ),
      );
      continue;
    }
    const known = [...visibleAttributes(type, caller), ...visibleRelationships(type, caller)].map(
      (field) => field.name,
    );
    for (const member of members) {
      if (!known.includes(member)) faults.add(unknownName(parameter, "field", type.name, member, known));
    }
    fieldsets.set(name, new Set(members));
  }
  return fieldsets;
}

function addInclude<Caller>(
  root: MutableSelection<Caller>,
  path: Path,
  caller: Caller,
  select: (type: ResourceType<Caller>) => MutableSelection<Caller>,
): void {
  if (path.length > MAX_INCLUDE_DEPTH) {
    throw invalidParameter("include", `A path of include may have ${String(MAX_INCLUDE_DEPTH)} names at most.`);
  }
  let selection = root;
  for (const name of path) {
    const visible = visibleRelationships(selection.type, caller);
    const relationship = visible.find((candidate) => candidate.name === name);
    if (relationship === undefined) {
      throw unknownName(
        "include",
        "relationship",
        selection.type.name,
        name,
        visible.map((candidate) => candidate.name),
      );
    }
    let inclusion = selection.includes.get(name);
    if (inclusion === undefined) {
      inclusion = { relationship, selection: select(relationship.target) };
      selection.includes.set(name, inclusion);
    }
    selection = inclusion.selection;
  }
}
