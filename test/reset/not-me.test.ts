import t, { type Test } from "tap";

import { tidy } from "../../src/housekeeping.ts";
import { TestClock } from "../fixtures/accounts.ts";
import { makeApp, type Json, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const RESET = "/v1/auth/reset-password";
const NOT_ME = "/v1/auth/not-me";
const NEW = "thistle-harbor-7";
const DAY = 24 * 3600;

interface Scene extends TestApp {
  readonly clock: TestClock;
  readonly ada: Person;
  say(token: unknown): Promise<Answer>;
  redeem(token: string, password?: string): Promise<Answer>;
  /** Asks for a reset mail, and gives the newest one to the address. */
  mailReset(): Promise<{ readonly text: string; readonly html: string } | undefined>;
  /** Ada changes her password, or somebody who has it and her session. */
  change(person: { readonly token: string; readonly password: string }, password: string): Promise<void>;
  lettersTo(address: string): string[];
  statusOf(token: string): Promise<number>;
}
type Answer = Awaited<ReturnType<TestApp["ask"]>>;

async function makeScene(t: Test, environment: Record<string, string> = {}): Promise<Scene> {
  const clock = new TestClock();
  const server = await makeApp(t, environment, { clock: clock.read });
  const ada = await makeUser(server);
  return {
    ...server,
    clock,
    ada,
    say: (token) => server.ask("POST", NOT_ME, { body: { data: { token } } }),
    redeem: (token, password = NEW) => server.ask("PATCH", RESET, { body: { data: { token, password } } }),
    mailReset: async () => {
      await server.ask("POST", RESET, { body: { data: { email: ada.email } } });
      return await newestMail(server, ada.email);
    },
    change: async ({ token, password: currentPassword }, password) => {
      const body = { data: { type: "users", id: ada.id, attributes: { password, currentPassword } } };
      const answer = await server.ask("PATCH", `/v1/users/${ada.id}`, { token, body });
      if (answer.status !== 200) throw new Error(answer.text);
    },
    lettersTo: (address) =>
      (server.mailbox?.list() ?? []).filter(({ mail }) => mail.to === address).map(({ mail }) => mail.tag),
    statusOf: async (token) => (await server.ask("GET", `/v1/users/${ada.id}`, { token })).status,
  };
}

/** The token in the link «it wasn't me». */
function notMeIn(mail: { readonly text: string; readonly html: string } | undefined): string {
  const token = tokenIn(mail, "not-me");
  if (tokenIn({ text: mail?.html ?? "" }, "not-me") !== token) throw new Error("HTML and text have links of their own");
  return token;
}

async function trail(server: TestApp, since: string): Promise<string[]> {
  const rows = await server.db("security_events").where("created_at", ">=", since).orderBy("id").select();
  return rows.map(({ kind, outcome, detail }) => [kind, outcome, detail].filter((part) => part !== null).join(" "));
}

void t.test("of a mail that nobody asked for: the link is dead, sessions end, the password stays", async (t) => {
  const { ada, clock, mailReset, say, redeem, statusOf, ...server } = await makeScene(t);
  const mail = await mailReset();
  clock.advance(60);
  const since = new Date(clock.now).toISOString();

  const answer = await say(notMeIn(mail));
  t.equal(answer.status, 200);
  t.equal(answer.headers["cache-control"], "no-store");
  t.match(answer.headers["content-type"], /^application\/json/);
  t.same(Object.keys(answer.body as object), ["kind", "message"]);
  t.equal(answer.body.kind, "reset");
  t.same(await trail(server, since), ["reset.disavowed done"]);
  t.match(await server.db("security_events").where({ kind: "reset.disavowed" }).first(), {
    user_id: ada.id,
    actor_id: ada.id,
    ip_address: "127.0.0.1",
  });

  t.equal((await redeem(tokenIn(mail))).status, 404, "the link that was mailed");
  t.equal(await statusOf(ada.token), 401, "whoever was logged in");
  t.same(await server.db("sessions").select(), []);
  t.equal((await say(notMeIn(mail))).status, 404, "used");
  t.ok((await logIn(server, ada)).token, "the password is what it was");
});

void t.test("of a changed password: it is void, sessions end, and one mail sets another", async (t) => {
  const { ada, clock, change, say, redeem, lettersTo, statusOf, ...server } = await makeScene(t);
  await change(ada, "the-thief-chose-it");
  const thief = await logIn(server, { email: ada.email, password: "the-thief-chose-it" });
  const notice = await newestMail(server, ada.email);
  clock.advance(60);
  const since = new Date(clock.now).toISOString();

  const answer = await say(notMeIn(notice));
  t.equal(answer.status, 200);
  t.equal(answer.body.kind, "password-changed");
  t.equal(await statusOf(thief.token), 401);
  const attempt = (password: string) =>
    server.ask("POST", "/v1/sessions", {
      body: { data: { type: "sessions", attributes: { email: ada.email, password } } },
    });
  t.equal((await attempt("the-thief-chose-it")).status, 401, "nobody logs in with the thief's password");
  t.equal((await attempt(ada.password)).status, 401, "nor with the one before, which the thief had");

  const mail = await newestMail(server, ada.email);
  t.same(lettersTo(ada.email), ["reset", "password-changed"], "one mail");
  t.notMatch(mail?.text, "/not-me", "whoever has just said so is not asked again");
  t.same((await trail(server, since)).sort(), [
    "password.voided done",
    "reset.disavowed done",
    "reset.requested done not-me",
    "session.created refused wrong-password",
    "session.created refused wrong-password",
  ]);
  t.equal((await redeem(tokenIn(mail))).status, 200);
  t.ok((await logIn(server, { email: ada.email, password: NEW })).token);
  t.equal((await say(notMeIn(notice))).status, 404, "used");
});

void t.test("a token that set a password is told of, too, and what it set can be disowned", async (t) => {
  const { ada, mailReset, say, redeem, ...server } = await makeScene(t);
  const mail = await mailReset();
  t.equal((await redeem(tokenIn(mail))).status, 200);
  t.equal((await say(notMeIn(mail))).status, 404, "the first mail's link is of the account as it was");
  const notice = await newestMail(server, ada.email);
  t.equal((await say(notMeIn(notice))).body.kind, "password-changed");
  t.equal((await server.db("users").where({ id: ada.id }).first("password"))?.password, null);
});

void t.test("of several changes the last one can be disowned, and none that the holder made after it", async (t) => {
  const { ada, change, say, ...server } = await makeScene(t);
  await change(ada, "the-first-of-them");
  const first = notMeIn(await newestMail(server, ada.email));
  await change({ ...ada, password: "the-first-of-them" }, "the-second-of-them");
  const second = notMeIn(await newestMail(server, ada.email));
  t.equal((await say(first)).status, 404);
  t.equal((await say(second)).status, 200);

  const bob = await makeUser(server);
  const own = { data: { type: "users", id: bob.id, attributes: { password: NEW, currentPassword: bob.password } } };
  await server.ask("PATCH", `/v1/users/${bob.id}`, { token: bob.token, body: own });
  const old = await newestMail(server, bob.email);
  const later = { data: { type: "users", id: bob.id, attributes: { email: "bob@new.example", currentPassword: NEW } } };
  await server.ask("PATCH", `/v1/users/${bob.id}`, { token: bob.token, body: later });
  t.equal((await say(notMeIn(old))).status, 404, "the address was changed since");
  t.equal((await server.ask("GET", `/v1/users/${bob.id}`, { token: bob.token })).status, 200);
});

void t.test("a notice that leaves after the next change has no link that would do nothing", async (t) => {
  const { ada, ...server } = await makeScene(t);
  const attributes = { password: NEW, email: "thief@new.example", currentPassword: ada.password };
  const body = { data: { type: "users", id: ada.id, attributes } };
  t.equal((await server.ask("PATCH", `/v1/users/${ada.id}`, { token: ada.token, body })).status, 200);
  await server.worker.drain();
  const mails = server.mailbox?.list().map(({ mail }) => mail) ?? [];
  t.same(mails.map(({ tag }) => tag).sort(), ["email-changed", "password-changed"]);
  for (const { to, text } of mails) {
    t.equal(to, ada.email);
    t.notMatch(text, "/not-me");
  }
});

void t.test("whatever is not good any more has one answer, and changes nothing", async (t) => {
  const { ada, clock, mailReset, say, ...server } = await makeScene(t);
  const token = notMeIn(await mailReset());
  const answers: Answer[] = [];
  for (const bad of [
    "",
    "x",
    token.slice(0, -1),
    `${token}=`,
    ` ${token}`,
    token.toLowerCase(),
    "\ud800",
    "A".repeat(80),
    "A".repeat(200_000),
  ]) {
    answers.push(await say(bad));
  }
  t.equal((await server.db("users").where({ id: ada.id }).first("credential_epoch"))?.credential_epoch, 0);
  clock.advance(7 * DAY);
  answers.push(await say(token));
  clock.advance(-7 * DAY);
  t.equal((await say(token)).status, 200, "it was good all the while");
  answers.push(await say(token));
  const next = notMeIn(await mailResetOf(server, "bob"));
  await server.db("users").where({ email_normal: "bob@example.org" }).delete();
  answers.push(await say(next));

  const texts = answers.map(({ text, body }) => text.replaceAll(String(body.errors[0].id), "ID"));
  t.equal(new Set(texts).size, 1);
  t.equal(new Set(answers.map(({ headers }) => Object.keys(headers).sort().join())).size, 1);
  t.match(answers[0], { status: 404, body: { errors: [{ code: "link-not-found" }], error: /./ } });
});

async function mailResetOf(server: TestApp, name: string) {
  const { email } = await makeUser(server, { email: `${name}@example.org` });
  await server.ask("POST", RESET, { body: { data: { email } } });
  return await newestMail(server, email);
}

void t.test("what we did not sign costs no query, what we did one look", async (t) => {
  const { mailReset, say, ...server } = await makeScene(t);
  const token = notMeIn(await mailReset());
  const other = await makeApp(t);
  const foreign = notMeIn(await mailResetOf(other, "eve"));
  const queries: string[] = [];
  server.db.on("query", ({ sql }: { sql: string }) => queries.push(sql));
  for (const bad of ["x", "A".repeat(80), foreign]) t.equal((await say(bad)).status, 404);
  t.same(queries, []);
  t.equal((await say(token)).status, 200);
  queries.length = 0;
  t.equal((await say(token)).status, 404);
  t.equal(queries.length, 1);
});

void t.test("of twenty at once one wins", async (t) => {
  const { ada, change, say, lettersTo, ...server } = await makeScene(t);
  await change(ada, NEW);
  const token = notMeIn(await newestMail(server, ada.email));
  const answers = await Promise.all(Array.from({ length: 20 }, () => say(token)));
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 404)]);
  await server.worker.drain();
  t.same(lettersTo(ada.email), ["reset", "password-changed"]);
  t.equal((await server.db("security_events").where({ kind: "password.voided" })).length, 1);
});

