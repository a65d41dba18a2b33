import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Knex } from "knex";
import t, { type Test } from "tap";

import { timestamp } from "../../src/db/clock.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";
import { claimDue, enqueue, giveUp, LEASE_SECONDS, reschedule } from "../../src/outbox/outbox.ts";
import { claimOne } from "../fixtures/outbox.ts";
import { databaseUrlOf, makeFolder, PLAIN_NODE, run, startServer } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";
import { until } from "../fixtures/until.ts";

const HOUR = 3_600_000;
const ADDRESS = "ada@example.org";

/** A database that this process has open too, as a running server would. */
async function makeOutbox(t: Test): Promise<{ folder: string; db: Knex; put: () => Promise<string> }> {
  const folder = makeFolder(t);
  const db = openDatabase(await databaseUrlOf(folder));
  t.teardown(() => db.destroy());
  await migrateToLatest(db);
  const put = () =>
    enqueue(db, Date.now(), {
      kind: "reset.requested",
      payload: { email: ADDRESS },
      expiresAt: Date.now() + HOUR,
    });
  return { folder, db, put };
}

void t.test(
  "an entry that failed and one that waits are listed, without addresses, as table and as JSON",
  async (t) => {
    const { folder, db, put } = await makeOutbox(t);
    const failed = await put();
    await giveUp(db, await claimOne(db), Date.now(), `422 for ${ADDRESS}`);
    const waiting = await put();

    const table = await run("cli/index", ["mail", "list"], { folder });
    t.equal(table.code, 0, table.stderr);
    t.equal(table.stderr, "");
    const lines = table.stdout.split("\n");
    t.match(lines[0], /^ID +KIND +STATE +TRIES +CREATED +NEXT TRY, FAILED +EXPIRES +LAST ERROR$/);
    t.match(lines[1], new RegExp(`^${failed} +reset\\.requested +failed +1 +20.* 422 for \\[address\\]$`));
    t.match(lines[2], new RegExp(`^${waiting} +reset\\.requested +waiting +0 +20`));
    t.equal(lines[4], "In all: 1 waiting, 1 failed.");

    const json = await run("cli/index", ["mail", "list", "--failed", "--json"], { folder });
    t.match(JSON.parse(json.stdout), {
      id: failed,
      kind: "reset.requested",
      state: "failed",
      attempts: 1,
      createdAt: String,
      dueAt: null,
      failedAt: String,
      expiresAt: String,
      lastError: "422 for [address]",
    });
    const onlyWaiting = await run("cli/index", ["mail", "list", "--waiting", "--json"], { folder });
    t.match(JSON.parse(onlyWaiting.stdout), { id: waiting, state: "waiting", failedAt: null, lastError: null });
    t.notMatch(table.stdout + json.stdout + onlyWaiting.stdout, /@|payload/);
  },
);

void t.test("an empty list says so", async (t) => {
  const folder = makeFolder(t);
  t.equal((await run("cli/index", ["mail", "list"], { folder })).stdout, "In all: 0 waiting, 0 failed.\n");
  t.same(await run("cli/index", ["mail", "list", "--json"], { folder }), { code: 0, stdout: "", stderr: "" });
});

void t.test("many thousands are listed, and whoever has seen enough may stop reading", async (t) => {
  const { folder, db } = await makeOutbox(t);
  const now = timestamp(Date.now());
  const row = { kind: "test", payload: "{}", attempts: 0, created_at: now, due_at: now, expires_at: now };
  const rows = Array.from({ length: 20_001 }, (_, n) => ({ ...row, id: String(n).padStart(36, "0") }));
  await db.batchInsert("outbox", rows, 400);
  const all = await run("cli/index", ["mail", "list", "--json"], { folder });
  t.equal(all.stdout.split("\n").length - 1, 20_001);
  t.equal(
    (await run("cli/index", ["mail", "list", "--json", "--limit", "201"], { folder })).stdout.split("\n").length,
    202,
  );

  const form = [join(projectRoot, "dist/src/cli/index.js"), "mail", "list"];
  const child = spawn("env", [...PLAIN_NODE, ...form], { cwd: folder, env: { PATH: process.env["PATH"] ?? "" } });
  const errors = text(child.stderr);
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child, "close");
  t.equal(child.exitCode, 0);
  t.equal(await errors, "");
});

