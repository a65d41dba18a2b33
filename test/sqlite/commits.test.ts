import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { commitsIn } from "../fixtures/commits.ts";
import { makeAdmin } from "../fixtures/people.ts";
import { makeFolder } from "../fixtures/process.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { transact, writeOnce } from "../../src/db/writer.ts";

/** On SQLite requests that wait to write share a commit. None of them may notice. */

interface Scene {
  readonly server: TestApp;
  readonly token: string;
  readonly file: string;
  create(name: string): Promise<number>;
  names(): Promise<string[]>;
}

async function makeScene(t: Test): Promise<Scene> {
  const file = join(makeFolder(t), "rekey.sqlite");
  const server = await makeApp(t, { DATABASE_URL: `sqlite:${file}` });
  const { token } = await makeAdmin(server);
  const create = async (name: string) => {
    const body = { data: { type: "roles", attributes: { name } } };
    return (await server.ask("POST", "/v1/roles", { token, body })).status;
  };
  const names = () => server.db("roles").whereNot({ name: "admin" }).orderBy("name").pluck("name") as Promise<string[]>;
  return { server, token, file, create, names };
}

const many = Array.from({ length: 30 }, (_, index) => `role-${String(index + 10)}`);

void t.test("thirty at once, one of whose names is taken: all others are there, by a few commits", async (t) => {
  const { server, file, create, names } = await makeScene(t);
  await server.db.raw("PRAGMA wal_checkpoint(TRUNCATE)");
  const statuses = await Promise.all([...many, "Role-10"].map(create));
  t.same(statuses, [...many.map(() => 201), 409]);
  t.same(await names(), many);
  const commits = commitsIn(readFileSync(`${file}-wal`));
  t.ok(commits < 10, `${String(commits)} commits`);
});

void t.test("whoever is answered is on the disk, and whoever shares a commit is answered after it", async (t) => {
  const { server, file, create } = await makeScene(t);
  const another = openDatabase(`sqlite:${file}`);
  t.teardown(() => another.destroy());
  const seen = many.map(async (name) => {
    t.equal(await create(name), 201);
    // By another connection, which sees what is committed and nothing else.
    return await another("roles").where({ name }).first("id");
  });
  t.notOk((await Promise.all(seen)).includes(undefined));
  t.equal((await server.db("roles").count({ count: "*" }).first())?.count, many.length + 1);
});

void t.test("what one of them throws takes back its own, whatever it had written, and nothing else", async (t) => {
  const { server, names } = await makeScene(t);
  const { db } = server;
  const outcomes = await Promise.allSettled(
    many.map((name, index) =>
      transact(db, async (trx) => {
        await trx("roles").insert(role(name));
        if (index % 3 === 0) throw new Error("for a reason of its own");
        // Within another one it is a part of that.
        await transact(trx, (within) => within("roles").where({ name }).update({ description: "twice" }));
        if (index % 3 === 1) await trx("roles").insert(role(name));
        return await trx("roles").where({ name }).pluck("description");
      }),
    ),
  );
  t.match(
    outcomes,
    many.map((_, index) =>
      index % 3 === 0
        ? { status: "rejected", reason: { message: "for a reason of its own" } }
        : index % 3 === 1
          ? { status: "rejected", reason: { code: "SQLITE_CONSTRAINT" } }
          : { status: "fulfilled", value: ["twice"] },
    ),
  );
  t.same(
    await names(),
    many.filter((_, index) => index % 3 === 2),
  );
});

void t.test("where the disk is full, none of those who share the commit is told that it is done", async (t) => {
  const { server, create, names } = await makeScene(t);
  const { db } = server;
  const [{ page_count: pages } = { page_count: 0 }] = await db.raw<{ page_count: number }[]>("PRAGMA page_count");
  await db.raw(`PRAGMA max_page_count = ${String(pages)}`);
  const write = (name: string) => transact(db, (trx) => trx("roles").insert(role(name)));
  const writeLarge = () => transact(db, (trx) => trx("outbox").insert(large()));
  const full = { status: "rejected", reason: { code: "SQLITE_FULL" } };
  const done: string[] = [];
  /** Whether `name`, which waits in front of `next`, shares its commit: on a busy machine it may be in one of its own, and is done then. */
  const shares = async (name: string, next: () => Promise<unknown>) => {
    const [, first, second, behind] = await Promise.allSettled([
      // The first one writes alone, and keeps the others waiting.
      transact(db, () => sleep(20)),
      write(name),
      next(),
      write(`behind ${name}`),
    ]);
    t.match([second, behind], [full, { status: "fulfilled" }]);
    if (first.status === "fulfilled") done.push(name);
    else t.match(first, full);
    done.push(`behind ${name}`);
    t.same(await names(), done.toSorted());
    return first.status === "rejected";
  };
  for (const next of [
    () => writeOnce(db, (writer) => writer("outbox").insert(large())),
    // SQLite has taken back all of it then, and says so to whoever wants to take it back: that is not why.
    writeLarge,
  ]) {
    let turn = 0;
    while (!(await shares(`${String(done.length)} ${String(turn)}`, next))) turn += 1;
  }

  await db.raw(`PRAGMA max_page_count = ${String(pages + 10_000)}`);
  t.equal(await create("afterwards"), 201);
});

function role(name: string) {
  const now = new Date().toISOString();
  return { id: name, name, name_normal: name, description: null, created_at: now, updated_at: now };
}

function large() {
  const moment = new Date().toISOString();
  return {
    ...{ id: "large", kind: "large", payload: "x".repeat(2_000_000), attempts: 0 },
    ...{ created_at: moment, due_at: moment, expires_at: moment, failed_at: null, last_error: null },
  };
}

void t.test("while another process writes, those who wait are all told to come again, and can", async (t) => {
  const { server, file, create, names } = await makeScene(t);
  await server.db.raw("PRAGMA busy_timeout = 20");
  const another = openDatabase(`sqlite:${file}`);
  t.teardown(() => another.destroy());
  const transaction = await another.transaction();
  t.same(new Set(await Promise.all(many.map(create))), new Set([503]));
  await transaction.rollback();
  t.same(await names(), []);
  t.same(new Set(await Promise.all(many.map(create))), new Set([201]));
});

void t.test("nobody waits for ever for one who does not come to an end", async (t) => {
  const { server, create, names } = await makeScene(t);
  Object.assign((server.db.client as { config: object }).config, { acquireConnectionTimeout: 50 });
  let end: () => void = () => undefined;
  const slow = transact(server.db, () => new Promise<void>((resolve) => (end = resolve)));
  const waiting = transact(server.db, () => Promise.resolve());
  await t.rejects(waiting, { name: "WriterBusy" });
  end();
  await slow;
  t.equal(await create("afterwards"), 201);
  t.same(await names(), ["afterwards"]);
});

void t.test("who reads has a turn between those who write, however many of them there are", async (t) => {
  const { server, token, create } = await makeScene(t);
  let written = 0;
  const writes = Array.from({ length: 200 }, async (_, index) => {
    t.equal(await create(`one of many ${String(index)}`), 201);
    written += 1;
  });
  await sleep(1);
  t.equal((await server.ask("GET", "/v1/roles", { token })).status, 200);
  t.ok(written < 200, `${String(written)} were written before it`);
  await Promise.all(writes);
});
