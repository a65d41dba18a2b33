import type { Scope } from "./condition.ts";
import type { AnyResource, Row } from "./define.ts";
import type { Attribute, Relationship } from "./members.ts";

export interface ResourceAttribute<Caller> extends Omit<Attribute<Row, Caller>, "column"> {
  readonly name: string;
  readonly column: string | null;
  /** The column that values are compared and sorted by; null where there is none. */
  readonly comparedBy: string | null;
}

export type ResourceRelationship<Caller> = Relationship<Row, Caller> & {
  readonly name: string;
  readonly owner: ResourceType<Caller>;
  /** The related type. */
  readonly target: ResourceType<Caller>;
};

export type ToManyRelationship<Caller> = Extract<ResourceRelationship<Caller>, { readonly to: "many" }>;

/** A declared type, checked and with its relations resolved. */
export interface ResourceType<Caller> {
  readonly name: string;
  readonly table: string;
  readonly definition: AnyResource<Caller>;
  readonly attributes: ReadonlyMap<string, ResourceAttribute<Caller>>;
  readonly relationships: ReadonlyMap<string, ResourceRelationship<Caller>>;
  scope(caller: Caller): Scope;
}

export type Registry<Caller> = ReadonlyMap<string, ResourceType<Caller>>;

/** JSON:API 1.1, "Member Names", narrowed to what needs no escape in a URL. */
const MEMBER_NAME = /^[a-zA-Z][a-zA-Z0-9]*$/;

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * All resource types of a server.
 *
 * @throws {Error} when the declarations contradict themselves or each other; the message says which and how
 */
export function createRegistry<Caller>(definitions: readonly AnyResource<Caller>[]): Registry<Caller> {
  const types = new Map<string, ResourceType<Caller>>();
  for (const definition of definitions) {
    check(!types.has(definition.type), `Resource type ${definition.type} is declared twice`);
    check(MEMBER_NAME.test(definition.type), `Resource type ${definition.type}: the name must be letters and digits`);
    types.set(definition.type, {
      name: definition.type,
      table: definition.table,
      definition,
      attributes: resolveAttributes(definition),
      relationships: new Map(),
      scope: (caller) => definition.scope(caller),
    });
  }
  for (const type of types.values()) {
    const relationships = type.relationships as Map<string, ResourceRelationship<Caller>>;
    for (const [name, relationship] of Object.entries(type.definition.relationships ?? {})) {
      const target = types.get(relationship.type);
      const place = `${type.name}.${name}`;
      check(
        isFieldName(name),
        `${place}: a relationship's name must be letters and digits, and neither "id" nor "type"`,
      );
      check(!type.attributes.has(name), `${place}: an attribute has that name already`);
      if (target === undefined) throw new Error(`${place}: there is no resource type ${relationship.type}`);
      check(
        relationship.to === "one" || "table" in relationship.through || relationship.write === undefined,
        `${place}: a to-many relationship over a column of the other type is changed from that side`,
      );
      relationships.set(name, { ...relationship, name, owner: type, target });
    }
    for (const name of Object.keys(type.definition.actions ?? {})) {
      const place = `${type.name}.${name}`;
      check(MEMBER_NAME.test(name), `${place}: an action's name must be letters and digits`);
      check(
        name !== "relationships" && !type.relationships.has(name),
        `${place}: an action has the URL of relationships, or of one of them`,
      );
    }
  }
  return types;
}

function resolveAttributes<Caller>(definition: AnyResource<Caller>): Map<string, ResourceAttribute<Caller>> {
  const attributes = new Map<string, ResourceAttribute<Caller>>();
  for (const [name, attribute] of Object.entries(definition.attributes)) {
    const place = `${definition.type}.${name}`;
    const isComputed = attribute.computed !== undefined;
    const column = isComputed ? null : attribute.column === undefined ? snakeCase(name) : attribute.column;
    const comparedBy = attribute.normal?.column ?? column;
    check(isFieldName(name), `${place}: an attribute's name must be letters and digits, and neither "id" nor "type"`);
    check(
      comparedBy !== null || !(attribute.sort === true || attribute.filter === true),
      `${place}: only what stands in a column can be sorted or filtered by`,
    );
    check(
      !isComputed ||
        (attribute.column === undefined && attribute.create === undefined && attribute.update === undefined),
      `${place}: what is computed has no column and is not written`,
    );
    attributes.set(name, { ...attribute, name, column, comparedBy });
  }
  return attributes;
}

function isFieldName(name: string): boolean {
  return MEMBER_NAME.test(name) && name !== "id" && name !== "type";
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
