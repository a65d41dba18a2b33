import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import t from "tap";

import { databaseUrlOf, makeFolder, startServer } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";

const readme = readFileSync(join(projectRoot, "README.md"), "utf8");

void t.test("the tour runs, line by line, as it stands", async (t) => {
  const folder = makeFolder(t);
  const database = await databaseUrlOf(folder);
  const server = await startServer(t, { folder, environment: { DATABASE_URL: database } });
  const tour = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
  t.ok(tour.length >= 5, "the blocks were found");

  const script = [
    "set -euo pipefail",
    // tap would instrument every Node that the tour starts.
    "unset NODE_OPTIONS",
    // Any answer of 400 or more ends the tour; what is answered is kept apart, line by line.
    'curl() { command curl --fail-with-body --show-error --write-out "\\n" "$@"; }',
    // Not how long, but until the mail is there: this machine may be busy.
    `sleep() { until command curl -s "$REKEY/mailbox.json" | grep -q '"id"'; do command sleep 0.1; done; }`,
    ...tour,
  ].join("\n");
  const bash = spawn("bash", ["-c", script], {
    cwd: projectRoot,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "/",
      REKEY: server.url,
      DATABASE_URL: database,
      SCRYPT_LOG_N: "4",
      SCRYPT_P: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(bash.stdout), text(bash.stderr), once(bash, "close")]);
  t.equal(bash.exitCode, 0, stderr);

  const answers = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(answers, [
    { data: { type: "users", attributes: { email: "ada@example.org", firstName: "Ada" } } },
    { data: { attributes: { lastName: null } } },
    { data: { attributes: { lastName: "Lovelace" } } },
    { data: [{ attributes: { firstName: "Ada", lastName: "Lovelace" } }], included: [{ type: "sessions" }] },
    { data: [{ type: "users", attributes: { email: "ada@example.org" } }] },
    { message: /^If your email was registered/, email: "ada@example.org" },
    { email: "ada@example.org", name: "Ada Lovelace" },
    { data: [{ type: "securityEvents", attributes: { kind: "session.created", outcome: "done" } }] },
  ]);
  t.equal(answers.length, 8);
  t.match(stdout, /^Created user \S+ <root@example.org> with admin\.$/m, "npm itself says nothing");
});

void t.test("the two commands are there, and so is every other that it names", (t) => {
  for (const command of ["npm ci && npm start", "npm ci && npm test"]) t.match(readme, `\n${command}\n`);
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [, script = ""] of readme.matchAll(/npm run (?:--silent )?([a-z]+)/g)) t.ok(scripts[script], script);
  t.end();
});

void t.test("every file that it names is there", (t) => {
  const prefixes = ["", "src/", "src/jsonapi/"];
  for (const [, path = ""] of readme.matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|js|json))`/g)) {
    if (path.startsWith("dist/")) continue;
    t.ok(
      prefixes.some((prefix) => existsSync(join(projectRoot, prefix, path))),
      path,
    );
  }
  t.end();
});
