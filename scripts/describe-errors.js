/**
 * Writes the table of errors (src/errors/codes.ts) to where people read it, `docs/errors.md`. Run it after a build:
 * `npm run build && node scripts/describe-errors.js`. A test compares.
 */
import { writeFileSync } from "node:fs";

import { errorsDocument } from "../dist/src/errors/describe.js";

writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsDocument());
