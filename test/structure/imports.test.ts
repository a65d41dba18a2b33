import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import t from "tap";

import { projectRoot, sourceFiles } from "../fixtures/project.ts";

/**
 * Imports go down only, and no folder imports from one beside it. ESLint enforces the same table while one writes; this reads the
 * files as they are, so that a comment that silences ESLint changes nothing.
 */
const { levels, allowed, forbiddenPackages } = JSON.parse(
  readFileSync(join(projectRoot, "test/structure/imports.json"), "utf8"),
) as {
  readonly levels: readonly (readonly string[])[];
  readonly allowed: Readonly<Record<string, readonly string[]>>;
  readonly forbiddenPackages: Readonly<Record<string, readonly string[]>>;
};

interface Import {
  readonly from: string;
  /** A file of src without its extension, or a package. */
  readonly to: string;
  readonly isOurs: boolean;
}

const imports = sourceFiles("src").flatMap(importsOf);

/** Types, values, re-exports and dynamic imports alike. */
function importsOf(path: string): Import[] {
  const from = path.replace(/^src\//, "");
  const source = readFileSync(join(projectRoot, path), "utf8");
  return [...source.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"([^"]+)"/g)].map(([, target = ""]) =>
    target.startsWith(".")
      ? { from, to: join(dirname(from), target).replace(/\.ts$/, ""), isOurs: true }
      : { from, to: target, isOurs: false },
  );
}

const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);
const ours = imports.filter((found) => found.isOurs);

void t.test("the imports were found", (t) => {
  t.ok(imports.length > 200, String(imports.length));
  t.ok(ours.some(({ from, to }) => from === "app.ts" && to === "db/knex"));
  t.end();
});

void t.test("every part of src has its place in the table", (t) => {
  const parts = new Set(sourceFiles("src").map((path) => path.split("/")[1]?.replace(/(\.d)?\.ts$/, "")));
  t.same([...parts].sort(), levels.flat().sort());
  t.end();
});

void t.test("no import leads up or sideways", (t) => {
  const levelOf = (path: string) =>
    levels.findIndex((parts) => parts.includes(path.split("/")[0]?.replace(/\.ts$/, "") ?? ""));
  const topLevels = levels.length - 2;
  const wrong = ours.filter(({ from, to }) => {
    const isWithinPart = from.split("/")[0] === to.split("/")[0];
    const isAmongTheTop = levelOf(from) >= topLevels && levelOf(to) <= levelOf(from);
    return !isWithinPart && !isAmongTheTop && levelOf(to) >= levelOf(from);
  });
  t.same(wrong, []);
  t.end();
});

for (const [folder, targets] of Object.entries(allowed)) {
  void t.test(`${folder} imports from nothing of ours but: ${targets.join(", ") || "itself"}`, (t) => {
    const own = ours.filter(({ from }) => isIn(from, folder));
    t.ok(sourceFiles(`src/${folder}`).length > 0, "the folder is there");
    t.same(
      own.filter(({ to }) => ![folder, ...targets].some((target) => isIn(to, target))),
      [],
    );
    t.end();
  });
}

for (const [folder, packages] of Object.entries(forbiddenPackages)) {
  void t.test(`${folder} knows nothing of ${packages.join(" or ")}`, (t) => {
    t.same(
      imports.filter(
        ({ from, to, isOurs }) => !isOurs && isIn(from, folder) && packages.some((name) => isIn(to, name)),
      ),
      [],
    );
    t.end();
  });
}

void t.test("no file imports itself, by whatever detour", (t) => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of ours) {
    const file = from.replace(/\.ts$/, "");
    targets.set(file, [...(targets.get(file) ?? []), to]);
  }
  const done = new Set<string>();
  const cycleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of targets.get(file) ?? []) {
      const cycle = cycleFrom(target, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  t.same(
    [...targets.keys()].map((file) => cycleFrom(file, [])).filter((cycle) => cycle !== undefined),
    [],
  );
  t.end();
});

void t.test("the generic layer does not know what accounts are", (t) => {
  const words = /user|role|session|password/i;
  const found = sourceFiles("src/jsonapi").filter((path) => words.test(readFileSync(join(projectRoot, path), "utf8")));
  t.same(found, []);
  t.end();
});

void t.test("migrations import nothing of src: they stay as they were when they ran", (t) => {
  const found = sourceFiles("migrations").filter((path) => {
    const source = readFileSync(join(projectRoot, path), "utf8");
    return /from "\.\.?\//.test(source);
  });
  t.same(found, []);
  t.end();
});

void t.test("tests make their databases in one place, so that all of them run on any", (t) => {
  const own = ["database", "disk", "commits", "moving"].map((name) => `test/fixtures/${name}.ts`);
  const found = sourceFiles("test")
    .filter((path) => !own.includes(path) && !/^test\/(?:sqlite|(?:fixtures\/)?postgres|config|structure)\//.test(path))
    .filter((path) => /sqlite:|sqlite_master|PRAGMA|pg_\w+\(/.test(readFileSync(join(projectRoot, path), "utf8")));
  // What it says to each in its own words, and where processes have a file by default.
  t.same(found, ["test/fixtures/dialect.ts", "test/fixtures/process.ts"]);
  t.end();
});

void t.test("only the command line and what a process starts with know the process", (t) => {
  const starts = ["src/main.ts", "src/accounts/hashing/child-main.ts"];
  const found = sourceFiles("src")
    .filter((path) => !path.startsWith("src/cli/") && !starts.includes(path))
    .filter((path) =>
      /\bprocess\.(?:env|argv|exit|std|on\b|once\b|kill)/.test(readFileSync(join(projectRoot, path), "utf8")),
    );
  t.same(found, []);
  t.end();
});