void t.test("the link and the button at once: the password is set, or it is not", async (t) => {
  const { ada, mailReset, say, redeem, ...server } = await makeScene(t);
  const mail = await mailReset();
  const [set, stopped] = await Promise.all([redeem(tokenIn(mail)), say(notMeIn(mail))]);
  t.same([set.status, stopped.status].sort(), [200, 404]);
  const epoch = (await server.db("users").where({ id: ada.id }).first("credential_epoch"))?.credential_epoch;
  t.equal(epoch, 1);
});

void t.test("a failure in the middle leaves everything as it was", async (t) => {
  const { ada, change, say, ...server } = await makeScene(t);
  await change(ada, NEW);
  const token = notMeIn(await newestMail(server, ada.email));
  const state = async () => [await server.db("users").select(), await server.db("sessions").select()];
  const before = await state();
  await server.db.schema.renameTable("reset_pauses", "elsewhere");
  t.equal((await say(token)).status, 500);
  t.same(await state(), before);
  await server.db.schema.renameTable("elsewhere", "reset_pauses");
  t.equal((await say(token)).status, 200);
});

void t.test(
  "a scanner that follows the link, or sends anything but the page's own request, changes nothing",
  async (t) => {
    const { ada, mailReset, say, statusOf, ...server } = await makeScene(t);
    const token = notMeIn(await mailReset());
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"] as const) {
      const answer = await server.ask(method, `${NOT_ME}?token=${token}`);
      t.equal(answer.status, 405, method);
      t.match(answer.headers.allow, /^POST/);
    }
    const form = { "content-type": "application/x-www-form-urlencoded" };
    t.equal((await server.ask("POST", NOT_ME, { body: `token=${token}`, headers: form })).status, 415);
    t.equal((await server.ask("POST", `${NOT_ME}?token=${token}`)).status, 415);
    t.equal(
      (await server.ask("POST", NOT_ME, { body: { data: { token } }, headers: { accept: "text/html" } })).status,
      406,
    );
    t.equal(await statusOf(ada.token), 200);
    t.equal((await say(token)).status, 200, "it was good all the while");
  },
);

