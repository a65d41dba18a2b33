import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { projectRoot } from "../fixtures/project.ts";
import { clients, type Client } from "./clients.ts";
import { clientNames, describe, fileOf, lockedVersion } from "./describe.ts";

const read = (path: string) => readFileSync(join(projectRoot, path), "utf8");

void t.test("docs/clients.md shows the table and the set-ups that the tests run", (t) => {
  const page = read("docs/clients.md");
  t.equal(page, describe(page), "to mend: node scripts/build.js --all && node scripts/describe-clients.js");
  t.end();
});

void t.test("each client has a section and a test of its own", (t) => {
  const headings = [...read("docs/clients.md").matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  for (const name of clientNames) {
    t.ok(headings.includes(name), `## ${name}`);
    t.ok(existsSync(join(projectRoot, "test/clients", `${fileOf(name)}.test.ts`)), name);
  }
  t.end();
});

void t.test("what is installed is what the table says was tested", (t) => {
  for (const [name, client] of Object.entries(clients) as [string, Client][]) {
    for (const part of [name, ...(client.with ?? [])]) {
      const { version } = JSON.parse(read(`node_modules/${part}/package.json`)) as { version: string };
      t.equal(lockedVersion(part), version, part);
    }
  }
  t.end();
});
