import { createHash } from "node:crypto";
import type { Knex } from "knex";

import { timestamp } from "../db/clock.ts";
import type { RoleRow, UserRow } from "../db/tables.ts";

/** All seeded users have it: they are for demos and benchmarks, never for a server that others reach. */
export const SEED_PASSWORD = "correct-horse-seed";

/** Rows of one insert: the number of binds of a statement is limited (SQLite: 32,766). */
const BATCH = 1_000;
const ROLES = ["editor", "author", "reviewer", "translator", "moderator", "organiser", "speaker", "volunteer"];
const NAMES = ["Ada", "Alan", "Barbara", "Edsger", "Frances", "Grace", "Katherine", "Ken", "Margaret", "Niklaus"];
const SURNAMES = [
  "Allen",
  "Dijkstra",
  "Hamilton",
  "Hopper",
  "Johnson",
  "Liskov",
  "Lovelace",
  "Thompson",
  "Turing",
  "Wirth",
];

/** The first seeded user's moment of registration; each one after it comes a second later. */
const BEGINNING = Date.UTC(2020, 0, 1);

/**
 * Makes sure that the users 1 to `users` are there, with one or two roles each. The same call makes the same rows, and makes
 * none twice. No user gets the role admin.
 *
 * @returns how many users were made
 */
export async function seed(
  db: Knex,
  { users, passwordHash = null }: { readonly users: number; readonly passwordHash?: string | null },
): Promise<number> {
  const roles = ROLES.map(roleRow);
  await db("roles").insert(roles).onConflict("name_normal").ignore();
  const roleIds = await db("roles").whereIn("name_normal", ROLES).orderBy("id").pluck("id");
  let made = 0;
  for (let first = 1; first <= users; first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, users - first + 1) }, (_, index) => first + index);
    await db.transaction(async (trx) => {
      const rows = numbers.map((number) => userRow(number, passwordHash));
      const present = new Set(
        await trx("users")
          .whereIn(
            "email_normal",
            rows.map((row) => row.email_normal),
          )
          .pluck("email_normal"),
      );
      const missing = rows.filter((row) => !present.has(row.email_normal));
      if (missing.length === 0) return;
      await insertAll(trx, "users", missing);
      await insertAll(
        trx,
        "user_roles",
        missing.flatMap((row, index) => links(row.id, index, roleIds)),
      );
      made += missing.length;
    });
  }
  return made;
}

function links(userId: string, index: number, roleIds: readonly string[]) {
  const wanted = new Set([roleIds[index % roleIds.length], roleIds[(index * 7 + 3) % roleIds.length]]);
  return [...wanted].map((roleId) => ({ user_id: userId, role_id: roleId ?? "" }));
}

/** In pieces that stay below every database's limit of binds. */
async function insertAll(trx: Knex.Transaction, table: "users" | "user_roles", rows: readonly object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 500) await trx(table).insert(rows.slice(at, at + 500));
}

function userRow(number: number, passwordHash: string | null): UserRow {
  const email = `user${String(number)}@example.org`;
  const moment = BEGINNING + number * 1000;
  return {
    id: deterministicId("user", number, moment),
    email,
    email_normal: email,
    first_name: NAMES[number % NAMES.length] ?? null,
    last_name: SURNAMES[Math.floor(number / NAMES.length) % SURNAMES.length] ?? null,
    avatar_url: null,
    language: null,
    password: passwordHash,
    is_verified: number % 3 === 0,
    credential_epoch: 0,
    last_login_at: null,
    created_at: timestamp(moment),
    updated_at: timestamp(moment),
    reset_password: null,
    reset_password_expires_at: null,
    mail_status: null,
    mail_status_at: null,
  };
}

function roleRow(name: string, index: number): RoleRow {
  const moment = timestamp(BEGINNING);
  return {
    id: deterministicId("role", index, BEGINNING),
    name,
    name_normal: name,
    description: `A seeded role: ${name}.`,
    created_at: moment,
    updated_at: moment,
  };
}

/** A UUIDv7 of that moment whose random part is a hash: the same at every call. RFC 9562, section 5.7. */
function deterministicId(kind: string, number: number, moment: number): string {
  const time = moment.toString(16).padStart(12, "0");
  const hash = createHash("sha256")
    .update(`${kind} ${String(number)}`)
    .digest("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
}
