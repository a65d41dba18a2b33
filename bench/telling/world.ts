import { createHash, randomBytes } from "node:crypto";

import { Hasher } from "../../src/accounts/hasher.ts";
import { newUserRow } from "../../src/accounts/new-user.ts";
import { timestamp } from "../../src/db/clock.ts";
import { newId } from "../../src/db/id.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrateToLatest } from "../../src/db/migrate.ts";

export interface Person {
  readonly id: string;
  readonly email: string;
  /** Of one of their sessions. */
  readonly sessionId: string;
}

export interface World {
  /** With a password of today's cost. */
  readonly people: readonly Person[];
  readonly withoutPassword: readonly Person[];
  /** With a password whose hash is of half the cost. */
  readonly withOldHash: readonly Person[];
  /** An ordinary user's session. */
  readonly token: string;
  readonly userId: string;
}

export const PASSWORD = "walnut-orbit-9";

/** A database with that many people of each kind, and as many others around them. */
export async function makeWorld(
  filename: string,
  { each, others, logN, p }: { each: number; others: number; logN: number; p: number },
): Promise<World> {
  const db = openDatabase(`sqlite:${filename}`);
  try {
    await migrateToLatest(db);
    const now = Date.now();
    const password = await new Hasher({ logN, p }).hash(PASSWORD);
    const oldHash = await new Hasher({ logN: logN - 1, p }).hash(PASSWORD);
    const insert = async (kind: string, count: number, passwordHash: string | null): Promise<Person[]> => {
      const people: Person[] = [];
      for (let from = 0; from < count; from += 50) {
        const made = Array.from({ length: Math.min(50, count - from) }, (_, index) => {
          const address = `${randomBytes(6).toString("hex")}@${kind}.example.org`;
          const name = { firstName: "Ada", lastName: `Number ${String(from + index)}` };
          return {
            user: newUserRow({
              id: newId(),
              email: { address, normal: address },
              passwordHash,
              isVerified: true,
              ...name,
              now,
            }),
            session: randomBytes(32).toString("base64url"),
            sessionId: newId(),
          };
        });
        await db("users").insert(made.map(({ user }) => user));
        await db("sessions").insert(
          made.map(({ user, session, sessionId }) => ({
            id: sessionId,
            user_id: user.id,
            token_hash: createHash("sha256").update(session).digest("hex"),
            credential_epoch: 0,
            user_agent: null,
            ip_address: "192.0.2.1",
            created_at: timestamp(now),
            last_used_at: timestamp(now + 3_600_000),
            expires_at: timestamp(now + 86_400_000),
          })),
        );
        people.push(
          ...made.map(({ user, session, sessionId }) => ({ id: user.id, email: user.email, sessionId, session })),
        );
      }
      return people;
    };
    await insert("kind", others, password);
    const [me] = (await insert("kind", 1, password)) as (Person & { session: string })[];
    return {
      people: await insert("kind", each, password),
      withoutPassword: await insert("kind", each, null),
      withOldHash: await insert("kind", each, oldHash),
      token: me?.session ?? "",
      userId: me?.id ?? "",
    };
  } finally {
    await db.destroy();
  }
}

/** An address of the same form and length as those that somebody has. */
export function nobody(): string {
  return `${randomBytes(6).toString("hex")}@kind.example.org`;
}