void t.test("a token that is missing or no string is told so, with the place", async (t) => {
  const { say, ...server } = await makeScene(t);
  for (const token of [null, 7, true, ["x"], { a: 1 }]) {
    const answer = await say(token);
    t.equal(answer.status, 422);
    t.match(answer.body, { errors: [{ code: "invalid-attribute", source: { pointer: "/data/token" } }], error: /./ });
  }
  for (const [body, pointer] of [
    [{ data: {} }, "/data"],
    [{ data: null }, "/data"],
    [[], ""],
    [{}, ""],
  ] as const) {
    const answer = await server.ask("POST", NOT_ME, { body });
    t.equal(answer.status, 422);
    t.equal(answer.body.errors[0].source.pointer, pointer);
  }
});

void t.test("guesses are limited, with those at passwords and at other tokens", async (t) => {
  const { mailReset, say } = await makeScene(t, { LOGIN_LIMIT_PER_IP: "3/60" });
  const token = notMeIn(await mailReset());
  for (let tries = 0; tries < 3; tries += 1) t.equal((await say("x")).status, 404);
  const answer = await say(token);
  t.equal(answer.status, 429);
  t.ok(Number(answer.headers["retry-after"]) > 0);
});

void t.test("the link leads to this server, wherever the frontend is and whatever the request says", async (t) => {
  const server = await makeApp(t, { FRONTEND_URL: "https://front.example/app" });
  const { email } = await makeUser(server);
  const headers = { host: "evil.example", "x-forwarded-host": "evil.example", origin: "https://front.example" };
  await server.ask("POST", RESET, { body: { data: { email } }, headers });
  const mail = await newestMail(server, email);
  t.match(mail?.text, "https://front.example/app/reset-password?token=");
  t.match(notMeIn(mail), /^[\w-]{80}$/);
  t.notMatch(mail?.text, "evil.example");
});

