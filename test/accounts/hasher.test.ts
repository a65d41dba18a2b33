import * as scryptModule from "scrypt-kdf";
import t from "tap";

import { Hasher } from "../../src/accounts/hasher.ts";
import { Fault } from "../../src/errors/fault.ts";
import type { Event } from "../../src/events/event.ts";

const hasher = new Hasher({ logN: 4, p: 2 });

t.test("a hash verifies its password and no other", async (t) => {
  const stored = await hasher.hash("correct horse");
  t.match(stored, /^[A-Za-z0-9+/]{128}$/);
  t.same(await hasher.verify(stored, "correct horse"), { matches: true, outdated: false });
  t.same(await hasher.verify(stored, "correct house"), { matches: false, outdated: false });
});

t.test("the same password composed otherwise matches", async (t) => {
  t.equal((await hasher.verify(await hasher.hash("cafe\u0301 noir"), "caf\u00e9 noir")).matches, true);
});

t.test("what scrypt would take for the password is not it", async (t) => {
  const stored = await hasher.hash("correct horse");
  t.equal((await hasher.verify(stored, "correct horse\0")).matches, false);
  const long = "x".repeat(256);
  t.equal((await hasher.verify(await hasher.hash(long), `${long}y`)).matches, false, "cut, but no match");
  t.equal((await hasher.verify(await hasher.hash("a\ufffdb"), "a\ud800b")).matches, false);
});

t.test("no hash, a damaged or a foreign one is no match and no error", async (t) => {
  const stored = await hasher.hash("correct horse");
  for (const bad of [
    null,
    "",
    "x",
    "$2b$10$abc",
    stored.slice(1),
    `${stored}A`,
    "A".repeat(128),
    `B${stored.slice(1)}`,
    "é".repeat(128),
  ]) {
    t.same(await hasher.verify(bad, "correct horse"), { matches: false, outdated: false });
  }
});

t.test("a hash of another cost matches, and is outdated", async (t) => {
  const stored = await new Hasher({ logN: 5, p: 1 }).hash("correct horse");
  t.same(await hasher.verify(stored, "correct horse"), { matches: true, outdated: true });
  t.same(await hasher.verify(stored, "wrong"), { matches: false, outdated: false });
});

t.test("a stored hash that asks for a gigabyte is not paid for", async (t) => {
  const { createHash } = await import("node:crypto");
  const bytes = Buffer.from(await hasher.hash("correct horse"), "base64");
  bytes.writeUInt8(20, 7);
  createHash("sha256").update(bytes.subarray(0, 48)).digest().copy(bytes, 48, 0, 16);
  const { work, restore } = countWork();
  t.equal((await hasher.verify(bytes.toString("base64"), "correct horse")).matches, false);
  restore();
  t.equal(work(), 2 ** 4 * 8 * 2, "as for nobody");
});

t.test("nobody, a wrong password and a cheaper hash take the same work", async (t) => {
  const today = new Hasher({ logN: 8, p: 4, concurrency: 1 });
  const workOf = async (stored: string | null) => {
    const { work, restore } = countWork();
    try {
      await today.verify(stored, "wrong");
      return work();
    } finally {
      restore();
    }
  };
  const nobody = await workOf(null);
  t.equal(nobody, 2 ** 8 * 8 * 4);
  t.equal(await workOf(await today.hash("correct horse")), nobody, "a wrong password");
  t.equal(await workOf(await new Hasher({ logN: 6, p: 1 }).hash("correct horse")), nobody, "a cheaper hash");
});

/** The module has a default export alone, whatever its types say. */
const scrypt = (scryptModule as unknown as { default: Pick<typeof scryptModule, "kdf" | "verify" | "viewParams"> })
  .default;

/** Counts what scrypt has to do from now on, in blocks mixed: not how long it takes, which other work on the machine changes. */
function countWork() {
  const { kdf, verify } = scrypt;
  let mixed = 0;
  const add = ({ logN, r = 8, p = 1 }: Readonly<scryptModule.ScryptParamsKdf>) => (mixed += 2 ** logN * r * p);
  scrypt.kdf = (password, cost) => {
    add(cost);
    return kdf(password, cost);
  };
  scrypt.verify = (key, password) => {
    add(scrypt.viewParams(key));
    return verify(key, password);
  };
  return { work: () => mixed, restore: () => Object.assign(scrypt, { kdf, verify }) };
}

t.test("more than may wait are turned away at once, the others are served", async (t) => {
  const events: Event[] = [];
  const small = new Hasher({ logN: 10, p: 1, concurrency: 2, maxWaiting: 3, observe: (event) => events.push(event) });
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => small.hash("correct horse")));
  const refused = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown);
  t.equal(results.length - refused.length, 5);
  for (const fault of refused) {
    t.ok(fault instanceof Fault && fault.status === 503 && Number(fault.headers?.["retry-after"]) >= 1);
  }
  t.same(events[0], { type: "hashing.overflow", waiting: 3 });
  t.equal(small.running, 0);
  t.equal(small.waiting, 0);
  t.match(await small.hash("again"), /^c2NyeXB0/);
});
