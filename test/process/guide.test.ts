import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import t from "tap";

import { MEDIA_TYPE, type Json } from "../fixtures/app.ts";
import { checkAnswer } from "../fixtures/document.ts";
import { databaseUrlOf, makeFolder, PLAIN_NODE, startServer } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";

/** Does what docs/adding-a-resource-type.md says, to a copy of the project, and uses what came of it. */
const guide = readFileSync(join(projectRoot, "docs/adding-a-resource-type.md"), "utf8");
const tour = blocks(readFileSync(join(projectRoot, "README.md"), "utf8"), "sh");
const ATOMIC = `${MEDIA_TYPE};ext="https://jsonapi.org/ext/atomic"`;

function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) => block);
}

/** What a clone has, with the packages of this one. */
function copyProject(folder: string): void {
  for (const part of [
    "src",
    "migrations",
    "scripts",
    "knexfile.ts",
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
  ]) {
    cpSync(join(projectRoot, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
}

/** Each block of code names its file in its first line: a new one, or one that gets a line more. */
function follow(folder: string): string[] {
  return blocks(guide, "ts").map((block) => {
    const path = /^\/\/ (\S+)\n/.exec(block)?.[1] ?? "";
    const target = join(folder, path);
    const code = block.slice(block.indexOf("\n") + 1);
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) appendFileSync(target, code);
    else writeFileSync(target, code);
    return path;
  });
}

async function run(command: readonly string[], cwd: string, environment: Record<string, string> = {}) {
  const child = spawn("env", command, {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

void t.test("articles, from nothing", { timeout: 240_000 }, async (t) => {
  const folder = makeFolder(t);
  copyProject(folder);
  t.same(follow(folder), ["migrations/1000_create_articles.ts", "src/resources/articles.ts", "src/resources/types.ts"]);
  const lines = blocks(guide, "ts").at(-1)?.trim().split("\n") ?? [];
  t.equal(lines.length, 2, "the file's name, and one line to register");
  const built = await run([...PLAIN_NODE, "scripts/build.js"], folder);
  t.equal(built.code, 0, built.stderr);

  const database = await databaseUrlOf(folder);
  const server = await startServer(t, { folder, project: folder, environment: { DATABASE_URL: database } });
  const said = await run(
    [
      "-u",
      "NODE_OPTIONS",
      "bash",
      "-c",
      [
        "set -euo pipefail",
        'curl() { command curl --fail-with-body --show-error --write-out "\\n" "$@"; }',
        // Up to where an admin and Ada are logged in, and Ada is an editor.
        ...tour.slice(0, 3),
        ...blocks(guide, "sh"),
        'echo "TOKENS $TOKEN $ROOT $ADA"',
      ].join("\n"),
    ],
    folder,
    { REKEY: server.url, DATABASE_URL: database, SCRYPT_LOG_N: "4", SCRYPT_P: "1" },
  );
  t.equal(said.code, 0, said.stderr);
  const answers = said.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): Json => JSON.parse(line));
  const [published, listed] = answers.slice(-2);
  t.match(published, { data: { type: "articles", attributes: { isPublished: true, readingMinutes: 1 } } });
  t.match(listed, {
    data: [{ attributes: { title: "On the Analytical Engine", readingMinutes: 1 } }],
    included: [{ type: "tags", attributes: { name: "engines" } }],
  });
  t.same(Object.keys(listed.data[0].attributes), ["title", "readingMinutes"]);

  const [, ada = "", root = "", adaId = ""] = /^TOKENS (\S+) (\S+) (\S+)$/m.exec(said.stdout) ?? [];
  const ask = asking(server.url);
  const articleId = String(published.data.id);
  const article = `/v1/articles/${articleId}`;

  await t.test("reads: include, fields, filter, sort, pages, related", async (t) => {
    const extra = await ask("POST", "/v1/operations", {
      token: ada,
      type: ATOMIC,
      body: {
        "atomic:operations": Array.from({ length: 4 }, (_, index) => ({
          op: "add",
          data: {
            type: "articles",
            attributes: {
              title: `Note ${String.fromCharCode(65 + index)}`,
              body: "word ".repeat(250),
              isPublished: index > 0,
            },
          },
        })),
      },
    });
    t.equal(extra.status, 200, extra.text);
    const titles = async (query: string, token?: string) => {
      const { body, status, text } = await ask("GET", `/v1/articles?${query}`, { token });
      t.equal(status, 200, text);
      return body.data.map(({ attributes }: Json) => attributes.title) as string[];
    };
    t.same(await titles("sort=-title"), ["On the Analytical Engine", "Note D", "Note C", "Note B"]);
    t.same(await titles("sort=title&page[number]=2&page[size]=2", ada), ["Note C", "Note D"]);
    t.same(await titles("filter[title][like]=Note*&sort=title", ada), ["Note A", "Note B", "Note C", "Note D"]);
    t.same(await titles(`filter[author.email]=ada@example.org&filter[isPublished]=false`, ada), ["Note A"]);
    t.same(await titles("filter[tags.name]=engines"), ["On the Analytical Engine"]);
    const cursor = await ask("GET", "/v1/articles?sort=-createdAt&page[after]=&page[size]=3", { token: ada });
    const onward = await ask("GET", cursor.body.links.next.slice(server.url.length), { token: ada });
    t.equal([...cursor.body.data, ...onward.body.data].length, 5);
    const compound = await ask("GET", `${article}?include=author,tags.articles`, { token: ada });
    t.same(compound.body.included.map(({ type }: Json) => type).sort(), ["tags", "users"]);
    t.equal((await ask("GET", `${article}/author`, { token: ada })).body.data.id, adaId);
    t.equal((await ask("GET", `${article}/author`)).body.data, null, "who may not see the author gets nobody");
    t.equal((await ask("GET", "/v1/articles?sort=body")).status, 400);
    t.equal((await ask("GET", "/v1/articles?filter[readingMinutes]=1")).status, 400);
    t.equal((await ask("GET", "/v1/articles?sort=-title&filter[isPublished]=true&page[size]=1")).body.meta.total, 4);
  });

  await t.test("writes: own permissions, linkage, entity tags, atomic operations", async (t) => {
    const body = (attributes: object) => ({ data: { type: "articles", id: articleId, attributes } });
    t.equal((await ask("PATCH", article, { body: body({ title: "Mine" }) })).status, 401);
    t.equal((await ask("PATCH", article, { token: root, body: body({ title: "Of engines" }) })).status, 200);
    t.equal((await ask("PATCH", article, { token: ada, body: body({ readingMinutes: 5 }) })).status, 403);
    t.equal((await ask("PATCH", article, { token: ada, body: body({ readingMinutes: 1 }) })).status, 200, "as it is");
    t.equal((await ask("PATCH", article, { token: ada, body: body({ title: "" }) })).status, 422);
    t.equal((await ask("PATCH", article, { token: ada, body: body({ titel: "x" }) })).status, 422);

    const read = await ask("GET", article, { token: ada });
    const tag = String(read.headers.get("etag"));
    const longer = { token: ada, ifMatch: tag, body: body({ body: "word ".repeat(450) }) };
    const changed = await ask("PATCH", article, longer);
    t.equal(changed.body.data.attributes.readingMinutes, 3);
    t.not(changed.headers.get("etag"), tag);
    t.equal((await ask("PATCH", article, longer)).status, 412);

    const done = await ask("POST", "/v1/operations", {
      token: root,
      type: ATOMIC,
      body: {
        "atomic:operations": [
          { op: "add", data: { type: "tags", lid: "t", attributes: { name: "history" } } },
          {
            op: "add",
            ref: { type: "articles", id: articleId, relationship: "tags" },
            data: [{ type: "tags", lid: "t" }],
          },
        ],
      },
    });
    t.equal(done.status, 200, done.text);
    t.equal((await ask("GET", `${article}/tags`)).body.data.length, 2);
    t.equal((await ask("DELETE", article, { token: ada })).status, 204);
    t.equal((await ask("GET", article, { token: ada })).status, 404);
  });

  await t.test("the description of the API has them", async (t) => {
    const { paths, components } = (await (await fetch(`${server.url}/openapi.json`)).json()) as Json;
    t.same(
      Object.keys(paths as object).filter((path) => path.startsWith("/v1/articles")),
      ["", "/{id}", "/{id}/author", "/{id}/relationships/author", "/{id}/tags", "/{id}/relationships/tags"].map(
        (path) => `/v1/articles${path}`,
      ),
    );
    t.match(components.schemas.ArticleAttributes.properties.readingMinutes, { type: "integer", readOnly: true });
  });

  await t.test("a wrong name of an attribute does not compile", async (t) => {
    const file = join(folder, "src/resources/articles.ts");
    const source = readFileSync(file, "utf8");
    writeFileSync(file, source.replace("    title: {", "    titel: {"));
    const wrong = await run(
      [...PLAIN_NODE, "node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.build.json"],
      folder,
    );
    t.not(wrong.code, 0);
    t.match(wrong.stdout, /titel: there is no column titel/);
  });
});

interface Ask {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly type?: string;
  readonly ifMatch?: string;
}

/** Over the network; answers are held against the specification. */
function asking(baseUrl: string) {
  return async (method: string, url: string, { token, body, type = MEDIA_TYPE, ifMatch }: Ask = {}) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(baseUrl + url, {
      method,
      headers: {
        accept: type,
        ...(payload === undefined ? {} : { "content-type": type }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const { status, headers } = answer;
    const said = await answer.text();
    const held = { status, headers: Object.fromEntries(headers), text: said };
    const document: Json = checkAnswer({ method, url, payload, baseUrl }, held);
    return { status, headers, text: said, body: document };
  };
}
