import t from "tap";

import { makeApp, type Answer, type TestApp } from "../fixtures/app.ts";
import { tablesOf } from "../fixtures/dialect.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const PATH = "/v1/auth/reset-password";
const NEW = "thistle-harbor-7";
const UNKNOWN = "A".repeat(43);

const redeem = (server: TestApp, token: unknown, password: unknown = NEW) =>
  server.ask("PATCH", PATH, { body: { data: { token, password } } });

const forget = (server: TestApp, email: string) => server.ask("POST", PATH, { body: { data: { email } } });

async function mailedToken(server: TestApp, { email }: Pick<Person, "email">): Promise<string> {
  await forget(server, email);
  return tokenIn(await newestMail(server, email));
}

/** All that two answers may differ in is what differs between any two. */
function comparable({ status, headers, text, body }: Answer) {
  const { "x-request-id": _, date: __, ...rest } = headers;
  const id = String(body?.errors?.[0]?.id);
  return { status, headers: rest, text: text.replaceAll(id, "ID") };
}

/** Makes the good token bad; gives what the thief then tries. */
type Ruin = (scene: {
  server: TestApp;
  person: Person;
  token: string;
  advance: (seconds: number) => void;
}) => Promise<string>;

const STANDARD_ALPHABET = (token: string) => Buffer.from(token, "base64url").toString("base64").replace(/=+$/, "");

const change = async (server: TestApp, by: string, { id }: Person, attributes: object) => {
  const body = { data: { type: "users", id, attributes } };
  const { status, text } = await server.ask("PATCH", `/v1/users/${id}`, { token: by, body });
  if (status !== 200) throw new Error(text);
};

const RUINS: Readonly<Record<string, Ruin>> = {
  used: async ({ server, token }) => ((await redeem(server, token)).status === 200 ? token : ""),
  expired: async ({ token, advance }) => {
    advance(3600);
    return token;
  },
  "replaced by a newer mail": async ({ server, person, token }) => {
    await mailedToken(server, person);
    return token;
  },
  "of an address that was changed by its holder": async ({ server, person, token }) => {
    await change(server, person.token, person, { email: "moved@example.org", currentPassword: person.password });
    return token;
  },
  "of an address that was changed, and changed back": async ({ server, person, token }) => {
    const currentPassword = person.password;
    await change(server, person.token, person, { email: "moved@example.org", currentPassword });
    await change(server, person.token, person, { email: person.email, currentPassword });
    return token;
  },
  "of a password that was changed by its holder": async ({ server, person, token }) => {
    await change(server, person.token, person, { password: "other-walnut-1", currentPassword: person.password });
    return token;
  },
  "of a password that was set by an admin": async ({ server, person, token }) => {
    await change(server, (await makeAdmin(server)).token, person, { password: "other-walnut-1" });
    return token;
  },
  "of a deleted user": async ({ server, person, token }) => {
    await server.ask("DELETE", `/v1/users/${person.id}`, { token: person.token });
    return token;
  },
  "of a deleted user whose address is somebody's again": async ({ server, person, token }) => {
    await server.ask("DELETE", `/v1/users/${person.id}`, { token: person.token });
    await makeUser(server, { email: person.email });
    return token;
  },
  "truncated at the end": ({ token }) => Promise.resolve(token.slice(0, -1)),
  "truncated at the beginning": ({ token }) => Promise.resolve(token.slice(1)),
  "with more behind it": ({ token }) => Promise.resolve(`${token}A`),
  "in upper case": ({ token }) => Promise.resolve(token.toUpperCase()),
  "in lower case": ({ token }) => Promise.resolve(token.toLowerCase()),
  "with white space around it": ({ token }) => Promise.resolve(` ${token}\n`),
  "with a NUL behind it": ({ token }) => Promise.resolve(`${token}\0`),
  padded: ({ token }) => Promise.resolve(`${token}=`),
  "in base64's other alphabet, padded": ({ token }) => Promise.resolve(`${STANDARD_ALPHABET(token)}=`),
  "in hexadecimal": ({ token }) => Promise.resolve(Buffer.from(token, "base64url").toString("hex")),
  "of the same bits in another last letter": ({ token }) => {
    // 43 letters have two bits more than 256: four spellings stand for the same bytes.
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return Promise.resolve(token.slice(0, -1) + (letters[letters.indexOf(token.slice(-1)) ^ 1] ?? ""));
  },
  "percent-encoded": ({ token }) => Promise.resolve(`%${token.charCodeAt(0).toString(16)}${token.slice(1)}`),
  "in letters of full width": ({ token }) =>
    Promise.resolve(token.replace(/[!-~]/g, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0))),
  "as its stored hash": async ({ server, person }) => {
    const row = await server.db("users").where({ id: person.id }).first("reset_password");
    return row?.reset_password ?? "";
  },
  "of a session": ({ person }) => Promise.resolve(person.token),
  empty: () => Promise.resolve(""),
  "of SQL": () => Promise.resolve("' OR reset_password IS NOT NULL --"),
  "of a wildcard": () => Promise.resolve("%"),
  "of a megabyte's quarter": () => Promise.resolve("A".repeat(250_000)),
};

