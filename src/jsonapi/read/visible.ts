import { invalidParameter } from "../../errors/catalogue.ts";
import type { Fault } from "../../errors/fault.ts";
import type { Registry, ResourceAttribute, ResourceRelationship, ResourceType } from "../resource/registry.ts";
import { suggest } from "./suggest.ts";

export interface PlanContext<Caller> {
  readonly registry: Registry<Caller>;
  readonly caller: Caller;
}

export function visibleAttributes<Caller>(type: ResourceType<Caller>, caller: Caller): ResourceAttribute<Caller>[] {
  return [...type.attributes.values()].filter((attribute) => attribute.read?.(caller) ?? true);
}

export function visibleRelationships<Caller>(
  type: ResourceType<Caller>,
  caller: Caller,
): ResourceRelationship<Caller>[] {
  return [...type.relationships.values()].filter((relationship) => relationship.read?.(caller) ?? true);
}

/** One fault for what does not exist and for what the caller may not see. */
export function unknownName(
  parameter: string,
  kind: string,
  type: string,
  name: string,
  known: readonly string[],
): Fault {
  return invalidParameter(parameter, `${type} has no ${kind} ${JSON.stringify(name)}.`, suggest(name, known));
}
