/**
 * Writes the table of variables (src/config/variables.ts) to where people read it: `.env.example`, and the README between its
 * two marks. Run it after a build: `npm run build && node scripts/describe-config.js`. A test compares.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { exampleFile, markdownTable } from "../dist/src/config/describe.js";

const file = (name) => new URL(`../${name}`, import.meta.url);

writeFileSync(file(".env.example"), exampleFile());
const readme = readFileSync(file("README.md"), "utf8");
const marks = /(<!-- configuration -->)[^]*?(<!-- \/configuration -->)/;
writeFileSync(
  file("README.md"),
  readme.replace(marks, (_, begin, end) => `${begin}\n\n<!-- prettier-ignore -->\n${markdownTable()}\n\n${end}`),
);
