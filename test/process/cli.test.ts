import { once } from "node:events";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import t, { type Test } from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { databaseUrlOf, makeFolder, PLAIN_NODE, run, startServer } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";

const PASSWORD = "walnut-orbit-9";

/** One line on standard error, no stack, nothing on standard output. */
function isPlainRefusal(t: Test, outcome: Awaited<ReturnType<typeof run>>, line: RegExp): void {
  t.equal(outcome.code, 1);
  t.equal(outcome.stdout, "");
  t.match(outcome.stderr, line);
  t.equal(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr);
}

async function logIn(url: string, email: string): Promise<{ status: number; authorization: string; userId: string }> {
  const answer = await fetch(`${url}/v1/sessions`, {
    method: "POST",
    headers: { "content-type": "application/vnd.api+json" },
    body: JSON.stringify({ data: { type: "sessions", attributes: { email, password: PASSWORD } } }),
  });
  const { data } = (await answer.json()) as {
    data?: { attributes: { token: string }; relationships: { user: { data: { id: string } } } };
  };
  return {
    status: answer.status,
    authorization: `Bearer ${data?.attributes.token ?? ""}`,
    userId: data?.relationships.user.data.id ?? "",
  };
}

void t.test("users create: an admin with a password from standard input can log in", async (t) => {
  const folder = makeFolder(t);
  const create = ["users", "create", "Root@Example.org", "--role", "admin", "--verified", "--password-stdin"];
  const created = await run("cli/index", create, { folder, input: `${PASSWORD}\n` });
  t.equal(created.code, 0, created.stderr);
  t.equal(created.stderr, "");
  t.match(created.stdout, /^Created user [0-9a-f-]{36} <Root@Example.org> with admin\.\n$/);

  const server = await startServer(t, { folder });
  const { status, authorization, userId } = await logIn(server.url, "root@example.org");
  t.equal(status, 201);
  const read = await fetch(`${server.url}/v1/users/${userId}?include=roles`, { headers: { authorization } });
  const document = (await read.json()) as Record<string, unknown>;
  t.match(document, { data: { attributes: { isVerified: true } }, included: [{ attributes: { name: "admin" } }] });
});

void t.test("users create without a password: the running server mails a link that sets one", async (t) => {
  const folder = makeFolder(t);
  const server = await startServer(t, { folder });
  const created = await run("cli/index", ["users", "create", "ada@example.org"], { folder });
  t.equal(created.code, 0, created.stderr);
  t.match(created.stdout, "mails a link");
  t.match(await newestMail(server.url), { to: "ada@example.org" });
});

void t.test("users create that cannot be: one line each, and nothing is made", async (t) => {
  const folder = makeFolder(t);
  const create = (...rest: string[]) => run("cli/index", ["users", "create", ...rest], { folder, input: PASSWORD });
  t.equal((await create("ada@example.org", "--password-stdin")).code, 0);
  isPlainRefusal(
    t,
    await create("ADA@example.org", "--password-stdin"),
    /^There is a user ADA@example.org already\.$/m,
  );
  isPlainRefusal(t, await create("eve@example.org", "--role", "boss"), /^There is no role boss\. There are: admin\.$/m);
  isPlainRefusal(t, await create("nobody"), /^The email must be an email address/);
  const weak = await run("cli/index", ["users", "create", "eve@example.org", "--password-stdin"], {
    folder,
    input: "hunter2",
  });
  isPlainRefusal(t, weak, /^The password must have at least 8 characters\.$/m);
  t.notMatch(weak.stderr, "hunter2");
  t.equal((await create("eve@example.org", "--password-stdin")).code, 0, "none of the refused made her");
});

void t.test("a password cannot be given as an argument, where others would see it", async (t) => {
  const outcome = await run("cli/index", ["users", "create", "ada@example.org", "--password", PASSWORD], {
    folder: makeFolder(t),
  });
  t.not(outcome.code, 0);
  t.match(outcome.stderr, "unknown option '--password'");
});

void t.test("users reset queues a mail, and does not say whether there is such a user", async (t) => {
  const folder = makeFolder(t);
  const server = await startServer(t, { folder });
  await run("cli/index", ["users", "create", "ada@example.org", "--password-stdin"], { folder, input: PASSWORD });
  const known = await run("cli/index", ["users", "reset", "ada@example.org"], { folder });
  const unknown = await run("cli/index", ["users", "reset", "nobody@example.org"], { folder });
  t.same(known, unknown);
  t.equal(known.code, 0);
  t.match(await newestMail(server.url), { to: "ada@example.org" });
});

