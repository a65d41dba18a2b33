import { existsSync, readFileSync } from "node:fs";
import { kill } from "node:process";
import t from "tap";

import { makeFolder, startServer, type ServerProcess } from "../fixtures/process.ts";
import { until } from "../fixtures/until.ts";

/** Costly enough for another process, and no more. */
const environment = { SCRYPT_LOG_N: "13", LOGIN_LIMIT_PER_IP: "1000/60" };
const PASSWORD = "walnut-orbit-9";

async function post(server: ServerProcess, type: "users" | "sessions", attributes: Record<string, string>) {
  const answer = await fetch(`${server.url}/v1/${type}`, {
    method: "POST",
    headers: { "content-type": "application/vnd.api+json" },
    body: JSON.stringify({ data: { type, attributes } }),
  });
  await answer.arrayBuffer();
  return { status: answer.status, retryAfter: answer.headers.get("retry-after") };
}

/** A server with one user, whose password was hashed in another process. */
async function serverThatHashed(test: Parameters<typeof startServer>[0], more: Readonly<Record<string, string>> = {}) {
  const server = await startServer(test, { folder: makeFolder(test), environment: { ...environment, ...more } });
  const { status } = await post(server, "users", { email: "ada@example.org", password: PASSWORD });
  if (status !== 201) throw new Error(`Registration answered ${String(status)}`);
  return { server, hashing: hashingOf(server) };
}

function hashingOf({ child: { pid } }: ServerProcess): number {
  const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").trim();
  if (!/^\d+$/.test(children)) throw new Error(`Not one child: ${children}`);
  return Number(children);
}

const isAlive = (pid: number) => existsSync(`/proc/${String(pid)}`);

void t.test("a server starts without the process that hashes, and ends it when it ends", async (t) => {
  const fresh = await startServer(t, { folder: makeFolder(t), environment });
  t.throws(() => hashingOf(fresh));
  t.equal((await fresh.stop("SIGTERM")).code, 0);

  const { server, hashing } = await serverThatHashed(t);
  t.equal((await server.stop("SIGTERM")).code, 0);
  t.notOk(isAlive(hashing));
});

void t.test("a server that is killed leaves none behind", async (t) => {
  const { server, hashing } = await serverThatHashed(t);
  const logins = [1, 2, 3, 4].map(() =>
    post(server, "sessions", { email: "ada@example.org", password: PASSWORD }).catch(() => undefined),
  );
  server.child.kill("SIGKILL");
  await Promise.all(logins);
  await until(() => !isAlive(hashing));
  t.notOk(isAlive(hashing));
});

void t.test("killed in the middle of logins, it costs nobody their answer, and the next login is as any", async (t) => {
  const { server, hashing } = await serverThatHashed(t);
  const logins = Array.from({ length: 20 }, (_, n) =>
    post(server, "sessions", { email: "ada@example.org", password: n % 2 === 0 ? PASSWORD : "wrong-walnut" }),
  );
  await logins[0];
  kill(hashing, "SIGKILL");
  for (const [n, { status, retryAfter }] of (await Promise.all(logins)).entries()) {
    if (status === 503) t.ok(Number(retryAfter) >= 1);
    else t.equal(status, n % 2 === 0 ? 201 : 401);
  }
  t.equal((await post(server, "sessions", { email: "ada@example.org", password: PASSWORD })).status, 201);
  t.not(hashingOf(server), hashing);
  t.match(server.printed(), "hashing.process-lost");
});

void t.test("a thread pool whose width is no number has one thread, and passwords are hashed", async (t) => {
  const { server } = await serverThatHashed(t, { UV_THREADPOOL_SIZE: "many" });
  t.equal((await post(server, "sessions", { email: "ada@example.org", password: PASSWORD })).status, 201);
});
