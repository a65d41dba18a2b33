import { execPath, kill } from "node:process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import t from "tap";

import { Hasher } from "../../../src/accounts/hasher.ts";
import { HashingProcess } from "../../../src/accounts/hashing/hashing-process.ts";
import type { Event } from "../../../src/events/event.ts";
import { makeFolder } from "../../fixtures/process.ts";
import { until } from "../../fixtures/until.ts";

/** Costly enough for another process: some thirty milliseconds. */
const COSTLY = { logN: 13, p: 1 };

function makeHasher(
  test: { teardown(run: () => Promise<void>): void },
  { deadline, program, ...cost }: { deadline?: number; program?: string; logN?: number; p?: number } = {},
) {
  const events: Event[] = [];
  const hashing = new HashingProcess({
    concurrency: 2,
    concurrencyHere: 1,
    observe: (event) => events.push(event),
    deadline,
    program,
  });
  test.teardown(() => hashing.close());
  return { hashing, events, hasher: new Hasher({ ...COSTLY, ...cost, runner: hashing, maxWaiting: 100 }) };
}

/** The pid of a process that is there. */
function pidOf(hashing: HashingProcess): number {
  if (hashing.pid === undefined) throw new Error("There is no process");
  return hashing.pid;
}

t.test("what is hashed and verified in the other process is what it was in this one", async (t) => {
  const { hasher, hashing } = makeHasher(t);
  const stored = await hasher.hash("cafe\u0301 noir");
  t.ok(hashing.pid !== undefined);
  t.match(stored, /^[A-Za-z0-9+/]{128}$/);
  const here = new Hasher(COSTLY);
  t.same(await here.verify(stored, "caf\u00e9 noir"), { matches: true, outdated: false });
  t.same(await hasher.verify(stored, "caf\u00e9 noir"), { matches: true, outdated: false });
  for (const [hash, password] of [
    [stored, "cafe noir"],
    [stored, "caf\u00e9 noir\0"],
    [null, "caf\u00e9 noir"],
    [`B${stored.slice(1)}`, "caf\u00e9 noir"],
    [stored, "\ud800"],
  ] as const) {
    t.same(await hasher.verify(hash, password), { matches: false, outdated: false });
  }
  const old = await new Hasher({ logN: 4, p: 1 }).hash("walnut-orbit-9");
  t.same(await hasher.verify(old, "walnut-orbit-9"), { matches: true, outdated: true });
});

t.test("its priority is lower, in every thread, and memory is taken from it first", async (t) => {
  const { hasher, hashing } = makeHasher(t);
  await hasher.hash("walnut-orbit-9");
  const pid = pidOf(hashing);
  const threads = readdirSync(`/proc/${String(pid)}/task`).map(Number);
  t.ok(threads.length > 2);
  for (const thread of threads) t.equal(getPriority(thread), Math.min(19, getPriority() + 10));
  t.equal(readFileSync(`/proc/${String(pid)}/oom_score_adj`, "utf8").trim(), "500");
});

t.test("it is given nothing but its work: no environment, no arguments", async (t) => {
  process.env["POSTMARK_SERVER_TOKEN"] = "hunter2";
  const { hasher, hashing } = makeHasher(t);
  await hasher.hash("walnut-orbit-9");
  delete process.env["POSTMARK_SERVER_TOKEN"];
  const read = (file: string) => readFileSync(`/proc/${String(pidOf(hashing))}/${file}`, "utf8").split("\0");
  const environment = read("environ");
  t.ok(environment.includes("UV_THREADPOOL_SIZE=2"));
  // tap adds variables of its own to every process that a test starts.
  const names = environment.map((variable) => variable.split("=")[0]);
  t.same(
    ["PATH", "HOME", "POSTMARK_SERVER_TOKEN"].filter((name) => names.includes(name)),
    [],
  );
  const [program, ...rest] = read("cmdline");
  t.equal(program, execPath);
  t.notMatch(rest.join(" "), /walnut|inspect/);
});

