import { createHash, randomBytes } from "node:crypto";

import { seed } from "../src/cli/seed.ts";
import { timestamp } from "../src/db/clock.ts";
import { newId } from "../src/db/id.ts";
import { openDatabase } from "../src/db/knex.ts";
import { migrateToLatest } from "../src/db/migrate.ts";
import type { World } from "./scenarios/scenario.ts";

/** Milliseconds. */
const YEAR = 31_536_000_000;

/**
 * Fills a new database with that many users, one of whom is an admin and logged in.
 *
 * @param url `sqlite:FILE` or `postgres://…`
 * @param passwordHash of all users' password, SEED_PASSWORD; without it nobody can log in
 */
export async function seedDatabase(url: string, users: number, passwordHash: string | null = null): Promise<World> {
  const db = openDatabase(url);
  try {
    await migrateToLatest(db);
    await seed(db, { users, passwordHash });
    const ids: string[] = await db("users").orderBy("id").limit(1001).pluck("id");
    const middle = await db("users")
      .orderBy("id")
      .offset(Math.floor(users / 2))
      .first("id", "created_at");
    const admin = ids[0] ?? "";
    const role = await db("roles").where({ name: "admin" }).first("id");
    await db("user_roles")
      .insert({ user_id: admin, role_id: role?.id ?? "" })
      .onConflict(["user_id", "role_id"])
      .ignore();
    const token = randomBytes(32).toString("base64url");
    const now = Date.now();
    await db("sessions").insert({
      id: newId(),
      user_id: admin,
      token_hash: createHash("sha256").update(token).digest("hex"),
      credential_epoch: (await db("users").where({ id: admin }).first("credential_epoch"))?.credential_epoch ?? 0,
      user_agent: null,
      ip_address: null,
      created_at: timestamp(now),
      last_used_at: timestamp(now),
      expires_at: timestamp(now + YEAR),
    });
    const roles: string[] = await db("roles").whereNot({ name: "admin" }).orderBy("id").pluck("id");
    // SQLite: the write-ahead log goes into the file, so that a copy of the file is the whole database. PostgreSQL: what its own
    // housekeeping would do in the middle of a round.
    await db.raw(url.startsWith("sqlite:") ? "PRAGMA wal_checkpoint(TRUNCATE)" : "VACUUM ANALYZE");
    return { token, ids, middle: { id: middle?.id ?? "", createdAt: middle?.created_at ?? "" }, roles };
  } finally {
    await db.destroy();
  }
}
