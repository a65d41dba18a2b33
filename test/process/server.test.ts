import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { existsSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import t from "tap";

import { makeFolder, run, startServer } from "../fixtures/process.ts";
import { eventually } from "../fixtures/until.ts";

void t.test("in an empty folder it starts, says where everything is, and SIGTERM ends it in peace", async (t) => {
  const folder = makeFolder(t);
  const server = await startServer(t, { folder });
  for (const path of ["/v1/users", "/docs", "/reset-password", "/mailbox"])
    t.match(server.printed(), server.url + path);
  t.equal((await fetch(`${server.url}/readyz`)).status, 200);
  t.equal((await fetch(`${server.url}/reset-password`)).status, 200);
  t.same(await server.stop("SIGTERM"), { code: 0, signal: null });
});

void t.test("SIGINT ends it in peace too, and the same folder serves again", async (t) => {
  const folder = makeFolder(t);
  const first = await startServer(t, { folder });
  t.equal((await first.stop("SIGINT")).code, 0);
  const second = await startServer(t, { folder });
  t.equal((await fetch(`${second.url}/readyz`)).status, 200);
});

void t.test("a request in hand is answered before the server ends", async (t) => {
  const server = await startServer(t, { folder: makeFolder(t), environment: { SCRYPT_LOG_N: "15" } });
  const attributes = { email: "ada@example.org", password: "walnut-orbit-9" };
  const asked = request(`${server.url}/v1/users`, {
    method: "POST",
    headers: { "content-type": "application/vnd.api+json", expect: "100-continue" },
  });
  const answered = once(asked, "response") as Promise<[IncomingMessage]>;
  asked.flushHeaders();
  // The server says so when it has the request in hand.
  await once(asked, "continue");
  const ended = server.stop("SIGTERM");
  asked.end(JSON.stringify({ data: { type: "users", attributes } }));
  const [answer] = await answered;
  answer.resume();
  t.equal(answer.statusCode, 201);
  t.equal((await ended).code, 0);
});

void t.test("a second signal ends it at once, whatever is in hand", async (t) => {
  const server = await startServer(t, { folder: makeFolder(t) });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => {
    socket.destroy();
  });
  socket.on("error", () => undefined);
  socket.write(
    "POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.api+json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n",
  );
  // The server says so when it has the request in hand; the rest of it never comes.
  await once(socket, "data");
  const begun = Date.now();
  server.child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  t.equal((await server.stop("SIGTERM")).code, 1);
  t.ok(Date.now() - begun < 6000, "nobody waited for the rest of the request");
});

void t.test("what was accepted before it was killed is mailed after it starts again", async (t) => {
  const folder = makeFolder(t);
  // Nobody listens there: what is accepted stays in the outbox.
  const environment = { POSTMARK_SERVER_TOKEN: "x", POSTMARK_API_URL: "http://127.0.0.1:1" };
  const first = await startServer(t, { folder, environment });
  const created = await run("cli/index", ["users", "create", "ada@example.org", "--password-stdin"], {
    folder,
    input: "walnut-orbit-9",
  });
  t.equal(created.code, 0, created.stderr);
  const asked = await fetch(`${first.url}/v1/auth/reset-password`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: { email: "ada@example.org" } }),
  });
  t.equal(asked.status, 200);
  t.equal((await first.stop("SIGKILL")).signal, "SIGKILL");

  const second = await startServer(t, { folder });
  const mails = await eventually(async () => {
    const { mails } = (await (await fetch(`${second.url}/mailbox.json`)).json()) as { mails: { to: string }[] };
    return mails.length > 0 ? mails : undefined;
  });
  t.same(
    mails?.map(({ to }) => to),
    ["ada@example.org"],
  );
});

void t.test("a wrong configuration is told in lines, without a stack, and ends it as failed", async (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, ".env"), "LOG_LEVEL=loud\nRESET_TOKEN_TLL=60\n");
  const { code, stdout, stderr } = await run("main", [], {
    folder,
    environment: { PORT: "http", POSTMARK_SERVER_TOKEN: "hunter2\u0007" },
  });
  t.equal(code, 1);
  t.equal(stdout, "");
  t.match(stderr.split("\n").slice(0, 3).sort(), [/^LOG_LEVEL takes/, /^PORT takes/, /^POSTMARK_SERVER_TOKEN takes/]);
  t.notMatch(stderr, "hunter2");
  t.notMatch(stderr, /^\s+at /m);
  t.notOk(existsSync(join(folder, "data")), "nothing was begun");
});

void t.test("so is an admin's address that is none", async (t) => {
  const { code, stderr } = await run("main", [], { folder: makeFolder(t), environment: { ADMIN_EMAIL: "a..b@x" } });
  t.equal(code, 1);
  t.match(stderr, /^ADMIN_EMAIL must .*; it holds "a\.\.b@x"\n$/);
});

void t.test("a name that looks mistyped is pointed out, and stops nothing", async (t) => {
  const server = await startServer(t, { folder: makeFolder(t), environment: { RESET_TOKEN_TLL: "60" } });
  t.match(server.printed(), "Warning: RESET_TOKEN_TLL is not known, and is not read: is RESET_TOKEN_TTL meant?");
});

void t.test("a port that is taken is told in one line", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.teardown(() => {
    other.close();
  });
  const port = String((other.address() as AddressInfo).port);
  const { code, stderr } = await run("main", [], {
    folder: makeFolder(t),
    environment: { PORT: port, LOG_LEVEL: "silent" },
  });
  t.equal(code, 1);
  t.equal(stderr, `Something else listens on 127.0.0.1:${port} already: set PORT.\n`);
});

void t.test("in production there is no mailbox, and the log is JSON", async (t) => {
  const server = await startServer(t, {
    folder: makeFolder(t),
    environment: {
      NODE_ENV: "production",
      PUBLIC_URL: "https://id.example.org",
      MAIL_FROM: "no-reply@example.org",
      POSTMARK_SERVER_TOKEN: "a-server-token",
      SCRYPT_LOG_N: "15",
      SCRYPT_P: "3",
    },
    listeningAt: /"msg":"Server listening at (http:[^"]+)"/,
  });
  t.equal((await fetch(`${server.url}/mailbox`)).status, 404);
  for (const path of ["/docs", "/docs/errors", "/pages/swagger-ui-bundle.js", "/openapi.json"]) {
    t.equal((await fetch(server.url + path)).status, 200, path);
  }
  t.notMatch(server.printed(), "/mailbox ");
  t.equal((await server.stop()).code, 0);
  const logged = server
    .printed()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  t.ok(logged.length > 0);
  t.doesNotThrow(() => logged.map((line) => JSON.parse(line) as unknown));
});
