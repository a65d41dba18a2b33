/**
 * Writes to docs/clients.md what the clients' tests run: the table, and the set-ups of test/clients/setup. Run it after a build:
 * `node scripts/build.js --all && node scripts/describe-clients.js`. A test compares.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { describe } from "../dist/test/clients/describe.js";

const page = new URL("../docs/clients.md", import.meta.url);
writeFileSync(page, describe(readFileSync(page, "utf8")));
