import t, { type Test } from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { runUntilKilled, succeed, type Errand, type Fate } from "../fixtures/killing.ts";
import { logIn, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";
import { databaseUrlOf, makeFolder } from "../fixtures/process.ts";

/**
 * The server is killed at each step between a request and the mail that follows from it. What steps there are is not listed here: a
 * whole run is recorded, and then there is one run for each step of it.
 */

const EMAIL = "ada@example.org";
const OLD = "walnut-orbit-9";
const NEW = "thistle-harbor-7";
const RESET = "/v1/auth/reset-password";
/** Runs at once: each waits for its process most of the time. */
const AT_ONCE = 4;
/** With `TEST_BRIEF` one step in so many, others each time. */
const ONE_IN = (process.env["TEST_BRIEF"] ?? "") === "" ? 1 : 3;

/** Asserts on what a successor finds; every message says where the server died. */
type Check = (t: Test, server: TestApp, fate: Fate) => Promise<void>;

async function walk(t: Test, errand: Errand, leastSteps: number, check: Check): Promise<void> {
  const checked = async (killAt?: string) => {
    const fate = await runUntilKilled(t, errand, killAt);
    const server = await succeed(errand, fate);
    try {
      await t.test(killAt ?? "not killed", async (t) => {
        t.equal(fate.diedAt, killAt ?? null);
        await check(t, server, fate);
        await holdsNoToken(t, fate);
      });
    } finally {
      await server.app.close();
    }
    return fate;
  };
  const { trail } = await checked();
  t.ok(trail.length >= leastSteps, `${String(trail.length)} steps`);
  const first = Math.floor(Math.random() * ONE_IN);
  t.comment(`one step in ${String(ONE_IN)}, from ${trail[first] ?? "none"}`);
  const steps = trail.filter((_, index) => index % ONE_IN === first);
  const walkOn = async () => {
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) await checked(step);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walkOn));
}

/** The tokens that the mail service was given, the newest last. */
function tokensOf({ standIn }: Fate): string[] {
  return standIn.requests.flatMap(
    ({ body }) => /reset-password\?token=([\w-]{43})(?![\w-])/.exec(String(body["TextBody"]))?.[1] ?? [],
  );
}

async function holdsNoToken(t: Test, fate: Fate): Promise<void> {
  const files = await fate.stored();
  const holds = (text: string) => files.some(({ bytes }) => bytes.includes(text));
  t.ok(holds(EMAIL), "the files are those of the database");
  for (const token of tokensOf(fate)) t.notOk(holds(token), "no token is in the database's files");
}

/** One mail; one more only if the process died when the mail service had it and before that was written down. */
function isMailedOnce(t: Test, fate: Fate, mails: number): void {
  t.ok(mails <= (fate.diedAt !== null && fate.mailsBefore > 0 ? 2 : 1), `${String(mails)} mails`);
}

const redeem = (server: TestApp, token: string | undefined, password: string) =>
  server.ask("PATCH", RESET, { body: { data: { token, password } } });

/** Of all links that were mailed the newest one works, once. */
async function newestLinkWorks(t: Test, server: TestApp, tokens: readonly string[]): Promise<void> {
  t.equal(new Set(tokens).size, tokens.length, "each mail has a token of its own");
  for (const token of tokens.slice(0, -1)) t.equal((await redeem(server, token, NEW)).status, 404);
  t.equal((await redeem(server, tokens.at(-1), NEW)).status, 200);
  for (const token of tokens) t.equal((await redeem(server, token, OLD)).status, 404);
  t.ok(await logIn(server, { email: EMAIL, password: NEW }));
}

const isEmpty = async (server: TestApp) => (await server.db("outbox").first("id")) === undefined;

/** Makes the database that all runs of a walk begin with. */
async function prepare<Made>(t: Test, make: (server: TestApp) => Promise<Made>): Promise<Made & { from: string }> {
  const from = makeFolder(t);
  const environment = { DATABASE_URL: await databaseUrlOf(from) };
  const server = await makeApp({ teardown: () => undefined }, environment);
  const made = await make(server);
  await server.app.close();
  return { ...made, from };
}

void t.test("asked for a reset: what was accepted ends in one link that works", async (t) => {
  const { from } = await prepare(t, (server) => makeUser(server, { email: EMAIL, password: OLD }));
  const errand: Errand = { method: "POST", path: RESET, body: { data: { email: EMAIL } }, from };
  await walk(t, errand, 15, async (t, server, fate) => {
    t.ok(fate.status === 200 || fate.status === null);
    t.ok(await isEmpty(server));
    const tokens = tokensOf(fate);
    isMailedOnce(t, fate, fate.standIn.requests.length);
    t.equal(tokens.length, fate.standIn.requests.length);
    if (fate.status === 200) t.ok(tokens.length > 0, "it was accepted: it was mailed");
    if (tokens.length > 0) await newestLinkWorks(t, server, tokens);
    else t.match(await server.db("users").first(), { reset_password: null, reset_password_expires_at: null });
  });
});

void t.test("set a password by a link: all of it, and the mail that tells so, or nothing", async (t) => {
  const { from, token, session } = await prepare(t, async (server) => {
    const { token: session } = await makeUser(server, { email: EMAIL, password: OLD });
    await server.ask("POST", RESET, { body: { data: { email: EMAIL } } });
    return { token: tokenIn(await newestMail(server, EMAIL)), session };
  });
  const errand: Errand = { method: "PATCH", path: RESET, body: { data: { token, password: NEW } }, from };
  await walk(t, errand, 15, async (t, server, fate) => {
    t.ok(fate.status === 200 || fate.status === null);
    t.ok(await isEmpty(server));
    const logInWith = async (password: string) =>
      (
        await server.ask("POST", "/v1/sessions", {
          body: { data: { type: "sessions", attributes: { email: EMAIL, password } } },
        })
      ).status;
    const state = {
      old: await logInWith(OLD),
      new: await logInWith(NEW),
      session: (await server.ask("GET", "/v1/sessions", { token: session })).status,
      link: (await redeem(server, token, NEW)).status,
    };
    const mails = fate.standIn.requests.map(({ body }) => body["Tag"]);
    if (fate.status === 200 || state.new === 201) {
      t.same(state, { old: 401, new: 201, session: 401, link: 404 });
      t.same(new Set(mails), new Set(["password-changed"]));
      isMailedOnce(t, fate, mails.length);
    } else {
      t.same(state, { old: 201, new: 401, session: 200, link: 200 });
      t.same(mails, []);
    }
  });
});
