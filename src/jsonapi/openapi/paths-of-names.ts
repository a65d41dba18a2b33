import type { ResourceType } from "../resource/registry.ts";

/** Longer lists are told in words alone: nobody would read them. */
const MAX_LISTED = 60;

/** Every path of relationships up to a depth, as `include` takes it; undefined where there are too many to list. */
export function includePaths<Caller>(type: ResourceType<Caller>, depth: number): readonly string[] | undefined {
  const below = (from: ResourceType<Caller>, left: number): string[] =>
    left === 0
      ? []
      : [...from.relationships.values()].flatMap(({ name, target }) => [
          name,
          ...below(target, left - 1).map((path) => `${name}.${path}`),
        ]);
  return listed(below(type, depth));
}

/** Every path that `sort` takes: attributes, and attributes behind to-one relationships; undefined where there are too many to list. */
export function sortPaths<Caller>(type: ResourceType<Caller>, names: number): readonly string[] | undefined {
  const below = (from: ResourceType<Caller>, left: number): string[] => [
    "id",
    ...[...from.attributes.values()].filter(({ sort }) => sort === true).map(({ name }) => name),
    ...(left === 1
      ? []
      : [...from.relationships.values()]
          .filter(({ to }) => to === "one")
          .flatMap(({ name, target }) => below(target, left - 1).map((path) => `${name}.${path}`))),
  ];
  return listed(below(type, names));
}

/** The types that documents about a type may hold, itself first. */
export function reachableTypes<Caller>(type: ResourceType<Caller>): ResourceType<Caller>[] {
  const reached = new Set([type]);
  for (const here of reached) for (const { target } of here.relationships.values()) reached.add(target);
  return [...reached];
}

function listed(paths: readonly string[]): readonly string[] | undefined {
  return paths.length <= MAX_LISTED ? paths : undefined;
}
