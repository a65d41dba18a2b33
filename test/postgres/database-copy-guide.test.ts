import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { MEDIA_TYPE, type Json } from "../fixtures/app.ts";
import { makeTarget, move } from "../fixtures/moving.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import { makeFolder, run, startServer } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";
import { until } from "../fixtures/until.ts";

/** What docs/postgresql.md says, from its first line to its last. */
const guide = readFileSync(join(projectRoot, "docs/postgresql.md"), "utf8");
const PASSWORD = "walnut-orbit-9";

void t.test("the guide, from a server on SQLite to one on PostgreSQL", async (t) => {
  const folder = makeFolder(t);
  const standIn = await PostmarkStandIn.start(t);
  const mail = { POSTMARK_SERVER_TOKEN: "of-the-stand-in", POSTMARK_API_URL: standIn.url };
  const file = "sqlite:data/rekey.sqlite";
  const create = ["users", "create", "root@example.org", "--role", "admin", "--verified", "--password-stdin"];
  await run("cli/index", create, { folder, input: PASSWORD, environment: { DATABASE_URL: file } });
  const before = await startServer(t, { folder, environment: { ...mail, DATABASE_URL: file } });
  const root = await logIn(before.url, "root@example.org");
  const ada = await ask(before.url, "POST", "/v1/users", {
    data: { type: "users", attributes: { email: "ada@example.org", password: PASSWORD, firstName: "Adä 🐢" } },
  });
  const session = await logIn(before.url, "ada@example.org");
  await ask(before.url, "POST", "/v1/auth/reset-password", { data: { email: "ada@example.org" } });
  const link = await tokenOfMail(standIn, 0);

  const running = await move(folder, file, await makeTarget());
  t.equal(running.code, 1);
  t.match(running.stderr, /^The source \(sqlite:data\/rekey\.sqlite\) is open in another process: stop the server/);

  await before.stop();
  await run("cli/index", ["users", "reset", "root@example.org"], { folder, environment: { DATABASE_URL: file } });
  const target = await makeTarget();
  const follow = (command: RegExp) => {
    const line = new RegExp(`^ *npm run rekey -- (database ${command.source} .*)$`, "m").exec(guide)?.[1] ?? "";
    const words = line.split(" ").map((word) => (word.startsWith("postgres:") ? target : word));
    return run("cli/index", words, { folder, environment: { DATABASE_URL: file } });
  };
  const copied = await follow(/copy --to/);
  t.equal(copied.code, 0, copied.stderr);
  t.match(copied.stdout, /^users +2 {2}[0-9a-f]{64}$/m);
  t.match(copied.stdout, "every row there equals its original");
  t.equal((await follow(/compare --to/)).code, 0);

  const after = await startServer(t, { folder, environment: { ...mail, DATABASE_URL: target } });
  t.equal((await ask(after.url, "GET", `/v1/users/${String(ada.body.data.id)}`, undefined, session)).status, 200);
  const users = await ask(after.url, "GET", "/v1/users?page[size]=1", undefined, root);
  t.equal(users.body.meta.total, 2);
  const events = await ask(after.url, "GET", "/v1/securityEvents?page[size]=50", undefined, root);
  t.equal(events.body.data.filter((event: Json) => event.attributes.kind === "session.created").length, 2);
  const redeemed = await ask(after.url, "PATCH", "/v1/auth/reset-password", {
    data: { token: link, password: "thistle-harbor-7" },
  });
  t.equal(redeemed.status, 200);
  t.equal((await ask(after.url, "GET", "/v1/users", undefined, session)).status, 401, "as a new password does");
  t.ok(await tokenOfMail(standIn, 1), "what waited is mailed");
  await until(() => standIn.requests.length >= 3);
  await after.stop();
  const tags = standIn.requests.map(({ body }) => `${String(body["Tag"])} ${String(body["To"])}`);
  t.same(tags.slice(1).sort(), ["password-changed ada@example.org", "reset root@example.org"]);

  const back = await follow(/copy --from/);
  t.equal(back.code, 0, back.stderr);
  t.match(back.stdout, "Everything is in sqlite:data/back.sqlite");
});

/** The token of a reset link, once so many mails went out before it. */
async function tokenOfMail(standIn: PostmarkStandIn, index: number): Promise<string | undefined> {
  const tokens = () =>
    standIn.requests.flatMap(({ body }) => /reset-password\?token=([\w-]+)/.exec(String(body["TextBody"]))?.[1] ?? []);
  await until(() => tokens().length > index);
  return tokens()[index];
}

async function ask(url: string, method: string, path: string, body?: Json, token?: string) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": path.includes("/auth/") ? "application/json" : MEDIA_TYPE }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

async function logIn(url: string, email: string): Promise<string> {
  const { body } = await ask(url, "POST", "/v1/sessions", {
    data: { type: "sessions", attributes: { email, password: PASSWORD } },
  });
  return String(body.data.attributes.token);
}
