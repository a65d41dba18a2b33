import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import t from "tap";

import { exampleFile, markdownTable } from "../../src/config/describe.ts";
import { readConfig } from "../../src/config/read.ts";
import { projectRoot } from "../fixtures/project.ts";

const read = (name: string) => readFileSync(join(projectRoot, name), "utf8");

void t.test(".env.example names exactly the variables there are, with their defaults", (t) => {
  t.equal(read(".env.example"), exampleFile(), "to mend: npm run build && node scripts/describe-config.js");
  t.end();
});

void t.test("the README's table does so too", (t) => {
  t.ok(
    read("README.md").includes(`\n${markdownTable()}\n`),
    "to mend: npm run build && node scripts/describe-config.js",
  );
  t.end();
});

void t.test(".env.example with every # taken away is the default configuration", (t) => {
  const dotenv = read(".env.example").replace(/^#(?=[A-Z_]+=)/gm, "");
  t.ok(Object.keys(parseEnv(dotenv)).length > 20);
  t.same(readConfig({}, { dotenv }), readConfig({}));
  t.end();
});
