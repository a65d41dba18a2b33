import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { makeFolder, startServer } from "../fixtures/process.ts";

void t.test("without a word about a database there is a file in data/, in write-ahead mode", async (t) => {
  const folder = makeFolder(t);
  const server = await startServer(t, { folder });
  t.ok(existsSync(join(folder, "data", "rekey.sqlite")));
  t.ok(existsSync(join(folder, "data", "rekey.sqlite-wal")));
  await server.stop();
});
