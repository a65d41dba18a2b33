import { createHash, randomBytes } from "node:crypto";

import { timestamp } from "../src/db/clock.ts";
import { newId } from "../src/db/id.ts";
import { openDatabase } from "../src/db/knex.ts";
import { migrateToLatest } from "../src/db/migrate.ts";
import { seed } from "../src/cli/seed.ts";

/** A database of its own with that many users, one of whom is an admin and logged in. */
export async function seedDatabase(
  filename: string,
  users: number,
): Promise<{ token: string; ids: string[]; middle: { id: string; createdAt: string } }> {
  const db = openDatabase(`sqlite:${filename}`);
  try {
    await migrateToLatest(db);
    await seed(db, { users });
    const ids: string[] = await db("users").orderBy("id").limit(1000).pluck("id");
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
      expires_at: timestamp(now + 86_400_000),
    });
    // The write-ahead log goes into the file, so that a copy of the file is the whole database.
    await db.raw("PRAGMA wal_checkpoint(TRUNCATE)");
    return { token, ids, middle: { id: middle?.id ?? "", createdAt: middle?.created_at ?? "" } };
  } finally {
    await db.destroy();
  }
}