t.test("what costs less than going there stays here, and what a stored hash costs counts", async (t) => {
  const { hasher, hashing } = makeHasher(t, { logN: 4, p: 1 });
  await hasher.verify(await hasher.hash("walnut-orbit-9"), "wrong");
  t.equal(hashing.pid, undefined);
  const costly = await new Hasher(COSTLY).hash("walnut-orbit-9");
  t.same(await hasher.verify(costly, "walnut-orbit-9"), { matches: true, outdated: true });
  t.ok(hashing.pid !== undefined);
});

t.test("killed in the middle of its work, it is succeeded, and no work is lost", async (t) => {
  const { hasher, hashing, events } = makeHasher(t);
  const stored = await hasher.hash("walnut-orbit-9");
  const first = pidOf(hashing);
  const checks = Array.from({ length: 12 }, (_, n) => hasher.verify(stored, n % 2 === 0 ? "walnut-orbit-9" : "wrong"));
  await checks[0];
  kill(first, "SIGKILL");
  t.same(
    (await Promise.all(checks)).map(({ matches }) => matches),
    checks.map((_, n) => n % 2 === 0),
  );
  t.not(pidOf(hashing), first);
  t.same(events, [{ type: "hashing.process-lost", reason: "SIGKILL" }]);
});

t.test("the signals that a terminal sends to all are for its parent to obey", async (t) => {
  const { hasher, hashing, events } = makeHasher(t);
  await hasher.hash("walnut-orbit-9");
  const pid = pidOf(hashing);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) kill(pid, signal);
  await hasher.hash("walnut-orbit-9");
  t.equal(pidOf(hashing), pid);
  t.same(events, []);
});

t.test("stuck, it is killed after its deadline, and another one does the work", async (t) => {
  const { hasher, hashing, events } = makeHasher(t, { deadline: 3000, logN: 12 });
  await hasher.hash("walnut-orbit-9");
  const first = pidOf(hashing);
  kill(first, "SIGSTOP");
  t.match(await hasher.hash("walnut-orbit-9"), /^c2NyeXB0/);
  t.not(pidOf(hashing), first);
  t.same(events[0], { type: "hashing.process-lost", reason: "SIGKILL" });
});

t.test("one that dies of every job is not fed for ever: 503", async (t) => {
  const program = join(makeFolder(t), "dying.mjs");
  writeFileSync(program, "process.send({}); process.on('message', () => process.kill(process.pid, 'SIGKILL'));");
  const { hasher, events } = makeHasher(t, { program });
  const refused: unknown = await hasher.hash("walnut-orbit-9").catch((error: unknown) => error);
  t.match(refused, { status: 503, headers: { "retry-after": "1" } });
  t.equal(events.length, 2);
  t.same([hasher.running, hasher.waiting], [0, 0]);
});

t.test("where it cannot be started, hashing goes on here, and the operator is told once", async (t) => {
  const { hasher, hashing, events } = makeHasher(t, { program: join(makeFolder(t), "nothing.mjs") });
  const hashes = await Promise.all(Array.from({ length: 5 }, () => hasher.hash("walnut-orbit-9")));
  t.ok(hashes.every((hash) => hash.startsWith("c2NyeXB0")));
  t.equal(hashing.pid, undefined);
  t.same(events, [{ type: "hashing.process-failed", reason: "code 1", inSeconds: 30 }]);
});

t.test("closed, it is gone, and what still comes is hashed here", async (t) => {
  const { hasher, hashing, events } = makeHasher(t);
  const inHand = hasher.hash("walnut-orbit-9");
  await until(() => hashing.pid !== undefined);
  const pid = pidOf(hashing);
  await hashing.close();
  t.notOk(existsSync(`/proc/${String(pid)}`));
  t.match(await inHand, /^c2NyeXB0/);
  t.match(await hasher.hash("walnut-orbit-9"), /^c2NyeXB0/);
  t.equal(hashing.pid, undefined);
  t.same(events, []);
});
