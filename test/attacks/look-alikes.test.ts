import t from "tap";

import { ensureAdmin } from "../../src/accounts/ensure-admin.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

const register = (server: TestApp, email: string) =>
  server.ask("POST", "/v1/users", {
    body: { data: { type: "users", attributes: { email, password: "thief-walnut-1" } } },
  });

const forget = (server: TestApp, email: string) =>
  server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });

/** Spellings whose normal form is that of another, plainer address. */
const FOLDED = {
  "full width": ["\uff41da@example.org", "ada@example.org"],
  "Kelvin sign": ["\u212aim@example.org", "kim@example.org"],
  ligature: ["\ufb01ona@example.org", "fiona@example.org"],
  "long s": ["\u017fam@example.org", "sam@example.org"],
  "mathematical letter": ["\u{1d41a}da@example.org", "ada@example.org"],
  "combining mark": ["jose\u0301@example.org", "jos\u00e9@example.org"],
  "domain of full width": ["ada@\uff45xample.org", "ada@example.org"],
} as const;

for (const [name, [spelling, plain]] of Object.entries(FOLDED)) {
  void t.test(`${name}: who asks by a look-alike makes the mail go to the stored address`, async (t) => {
    const server = await makeApp(t);
    await makeUser(server, { email: plain });
    t.equal((await register(server, spelling)).status, 409, "it is the same address");
    const answer = await forget(server, spelling);
    t.same([answer.status, answer.body.email], [200, spelling.normalize("NFKC")], "what is echoed is what was typed");
    await server.worker.drain();
    t.same(
      server.mailbox?.list().map(({ mail }) => mail.to),
      [plain],
    );
  });

  void t.test(`${name}: who registers it first does not keep the holder from the account`, async (t) => {
    const server = await makeApp(t);
    t.equal((await register(server, spelling)).status, 201);
    await forget(server, plain);
    const stored = spelling.normalize("NFKC");
    const token = tokenIn(await newestMail(server, stored));
    const set = await server.ask("PATCH", "/v1/auth/reset-password", {
      body: { data: { token, password: "holder-walnut-1" } },
    });
    t.match(set.body, { email: stored });
  });
}

for (const [name, email] of Object.entries({
  "dotless i": "m\u0131ke@example.org",
  "Cyrillic a": "\u0430da@example.org",
  "another mark": "m\u00edke@example.org",
  "sub-address": "mike+rekey@example.org",
  "Cyrillic domain": "mike@ex\u0430mple.org",
})) {
  void t.test(`${name}: another address is another account, and gets nobody else's mail`, async (t) => {
    const server = await makeApp(t);
    await makeUser(server, { email: "mike@example.org" });
    await makeUser(server, { email: "ada@example.org" });
    await forget(server, email);
    await server.worker.drain();
    t.same(server.mailbox?.list(), []);
    t.equal((await register(server, email)).status, 201);
  });
}

void t.test("quoted, commented, listed and routed addresses are no addresses", async (t) => {
  const server = await makeApp(t);
  for (const email of [
    '"ada"@example.org',
    '"ada@example.org,eve"@evil.example',
    "ada(comment)@example.org",
    "Ada <ada@example.org>",
    "ada@example.org,eve@evil.example",
    "ada@example.org;eve@evil.example",
    "ada@example.org eve@evil.example",
    "ada@example.org\u2028eve@evil.example",
    "@evil.example:ada@example.org",
    "ada%evil.example@example.org@evil.example",
    "ada@[192.0.2.1]",
    "ada@example.org\u200b",
    "\u202eada@example.org",
    "ada\u00ad@example.org",
    "ada@example.org\0",
  ]) {
    t.equal((await forget(server, email)).status, 422, encodeURIComponent(email));
    t.equal((await register(server, email)).status, 422, encodeURIComponent(email));
  }
  t.same(await server.db("outbox").select("id"), []);
});

void t.test("an admin's address that somebody took in advance is the operator's spelling from then on", async (t) => {
  const server = await makeApp(t);
  const squatter = await makeUser(server, { email: "BOSS@example.org" });
  await ensureAdmin({ db: server.db, clock: Date.now }, "boss@example.org");
  t.equal((await server.ask("GET", "/v1/users", { token: squatter.token })).status, 401);
  t.match(await newestMail(server, "boss@example.org"), { tag: "welcome" });
});

void t.test("no role looks like the admin's", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const make = (name: string) =>
    server.ask("POST", "/v1/roles", { token, body: { data: { type: "roles", attributes: { name } } } });
  for (const name of [
    "\u0430dmin",
    "adm\u0456n",
    "\u03b1dmin",
    "admin\u200b",
    "ad\u00admin",
    "admin\ufe0f",
    "ad\u034fmin",
    "\u3164admin",
    "admin\u115f",
    "\u202eadmin",
  ]) {
    const answer = await make(name);
    t.equal(answer.status, 422, encodeURIComponent(name));
    t.equal(answer.body.errors[0].source.pointer, "/data/attributes/name");
  }
  for (const name of ["ADMIN", "\uff41dmin", "\u1d43dmin", " Admin "]) {
    t.ok([409, 422].includes((await make(name)).status), encodeURIComponent(name));
  }
  for (const name of ["\u0430\u0434\u043c\u0438\u043d", "\u7ba1\u7406\u8005 A", "\u00e9diteur", "\u03b1\u03b2"]) {
    t.equal((await make(name)).status, 201, name);
  }
});
