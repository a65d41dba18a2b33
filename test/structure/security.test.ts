import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { projectRoot } from "../fixtures/project.ts";

/** SECURITY.md says which test shows what: a promise that only holds while the tests are there. */
const lines = readFileSync(join(projectRoot, "SECURITY.md"), "utf8").split("\n");

void t.test("every test that the threat model names is there", (t) => {
  const named = lines.flatMap((line) => line.match(/test\/[\w/-]+\.test\.ts/g) ?? []);
  t.ok(new Set(named).size > 50, `${String(new Set(named).size)} files`);
  t.same(
    named.filter((path) => !existsSync(join(projectRoot, path))),
    [],
  );
  t.end();
});

void t.test("every row of a table that says what shows something names a test, or gives a reason", (t) => {
  let isShown = false;
  const bare: string[] = [];
  for (const line of lines) {
    if (!line.startsWith("|")) isShown = false;
    else if (/shown by/.test(line)) isShown = true;
    else if (isShown && !/^\|[\s|-]+$/.test(line) && !/test\/|npm run bench|not offered/.test(line)) bare.push(line);
  }
  t.same(bare, []);
  t.end();
});

void t.test("the requirements of ASVS' chapters on authentication and sessions are all answered", (t) => {
  const answered = lines
    .filter((line) => /^\| [67]\.\d/.test(line))
    .flatMap((line) => line.split("|")[1]?.match(/[67]\.\d(?:\.\d+)?/g) ?? []);
  const chapters: Readonly<Record<string, number>> = {
    "6.1": 3,
    "6.2": 12,
    "6.3": 8,
    "6.4": 6,
    "6.5": 8,
    "6.6": 4,
    "6.7": 2,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 3,
    "7.6": 2,
  };
  for (const [section, count] of Object.entries(chapters)) {
    for (let number = 1; number <= count; number += 1) {
      const requirement = `${section}.${String(number)}`;
      t.ok(answered.includes(requirement) || answered.includes(section), requirement);
    }
  }
  t.end();
});