for (const [name, ruin] of Object.entries(RUINS)) {
  void t.test(`a token ${name}: the 404 of an unknown one to the byte, and nothing is changed`, async (t) => {
    let now = Date.now();
    const server = await makeApp(t, {}, { clock: () => now });
    const person = await makeUser(server);
    const token = await mailedToken(server, person);
    const advance = (seconds: number) => (now += seconds * 1000);
    const tried = await ruin({ server, person, token, advance });
    const before = await server.db("users").select("*");
    const answer = await redeem(server, tried, "thief-walnut-1");
    t.match(answer, { status: 404, body: { error: "User not found" } });
    t.same(comparable(answer), comparable(await redeem(server, UNKNOWN, "thief-walnut-1")));
    t.same(comparable(await redeem(server, tried, "short")), comparable(answer), "whatever the password");
    t.same(await server.db("users").select("*"), before);
  });
}

void t.test("a token that is no string is 422 and no look-up, whatever databases make of it", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const token = await mailedToken(server, person);
  for (const odd of [null, true, 0, 1e308, [token], [[token]], { token }, { $ne: null }, { $gt: "" }, { like: "%" }]) {
    const answer = await redeem(server, odd);
    t.match(answer, { status: 422, body: { errors: [{ source: { pointer: "/data/token" } }] } });
  }
  t.equal((await redeem(server, token)).status, 200, "the token itself was untouched");
});

void t.test("a token is no session, and a session's no reset token", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const token = await mailedToken(server, person);
  t.equal((await server.ask("GET", "/v1/users", { token })).status, 401);
  t.equal((await redeem(server, person.token)).status, 404);
});

void t.test("of two people's tokens each opens its own account alone", async (t) => {
  const server = await makeApp(t);
  const [one, other] = [await makeUser(server), await makeUser(server)];
  const [token, others] = [await mailedToken(server, one), await mailedToken(server, other)];
  t.not(token, others);
  t.match((await redeem(server, token)).body, { id: one.id, email: one.email });
  t.ok(await logIn(server, other), "the other password is what it was");
  t.equal((await redeem(server, others)).body.id, other.id);
});

void t.test("asking, guessing and failing change nothing of an account: nobody is locked out", async (t) => {
  const server = await makeApp(t, { LOGIN_LIMIT_PER_IP: "5/60" });
  const person = await makeUser(server);
  const before = await server.db("users").where({ id: person.id }).first();
  for (let i = 0; i < 4; i += 1) {
    await forget(server, person.email);
    await redeem(server, UNKNOWN);
  }
  t.same(await server.db("users").where({ id: person.id }).first(), before);
  t.ok(await logIn(server, person));
});

void t.test("guesses at tokens are limited per client, together with those at passwords", async (t) => {
  const server = await makeApp(t, { LOGIN_LIMIT_PER_IP: "4/60" });
  const person = await makeUser(server);
  const token = await mailedToken(server, person);
  const statuses = [];
  for (let i = 0; i < 6; i += 1) statuses.push((await redeem(server, UNKNOWN)).status);
  t.same(statuses, [404, 404, 404, 404, 429, 429]);
  t.equal((await redeem(server, token)).status, 429, "a right one in the end comes too late");
  const attributes = { email: person.email, password: person.password };
  const login = await server.ask("POST", "/v1/sessions", { body: { data: { type: "sessions", attributes } } });
  t.equal(login.status, 429);
});

void t.test("no plain token is in the database, at any time", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const token = await mailedToken(server, person);
  const dump = async () => {
    const tables = await tablesOf(server.db);
    return JSON.stringify(await Promise.all(tables.map((table) => server.db(table).select("*"))));
  };
  for (const secret of [token, person.token, person.password]) t.notMatch(await dump(), secret);
  await redeem(server, token);
  for (const secret of [token, NEW]) t.notMatch(await dump(), secret);
});