void t.test("migrate: status, latest, rollback, and latest again", async (t) => {
  const folder = makeFolder(t);
  const migrate = (...step: string[]) => run("cli/index", ["migrate", ...step], { folder });
  t.match((await migrate("status")).stdout, /^(?:pending {2}\d{4}_\w+\n)+$/);
  t.match((await migrate()).stdout, /^(?:ran \d{4}_\w+\n)+$/);
  t.match((await migrate("status")).stdout, /^(?:done {5}\d{4}_\w+\n)+$/);
  t.equal((await migrate("latest")).stdout, "Nothing to do: all migrations have run.\n");
  t.match((await migrate("rollback")).stdout, /^(?:took back \d{4}_\w+\n)+$/);
  t.equal((await migrate("rollback")).stdout, "Nothing to take back.\n");
  t.equal((await migrate("unlock")).code, 0);
  t.match((await migrate()).stdout, /^(?:ran \d{4}_\w+\n)+$/);
});

void t.test("migrations are recorded alike by the source, by what is compiled, and by Knex' own command", async (t) => {
  const folder = makeFolder(t);
  const migrate = (form: "source" | "compiled", step: string) => run("cli/index", ["migrate", step], { folder, form });
  t.match((await migrate("source", "latest")).stdout, /^(?:ran \d{4}_\w+\n)+$/);
  t.equal((await migrate("compiled", "latest")).stdout, "Nothing to do: all migrations have run.\n");
  t.match((await migrate("compiled", "rollback")).stdout, /^(?:took back \d{4}_\w+\n)+$/);
  t.match((await migrate("compiled", "latest")).stdout, /^(?:ran \d{4}_\w+\n)+$/);
  t.equal((await migrate("source", "latest")).stdout, "Nothing to do: all migrations have run.\n");

  const knex = spawn(
    "env",
    [
      ...PLAIN_NODE,
      "--import",
      import.meta.resolve("tsx"),
      join(projectRoot, "node_modules/knex/bin/cli.js"),
      "migrate:status",
    ],
    {
      cwd: projectRoot,
      env: { PATH: process.env["PATH"] ?? "", DATABASE_URL: await databaseUrlOf(folder) },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [printed] = await Promise.all([text(knex.stdout), once(knex, "close")]);
  t.match(printed, "No Pending Migration files Found");
  t.equal(knex.exitCode, 0);
});

void t.test("seed makes the same users each time, and none twice", async (t) => {
  const folder = makeFolder(t);
  const seed = (users: string) => run("cli/index", ["seed", "--users", users], { folder });
  t.match((await seed("1500")).stdout, /^Made 1500 users/);
  t.match((await seed("1500")).stdout, /^Made 0 users/);
  t.match((await seed("1501")).stdout, /^Made 1 users/);
  for (const wrong of ["0", "-1", "many", "1e6"]) t.not((await seed(wrong)).code, 0, wrong);
});

void t.test("a new database has the role of admins and nobody in it; in production seed adds nobody", async (t) => {
  const folder = makeFolder(t);
  const environment = {
    NODE_ENV: "production",
    PUBLIC_URL: "https://id.example.org",
    MAIL_FROM: "no-reply@example.org",
    POSTMARK_SERVER_TOKEN: "a-server-token",
    SCRYPT_LOG_N: "15",
    SCRYPT_P: "3",
  };
  const refused = await run("cli/index", ["seed", "--users", "1"], { folder, environment });
  isPlainRefusal(t, refused, /^Not in production: /);
  const db = openDatabase(await databaseUrlOf(folder));
  t.teardown(() => db.destroy());
  t.same(await db("users").pluck("email"), []);
  t.same(await db("roles").pluck("name"), ["admin"]);
});

void t.test("help is help, and an unknown command is none", async (t) => {
  const folder = makeFolder(t);
  const help = await run("cli/index", ["--help"], { folder });
  t.equal(help.code, 0);
  for (const command of ["serve", "users", "migrate", "seed"]) t.match(help.stdout, new RegExp(`^ {2}${command}`, "m"));
  const unknown = await run("cli/index", ["sevre"], { folder });
  t.equal(unknown.code, 1);
  t.match(unknown.stderr, "unknown command 'sevre'");
});

void t.test("a database that cannot be opened is told in one line", async (t) => {
  const outcome = await run("cli/index", ["migrate", "status"], {
    folder: makeFolder(t),
    environment: { DATABASE_URL: "postgres://rekey:hunter2@127.0.0.1:1/rekey" },
  });
  t.equal(outcome.code, 1);
  t.match(outcome.stderr, "ECONNREFUSED");
  t.notMatch(outcome.stderr, /hunter2|^\s+at /m);
});

/** The newest mail of the mailbox, as soon as there is one. */
async function newestMail(url: string): Promise<{ readonly to: string } | undefined> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { mails } = (await (await fetch(`${url}/mailbox.json`)).json()) as { mails: { to: string }[] };
    if (mails[0] !== undefined) return mails[0];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