void t.test("retry: a failed one starts afresh, one far off is due now, one in hand is left alone", async (t) => {
  const { folder, db, put } = await makeOutbox(t);
  const [failed, later] = [await put(), await put()];
  await giveUp(db, await claimOne(db), Date.now(), "422");
  await reschedule(db, await claimOne(db), Date.now() + HOUR / 2, "500");
  const inHand = await put();
  const claim = await claimOne(db);
  const { code, stdout, stderr } = await run("cli/index", ["mail", "retry", failed, "nonsense", later, inHand], {
    folder,
  });
  t.equal(code, 1);
  t.equal(stderr, "There is no mail nonsense (any more).\n");
  t.match(stdout.split("\n"), [
    `${failed} failed before, and has a fresh start.`,
    `${later} waited, and is tried now.`,
    `${inHand} is tried within ${String(LEASE_SECONDS)} seconds anyway, or is being sent.`,
  ]);
  const due = (await claimDue(db, Date.now(), 9, LEASE_SECONDS)).map(({ entry }) => entry.id);
  t.same(due.sort(), [failed, later].sort());
  t.ok(await giveUp(db, claim, Date.now(), "422"), "the worker's claim still held");

  const all = await run("cli/index", ["mail", "retry", "--all"], { folder });
  t.equal(all.code, 0, all.stderr);
  t.match(all.stdout, "Fresh starts: 1. Tried now: 0.");
  t.match(all.stdout, "being sent: 2.");
});

void t.test("drop: named ones, and all that failed; what waits stays", async (t) => {
  const { folder, db, put } = await makeOutbox(t);
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    ids.push(await put());
    await giveUp(db, await claimOne(db), Date.now(), "422");
  }
  const waiting = await put();
  const [first = "", second = ""] = ids;
  const named = await run("cli/index", ["mail", "drop", first, first, "\u001b[31mnonsense"], { folder });
  t.same(named, {
    code: 1,
    stdout: `${first} is dropped.\n`,
    stderr: "There is no mail  [31mnonsense (any more).\n",
  });
  t.equal((await run("cli/index", ["mail", "drop", "--all-failed"], { folder })).stdout, "Dropped: 2.\n");
  t.same(await db("outbox").pluck("id"), [waiting]);
  t.equal((await run("cli/index", ["mail", "retry", second], { folder })).code, 1);
});

void t.test("what makes no sense is refused, and changes nothing", async (t) => {
  const { folder, db, put } = await makeOutbox(t);
  const id = await put();
  const refusals = [
    [["retry"], "Name the mails by their ids, or say --all."],
    [["drop"], "Name the mails by their ids, or say --all-failed."],
    [["retry", id, "--all"], "not both"],
    [["list", "--failed", "--waiting"], "cannot be used with"],
    [["list", "--limit", "0"], "whole number"],
  ] as const;
  await Promise.all(
    refusals.map(async ([words, said]) => {
      const { code, stdout, stderr } = await run("cli/index", ["mail", ...words], { folder });
      t.equal(code, 1, words.join(" "));
      t.equal(stdout, "");
      t.match(stderr, said);
    }),
  );
  t.match(await db("outbox").select(), [{ id, attempts: 0 }]);
});

void t.test("the running server mails what is retried", async (t) => {
  const { folder, db } = await makeOutbox(t);
  await run("cli/index", ["users", "create", ADDRESS, "--password-stdin"], { folder, input: "walnut-orbit-9" });
  const id = await enqueue(db, Date.now() - 2 * HOUR, {
    kind: "reset.requested",
    payload: { email: ADDRESS },
    expiresAt: Date.now() - HOUR,
  });
  const server = await startServer(t, { folder });
  await until(async () => (await db("outbox").where({ id }).first("failed_at"))?.failed_at != null);
  t.equal((await run("cli/index", ["mail", "retry", id], { folder })).code, 0);
  const mails = async () => ((await (await fetch(`${server.url}/mailbox.json`)).json()) as { mails: object[] }).mails;
  await until(async () => (await mails()).length > 0);
  t.match(await mails(), [{ to: ADDRESS }]);
  t.same(await db("outbox").select(), []);
});
