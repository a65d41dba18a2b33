import knex, { type Knex } from "knex";
import t, { type Test } from "tap";

import { deleteUser } from "../../src/accounts/delete-user.ts";
import { recordSecurityEvent } from "../../src/accounts/security-events.ts";
import { callerConfirmed, confirmCaller } from "../../src/accounts/find-caller.ts";
import { endSession } from "../../src/accounts/sessions.ts";
import { ANYBODY, callerOf } from "../fixtures/accounts.ts";

const ID = "00000000-0000-7000-8000-000000000001";

/**
 * The first statement of `run` as PostgreSQL would get it. SQLite has one writer and no locks of rows; on PostgreSQL somebody may be
 * deleted, log out and be guessed at in the same moment.
 */
async function firstStatement(t: Test, run: (trx: Knex.Transaction) => Promise<unknown>): Promise<string> {
  const db = knex({ client: "pg" });
  const statements: string[] = [];
  Object.assign(db.client as object, {
    acquireConnection: () => Promise.resolve({}),
    releaseConnection: () => Promise.resolve(),
    _query: (_connection: unknown, { sql }: { sql: string }) => {
      statements.push(sql);
      return Promise.reject(new Error("There is no PostgreSQL here"));
    },
  });
  await t.rejects(run(db as unknown as Knex.Transaction), { message: /There is no PostgreSQL here/ });
  return statements[0] ?? "";
}

void t.test("an event is written with its users held fast, or without those who are gone", async (t) => {
  const event = { kind: "session.created", userId: ID, actorId: ID, client: null } as const;
  const sql = await firstStatement(t, (db) => recordSecurityEvent(db, 0, event));
  t.equal(sql.match(/\(select "id" from "users" where "id" = \$\d+ for key share\)/g)?.length, 2, sql);
});

void t.test("an event of what was refused waits for nobody who holds a user fast", async (t) => {
  const event = { kind: "session.created", outcome: "refused", userId: ID, client: null } as const;
  const sql = await firstStatement(t, (db) => recordSecurityEvent(db, 0, event));
  t.equal(sql.match(/\(select "id" from "users" where "id" = \$\d+ for key share skip locked\)/g)?.length, 2, sql);
});

void t.test("whoever ends a session holds its user first, as whoever changes credentials does", async (t) => {
  const sql = await firstStatement(t, (trx) => endSession(trx, 0, { id: ID, user_id: ID }, ANYBODY));
  t.match(sql, /from "users" where "id" = \$1 .*for key share$/);
});

void t.test("whoever deletes a user holds it for that from the start", async (t) => {
  const sql = await firstStatement(t, (trx) => deleteUser(trx, 0, ID, ANYBODY));
  t.match(sql, /from "users" where "id" = \$1 .*for update$/);
});

void t.test("whoever writes holds their own session until the write is done", async (t) => {
  const caller = callerOf(ID, { sessionId: ID });
  const sql = await firstStatement(t, (trx) => confirmCaller({ clock: () => 0 }, trx, caller));
  t.match(sql, /for no key update of "users", "sessions"$/);
  const alone = callerConfirmed({ clock: () => 0 }, knex({ client: "pg" }), caller);
  t.match(alone?.toSQL().sql, /for no key update of users, sessions$/, "in a write of a single statement too");
});
