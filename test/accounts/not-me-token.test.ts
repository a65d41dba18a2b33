import { createHmac } from "node:crypto";
import t from "tap";

import { NotMeTokens, type NotMePurpose } from "../../src/accounts/not-me-token.ts";
import { derivedKey, signingSecret } from "../../src/accounts/signing-key.ts";
import { newId } from "../../src/db/id.ts";
import { TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";

const SECRET = "a key that nobody knows but this test";
const NOW = Date.UTC(2026, 0, 31, 12);
const WEEK = 7 * 24 * 3600 * 1000;
const tokens = new NotMeTokens(SECRET);
const claim = { purpose: "reset", userId: newId(), epoch: 7 } as const;

void t.test("what was signed is read as it was, for a week, by whoever has the key", (t) => {
  for (const purpose of ["reset", "password-changed"] satisfies NotMePurpose[]) {
    for (const epoch of [0, 1, 2 ** 32 - 1]) {
      const signed = { purpose, userId: newId(), epoch };
      const token = tokens.sign(signed, NOW);
      t.match(token, /^[\w-]{80}$/, "goes into a URL as it is");
      t.same(new NotMeTokens(SECRET).read(token, NOW + WEEK - 1), signed);
      t.equal(tokens.read(token, NOW + WEEK), undefined, "expired");
    }
  }
  t.throws(() => tokens.sign({ ...claim, userId: "ada" }, NOW));
  t.throws(() => tokens.sign({ ...claim, epoch: 2 ** 32 }, NOW));
  t.end();
});

void t.test("no other text is a token: each bit of it counts, and each character", (t) => {
  const token = tokens.sign(claim, NOW);
  const bytes = Buffer.from(token, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const forged = Buffer.from(bytes);
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (tokens.read(forged.toString("base64url"), NOW) !== undefined) t.fail(`bit ${String(bit)}`);
  }
  const texts = [
    "",
    "x",
    token.slice(0, -1),
    `${token}=`,
    `${token}\n`,
    ` ${token}`,
    `${token}\0`,
    token + token,
    token.toLowerCase(),
    bytes.toString("hex"),
    bytes.toString("base64url").replaceAll("-", "+").replaceAll("_", "/") + "A",
    bytes.toString("latin1"),
    "A".repeat(80),
    "é".repeat(80),
    "A".repeat(200_000),
  ];
  for (const text of texts) t.equal(tokens.read(text, NOW), undefined, JSON.stringify(text.slice(0, 90)));
  t.end();
});

void t.test(
  "a token is not good by another key, nor by one that is made of the same secret for another purpose",
  (t) => {
    const token = tokens.sign(claim, NOW);
    t.equal(new NotMeTokens(`${SECRET}.`).read(token, NOW), undefined);
    const body = Buffer.from(token, "base64url").subarray(0, 28);
    const sealed = (key: Buffer | string) =>
      Buffer.concat([body, createHmac("sha256", key).update(body).digest()]).toString("base64url");
    t.same(tokens.read(sealed(derivedKey(SECRET, "not-me")), NOW), claim, "this is how they are sealed");
    t.equal(tokens.read(sealed(derivedKey(SECRET, "another")), NOW), undefined);
    t.equal(tokens.read(sealed(SECRET), NOW), undefined);
    t.end();
  },
);

void t.test("what is well sealed, but of a version or for a purpose that there is not, is none", (t) => {
  const token = Buffer.from(tokens.sign(claim, NOW), "base64url");
  for (const [place, value] of [
    [0, 0],
    [0, 2],
    [1, 0],
    [1, 3],
  ] as const) {
    const body = Buffer.from(token.subarray(0, 28));
    body[place] = value;
    const seal = createHmac("sha256", derivedKey(SECRET, "not-me")).update(body).digest();
    t.equal(tokens.read(Buffer.concat([body, seal]).toString("base64url"), NOW), undefined);
  }
  t.end();
});

void t.test("the key is made once, whoever starts first; the operator's own leaves no trace", async (t) => {
  const [db, clock] = [await makeDatabase(t), new TestClock()];
  t.equal(await signingSecret(db, clock.read, SECRET), SECRET);
  t.same(await db("signing_keys").select(), []);

  const secrets = await Promise.all(Array.from({ length: 10 }, () => signingSecret(db, clock.read)));
  secrets.push(await signingSecret(db, clock.read));
  t.equal(new Set(secrets).size, 1);
  t.equal(Buffer.from(secrets[0] ?? "", "base64url").length, 32);
  t.equal((await db("signing_keys").select()).length, 1);
  t.not(await signingSecret(await makeDatabase(t), clock.read), secrets[0], "another database, another key");
});
