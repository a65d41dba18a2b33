import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { conformancePage, listSections } from "../fixtures/conformance-table.ts";
import { projectRoot } from "../fixtures/project.ts";

const sections = await listSections();
const all = sections.flatMap(({ file, document, statements }) =>
  statements.map((statement) => ({ file, document, ...statement })),
);

void t.test("docs/conformance.md says what the tests say", (t) => {
  t.equal(
    readFileSync(join(projectRoot, "docs/conformance.md"), "utf8"),
    conformancePage(sections),
    "to mend: node scripts/build.js --all && node scripts/describe-conformance.js",
  );
  t.end();
});

void t.test("every file has its section, every document its statements", (t) => {
  t.ok(all.length > 300, String(all.length));
  t.same([...new Set(sections.map(({ document }) => document))], ["format", "atomic", "cursors", "recommendations"]);
  for (const { file, statements } of sections) {
    t.ok(existsSync(join(projectRoot, `test/conformance/${file}.test.ts`)), file);
    t.ok(statements.length > 0, file);
  }
  t.end();
});

void t.test("no statement stands twice, and each names a place and a level", (t) => {
  const keys = all.map(({ document, anchor, says }) => `${document}#${anchor} ${says}`);
  t.same(
    keys.filter((key, index) => keys.indexOf(key) !== index),
    [],
  );
  for (const { anchor, says, level } of all) {
    t.match(anchor, /^[a-z0-9-]+$/);
    t.match(level, /^(MUST|SHOULD|MAY|RECOMMENDED)( NOT)?$/);
    t.ok(says.length > 20, says);
  }
  t.end();
});
