import { execFile } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeAdmin } from "../fixtures/people.ts";
import { makeFolder, PLAIN_NODE } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";

const TYPESCRIPT = join(projectRoot, "node_modules/typescript/bin/tsc");
const OPENAPI_TYPESCRIPT = join(projectRoot, "node_modules/openapi-typescript/bin/cli.js");
const PROGRAM = readFileSync(join(projectRoot, "test/fixtures/openapi-client/client.ts.txt"), "utf8");

const CONFIGURATION = {
  compilerOptions: {
    target: "ES2023",
    module: "nodenext",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    // Not of the types that were made: those are no library.
    skipLibCheck: true,
    outDir: "out",
  },
  include: ["*.ts"],
};

/** What a program says; its exit code is 0 when all is well. */
function execute(folder: string, ...command: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile("env", [...PLAIN_NODE, ...command], { cwd: folder, timeout: 100_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr });
    });
  });
}

/** A folder of somebody who has the description, its types, and the packages of this project. */
async function makeClientFolder(t: Parameters<typeof makeFolder>[0], description: string): Promise<string> {
  const folder = makeFolder(t);
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIGURATION));
  writeFileSync(join(folder, "openapi.json"), description);
  const made = await execute(folder, OPENAPI_TYPESCRIPT, "openapi.json", "--output", "api.ts");
  if (made.code !== 0) throw new Error(made.output);
  return folder;
}

/** What the server would refuse: each line is one fault, and the only one in it. */
const FAULTS = [
  'await api.POST("/v1/roles", { body: { data: { type: "roles", attributes: { name: "a", nmae: "b" } } } });',
  'await api.POST("/v1/roles", { body: { data: { type: "roles", attributes: {} } } });',
  'await api.POST("/v1/roles", { body: { data: { type: "users", attributes: { name: "a" } } } });',
  'await api.POST("/v1/roles", { body: { data: { type: "roles", attributes: { name: 1 } } } });',
  'await api.POST("/v1/users", { body: { data: { type: "users", attributes: { email: "a", createdAt: "b" } } } });',
  'await api.PATCH("/v1/users/{id}", { params, body: { data: { type: "users", attributes: {} } } });',
  'await api.PUT("/v1/users/{id}", { params });',
  'await api.GET("/v1/users", { params: { query: { include: ["rolls"] } } });',
  'await api.GET("/v1/users", { params: { query: { "filter[nmae]": ["a"] } } });',
  'await api.GET("/v1/sessions", { params: { query: { sort: ["token"] } } });',
  'await api.POST("/v1/users/{id}/relationships/roles", { params, body: { data: [{ type: "users", id: "a" }] } });',
  'await api.POST("/v1/operations", { body: { "atomic:operations": [{ op: "add", data: { type: "roles" } }] } });',
  'await api.POST("/v1/auth/reset-password", { body: { data: { mail: "a" } } });',
  '(await api.GET("/v1/users/{id}", { params })).data?.data.attributes.password;',
  '(await api.GET("/v1/users/{id}", { params })).error?.errors[0]?.code === "wrong-credentials";',
];

const HEAD = [
  'import createClient from "openapi-fetch";',
  'import type { paths } from "./api.js";',
  "const api = createClient<paths>();",
  'const params = { path: { id: "a" } };',
];

void t.test("a client that is made from the description", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const folder = await makeClientFolder(t, await (await fetch(`${url}/openapi.json`)).text());
  writeFileSync(join(folder, "client.ts"), PROGRAM);
  writeFileSync(join(folder, "faults.ts"), [...HEAD, ...FAULTS].join("\n"));
  // Both at once: the types are large, and compiling them is most of the work.
  const compiled = await execute(folder, TYPESCRIPT, "-p", ".");

  await t.test("compiles under strict, and its program runs", async (t) => {
    const complaints = compiled.output.split("\n").filter((line) => /^\S/.test(line) && !line.startsWith("faults.ts"));
    t.same(complaints, []);
    const ran = await execute(folder, "out/client.js", url, admin.email, admin.password);
    t.equal(ran.output, "done\n");
    t.equal(ran.code, 0);
  });

  await t.test("does not compile where the server would refuse it", (t) => {
    const lines = [...compiled.output.matchAll(/^faults\.ts\((\d+),/gm)].map(
      ([, line]) => Number(line) - HEAD.length - 1,
    );
    FAULTS.forEach((fault, index) => t.ok(lines.includes(index), fault));
    t.equal(new Set(lines).size, FAULTS.length);
    t.end();
  });
});
