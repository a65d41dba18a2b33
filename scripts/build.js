/**
 * Compiles what npm scripts run: `node scripts/build.js [--all] [--quiet]`. With `--all` tests and benchmarks too.
 *
 * Does nothing when the output is newer than the sources, so that `npm start` is fast, and nothing where there is no compiler:
 * a production image has the output and no development dependencies.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const all = process.argv.includes("--all");
const quiet = process.argv.includes("--quiet");
const output = join(root, "dist");
const stamp = join(output, all ? ".built-all" : ".built");
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const sources = [
  "src",
  "migrations",
  "knexfile.ts",
  "tsconfig.json",
  "tsconfig.build.json",
  ...(all ? ["test", "bench"] : []),
];

/** The newest change below a path, in milliseconds; folders count too, since a deleted file changes its folder. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** What was built with tests is as good without: a command that a test starts must not compile under the feet of the others. */
function isFresh() {
  const stamps = [stamp, join(output, ".built-all")].filter((path) => existsSync(path));
  const built = Math.max(...stamps.map((path) => statSync(path).mtimeMs));
  return sources.every((path) => existsSync(join(root, path)) && newest(join(root, path)) <= built);
}

/** Compiled files whose source is gone: a migration that was deleted must not run. */
function removeStale(folder) {
  for (const entry of readdirSync(join(output, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (existsSync(join(root, path))) removeStale(path);
      else rmSync(join(output, path), { recursive: true });
    } else {
      const source = path.replace(/\.js(\.map)?$/, ".ts");
      if (!existsSync(join(root, source)) && !existsSync(join(root, path))) rmSync(join(output, path));
    }
  }
}

if (!existsSync(compiler) || !existsSync(join(root, "src"))) {
  if (existsSync(join(output, "src", "main.js"))) process.exit(0);
  console.error("There is nothing built, and no compiler to build it: run npm ci, with development dependencies.");
  process.exit(1);
}
if (isFresh()) process.exit(0);

// Both ways of building write to the same files, but each remembers by itself what it wrote: after the other it must begin anew.
rmSync(join(output, all ? "build.tsbuildinfo" : "all.tsbuildinfo"), { force: true });

const begun = new Date();
if (!quiet) console.log("Building …");
const { status } = spawnSync(
  process.execPath,
  [compiler, "-p", join(root, all ? "tsconfig.json" : "tsconfig.build.json")],
  {
    stdio: ["ignore", 2, 2],
  },
);
if (status !== 0) process.exit(status ?? 1);
// What is no TypeScript (mail templates, pages) stands beside its compiled readers as it stands beside their sources.
cpSync(join(root, "src"), join(output, "src"), {
  recursive: true,
  filter: (path) => !path.endsWith(".ts"),
});
for (const folder of ["src", "migrations", ...(all ? ["test", "bench"] : [])]) removeStale(folder);
writeFileSync(stamp, "");
utimesSync(stamp, begun, begun);