void t.test("no other mail has such a link", async (t) => {
  const server = await makeApp(t, { REGISTRATION: "confirm" });
  const body = { data: { type: "users", attributes: { email: "ada@example.org" } } };
  for (let twice = 0; twice < 2; twice += 1) await server.ask("POST", "/v1/users", { body });
  await server.worker.drain();
  const mails = server.mailbox?.list() ?? [];
  t.same(mails.map(({ mail }) => mail.tag).sort(), ["already-registered", "welcome"]);
  for (const { mail } of mails) t.notMatch(mail.text + mail.html, "/not-me");
});

void t.test("a voided password is no free account: a registration of the same id gets no link to it", async (t) => {
  const server = await makeApp(t, { REGISTRATION: "confirm" });
  const register = async (id?: string) => {
    const data = { type: "users", ...(id === undefined ? {} : { id }), attributes: { email: "ada@example.org" } };
    await server.ask("POST", "/v1/users", { body: { data } });
    return await newestMail(server, "ada@example.org");
  };
  const welcome = await register();
  await server.ask("PATCH", RESET, { body: { data: { token: tokenIn(welcome), password: NEW } } });
  await server.ask("POST", NOT_ME, { body: { data: { token: notMeIn(await newestMail(server, "ada@example.org")) } } });
  const recovery = await newestMail(server, "ada@example.org");
  const { id } = (await server.db("users").first("id")) ?? { id: "" };
  t.equal((await register(id))?.subject, "You already have an account at Rekey");
  t.equal(
    (await server.ask("PATCH", RESET, { body: { data: { token: tokenIn(recovery), password: NEW } } })).status,
    200,
  );
});

void t.test("an admin who disowns a change stays one, and comes back by the mail", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  await server.ask("POST", RESET, { body: { data: { email: admin.email } } });
  const first = tokenIn(await newestMail(server, admin.email));
  await server.ask("PATCH", RESET, { body: { data: { token: first, password: NEW } } });
  await server.ask("POST", NOT_ME, { body: { data: { token: notMeIn(await newestMail(server, admin.email)) } } });
  const token = tokenIn(await newestMail(server, admin.email));
  await server.ask("PATCH", RESET, { body: { data: { token, password: "walnut-orbit-9" } } });
  const session = await logIn(server, { email: admin.email, password: "walnut-orbit-9" });
  const users = await server.ask("GET", "/v1/users?include=roles", { token: session.token });
  t.match(users.body.included, [{ attributes: { name: "admin" } }] as Json);
});

void t.test("nothing of a link is kept, and what is kept of pauses is swept", async (t) => {
  const { ada, clock, mailReset, say, ...server } = await makeScene(t);
  const token = notMeIn(await mailReset());
  await say(token);
  const tables = ["users", "outbox", "reset_pauses", "security_events", "mail_quota", "signing_keys"] as const;
  const stored = JSON.stringify(await Promise.all(tables.map((table) => server.db(table).select())));
  t.notMatch(stored, token.slice(-40));
  t.notMatch(JSON.stringify(await server.db("reset_pauses").select()), ada.email);
  const parts = { db: server.db, clock: clock.read, observe: () => undefined, quotaSeconds: 3600, auditSeconds: DAY };
  await tidy(parts);
  t.equal((await server.db("reset_pauses").select()).length, 1);
  clock.advance(DAY);
  await tidy(parts);
  t.same(await server.db("reset_pauses").select(), []);
});

void t.test("with a key of its own the database holds none, and links of another key are void", async (t) => {
  const key = { SIGNING_KEY: "0123456789abcdef0123456789abcdef" };
  const { mailReset, say, ...server } = await makeScene(t, key);
  t.same(await server.db("signing_keys").select(), []);
  const token = notMeIn(await mailReset());
  const other = await makeScene(t, { SIGNING_KEY: "another key would have spaces".replaceAll(" ", "-") + "-123" });
  t.equal((await other.say(token)).status, 404);
  t.equal((await say(token)).status, 200);
});
