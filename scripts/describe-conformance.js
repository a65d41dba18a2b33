/**
 * Writes docs/conformance.md: which statement of JSON:API is tested where. What stands in it is what the files of test/conformance
 * say themselves. Run it after a build: `node scripts/build.js --all && node scripts/describe-conformance.js`. A test compares.
 */
import { writeFileSync } from "node:fs";

import { conformancePage, listSections } from "../dist/test/fixtures/conformance-table.js";

writeFileSync(new URL("../docs/conformance.md", import.meta.url), conformancePage(await listSections()));
