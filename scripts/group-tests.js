/**
 * Makes the files that `tap` runs: `node scripts/group-tests.js FOLDER [FILE…]`, after the build. Without files: all
 * tests but those about PostgreSQL alone.
 *
 * A test file takes two to four seconds of a processor before its first assertion: tap starts a process for it, which loads tap and
 * the server. So neighbours share a process: the group's file loads them one after the other. Each file can still be
 * run by itself: `npm test -- dist/test/reset/request.test.js`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder, ...given] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which folder shall hold the groups?");
const output = resolve(folder);

/**
 * Files that start browsers or processes take long. They come first and in small groups, so that no processor waits for the other at
 * the end; by what they import, so that nobody keeps a list.
 */
const KINDS = [
  { name: "browser", pattern: /fixtures\/browser\.js"/, most: 1 },
  { name: "process", pattern: /fixtures\/(process|kill\w*)\.js"/, most: 2 },
  { name: "server", pattern: /(?:)/, most: 16 },
];

function allTests() {
  const tests = join(root, "dist", "test");
  return readdirSync(tests, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js") && !["fixtures", "postgres"].includes(name.split(sep)[0] ?? ""))
    .map((name) => join(tests, name));
}

function kindOf(file) {
  const text = readFileSync(file, "utf8");
  return KINDS.findIndex(({ pattern }) => pattern.test(text));
}

/** Neighbours are mostly about the same. */
function groupsOf(files) {
  const sorted = files
    .map((file) => ({ file, kind: kindOf(file) }))
    .sort((one, other) => (one.file < other.file ? -1 : 1));
  return KINDS.flatMap(({ name, most }, kind) => {
    const members = sorted.filter((one) => one.kind === kind).map(({ file }) => file);
    const parts = Math.ceil(members.length / most);
    return Array.from({ length: parts }, (_, part) => ({
      name: `${String(kind)}-${name}-${String(part + 1).padStart(2, "0")}`,
      members: members.slice(
        Math.floor((part * members.length) / parts),
        Math.floor(((part + 1) * members.length) / parts),
      ),
    }));
  });
}

/**
 * tap is made of plugins, and made anew where package.json wants others than it came with. It would do so by itself with its first run,
 * whose processes then all load what is not wanted: half a second and more each.
 */
function buildTap() {
  const { plugin = [] } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).tap;
  const built = readFileSync(join(root, "node_modules/@tapjs/test/test-built/dist/esm/index.js"), "utf8");
  const isStale = plugin.some((name) => name.startsWith("!") && built.includes(`"${name.slice(1)}"`));
  if (isStale)
    execFileSync(process.execPath, [join(root, "node_modules/tap/dist/esm/run.mjs"), "build"], { cwd: root });
}

function contentOf(members) {
  const paths = members.map((file) => relative(output, file).split(sep).join("/"));
  return `import t from "tap";
for (const file of ${JSON.stringify(paths)}) {
  t.comment(file);
  try {
    await import(file);
  } catch (error) {
    t.fail(\`\${file} ends with an error\`, { found: error });
  }
}
`;
}

buildTap();
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
for (const { name, members } of groupsOf(given.length > 0 ? given.map((file) => resolve(file)) : allTests())) {
  writeFileSync(join(output, `${name}.test.js`), contentOf(members));
}
