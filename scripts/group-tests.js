/**
 * Makes the files that `tap` runs: `node scripts/group-tests.js FOLDER [FILE…]`, after the build. Without files: all
 * tests but those about PostgreSQL alone.
 *
 * A test file takes two to four seconds of a processor before its first assertion: tap starts a process for it, which loads tap and
 * the server. So the files of one folder share a process: the group's file loads them one after the other. Each file can still be
 * run by itself: `npm test -- dist/test/reset/request.test.js`.
 */
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
  { pattern: /fixtures\/browser\.js"/, most: 1 },
  { pattern: /fixtures\/(process|kill\w*)\.js"/, most: 2 },
  { pattern: /(?:)/, most: 12 },
];

function allTests() {
  const tests = join(root, "dist", "test");
  return readdirSync(tests, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js") && !["fixtures", "postgres"].includes(name.split(sep)[0] ?? ""))
    .map((name) => join(tests, name));
}

/** The index of its kind: the lower, the slower. */
function kindOf(file) {
  const text = readFileSync(file, "utf8");
  return KINDS.findIndex(({ pattern }) => pattern.test(text));
}

function groupsOf(files) {
  const groups = new Map();
  for (const file of files.sort()) {
    const [place = ""] = relative(join(root, "dist", "test"), file).split(sep);
    const kind = kindOf(file);
    const name = `${String(kind)}-${place.replace(/\.test\.js$/, "")}`;
    groups.set(name, { most: KINDS[kind].most, members: [...(groups.get(name)?.members ?? []), file] });
  }
  return [...groups].flatMap(([name, { most, members }]) => {
    const parts = Math.ceil(members.length / most);
    const size = Math.ceil(members.length / parts);
    return Array.from({ length: parts }, (_, part) => ({
      name: parts === 1 ? name : `${name}-${String(part + 1)}`,
      members: members.slice(part * size, (part + 1) * size),
    }));
  });
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

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
for (const { name, members } of groupsOf(given.length > 0 ? given.map((file) => resolve(file)) : allTests())) {
  writeFileSync(join(output, `${name}.test.js`), contentOf(members));
}
