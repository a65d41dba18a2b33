import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import t from "tap";

import { timestamp } from "../../src/db/clock.ts";
import { openDatabase } from "../../src/db/knex.ts";
import { migrationStatus } from "../../src/db/migrate.ts";
import type { Json } from "../fixtures/app.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import { makeSharedDatabaseUrl } from "../fixtures/database.ts";
import { makeFolder, startServer, type ServerProcess } from "../fixtures/process.ts";
import { startRedis } from "../fixtures/servers.ts";
import { until } from "../fixtures/until.ts";

type Test = Parameters<typeof makeFolder>[0];

const LIMIT = 6;
const RESET = "/v1/auth/reset-password";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
}

interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly from?: string;
  readonly headers?: Record<string, string>;
}

/** Status 0 where the connection ended without an answer. */
async function ask(base: string, path: string, { method = "GET", body, token, from, headers = {} }: Ask = {}) {
  const type = path.startsWith("/v1/auth") ? "application/json" : "application/vnd.api+json";
  return await new Promise<Answer>((resolve) => {
    const none = () => {
      resolve({ status: 0, headers: {}, body: undefined });
    };
    const asked = request(base + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": type }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        "x-forwarded-for": from ?? "192.0.2.1",
        ...headers,
      },
    });
    asked.on("error", none);
    asked.on("response", (response) => {
      text(response).then((whole) => {
        const isJson = /json/.test(response.headers["content-type"] ?? "") && whole !== "";
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: isJson ? JSON.parse(whole) : whole,
        });
      }, none);
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Passes each request to the next instance, and tries none again. One that nobody listens at gets no further ones. */
async function roundRobin(t: Test, instances: readonly string[]): Promise<string> {
  const alive = [...instances];
  let turn = 0;
  const proxy = createServer((incoming, outgoing) => {
    const target = alive[turn++ % alive.length] ?? "";
    const passed = request(target + (incoming.url ?? ""), { method: incoming.method, headers: incoming.headers });
    passed.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, {
        ...answer.headers,
        "x-instance": String(instances.indexOf(target)),
      });
      answer.on("error", () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    passed.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" && alive.includes(target)) alive.splice(alive.indexOf(target), 1);
      if (!outgoing.headersSent) outgoing.writeHead(502).end();
      else outgoing.destroy();
    });
    incoming.pipe(passed);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
}

void t.test("three behind a proxy are one: one dies in a burst, then Redis goes and comes", async (t) => {
  let redis = await startRedis();
  t.teardown(() => redis.stop());
  const postmark = await PostmarkStandIn.start(t);
  const url = await makeSharedDatabaseUrl(t);
  const environment = {
    NODE_ENV: "test",
    DATABASE_URL: url,
    REDIS_URL: redis.url(),
    PUBLIC_URL: "http://rekey.test",
    TRUST_PROXY: "127.0.0.1",
    POSTMARK_SERVER_TOKEN: "a-server-token",
    POSTMARK_API_URL: postmark.url,
    ADMIN_EMAIL: "root@example.org",
    LOGIN_LIMIT_PER_IP: `${String(LIMIT)}/3600`,
    LOG_LEVEL: "debug",
  };
  const folder = makeFolder(t);
  const listeningAt = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;
  const start = () => startServer(t, { folder, environment, listeningAt });
  const servers = await Promise.all([start(), start(), start()]);
  const [first, doomed, third] = servers;
  const survivors = [first, third];
  const proxy = await roundRobin(
    t,
    servers.map((server) => server.url),
  );
  const db = openDatabase(url);
  t.teardown(() => db.destroy());
  const mailsTo = (email: string) => postmark.requests.filter(({ body }) => body["To"] === email).length;
  /** A machine that is too busy makes Redis seem away for moments; then each instance may let through as many. */
  const most = () => (servers.some((one) => /limits\.(late|unshared)/.test(one.printed())) ? 3 * LIMIT : LIMIT);

  const { done } = await migrationStatus(db);
  t.equal(new Set(done).size, done.length, "all three came up on an empty database, and it was migrated once");
  await until(() => servers.every((one) => one.printed().includes("limits.shared")));

  // People, and what they have.
  const people = Array.from({ length: 12 }, (_, n) => ({
    email: `person${String(n)}@example.org`,
    password: `walnut-orbit-${String(n)}`,
    from: `198.51.100.${String(n)}`,
  }));
  type Person = (typeof people)[number];
  const register = ({ email, password, from }: Person) =>
    ask(proxy, "/v1/users", {
      method: "POST",
      from,
      body: { data: { type: "users", attributes: { email, password } } },
    });
  const logIn = ({ email, password, from }: Person, base = proxy) =>
    ask(base, "/v1/sessions", {
      method: "POST",
      from,
      body: { data: { type: "sessions", attributes: { email, password } } },
    });
  const forget = (email: string, from: string, base = proxy) =>
    ask(base, RESET, { method: "POST", from, body: { data: { email } } });
  const registered = await Promise.all(people.map(register));
  t.same(
    registered.map(({ status }) => status),
    people.map(() => 201),
  );
  const sessions = await Promise.all(people.map((person) => logIn(person)));
  const tokens = sessions.map(({ body }) => String(body.data.attributes.token));
  const ids = registered.map(({ body }) => String(body.data.id));
  const read = (n: number, base = proxy) => ask(base, `/v1/users/${ids[n] ?? ""}`, { token: tokens[n] ?? "" });
  const ofDoomed = sessions.flatMap(({ headers }, n) => (headers["x-instance"] === "1" ? [n] : []));
  t.ok(ofDoomed.length > 0);

  // What one instance says is true for the others.
  const etag = String((await read(0, first.url)).headers.etag);
  const rename = (base: string) =>
    ask(base, `/v1/users/${ids[0] ?? ""}`, {
      method: "PATCH",
      token: tokens[0] ?? "",
      headers: { "if-match": etag },
      body: { data: { type: "users", id: ids[0], attributes: { firstName: "Ada" } } },
    });
  t.equal((await rename(third.url)).status, 200);
  t.equal((await rename(first.url)).status, 412);

  // Links for the first six, to be redeemed in the burst.
  const asked = await Promise.all(people.slice(0, 6).map(({ email, from }) => forget(email, from)));
  t.ok(asked.every(({ status }) => status === 200));
  await until(() => people.slice(0, 6).every(({ email }) => mailsTo(email) > 0));
  const links = people.slice(0, 6).map(({ email }) => {
    const mail = postmark.requests.find(({ body }) => body["To"] === email);
    return /reset-password\?token=([\w-]{43})/.exec(String(mail?.body["TextBody"]))?.[1] ?? "";
  });

  // The one that will die has a mail in hand that the mail service does not take. The others hold still meanwhile.
  const zoe = { email: "zoe@example.org", password: "copper-lantern-4", from: "198.51.100.99" };
  t.equal((await register(zoe)).status, 201);
  postmark.byRecipient.set(zoe.email, "hang");
  for (const { child } of survivors) child.kill("SIGSTOP");
  t.equal((await forget(zoe.email, zoe.from, doomed.url)).status, 200);
  await until(() => mailsTo(zoe.email) > 0);
  for (const { child } of survivors) child.kill("SIGCONT");

  // The burst.
  const newcomers = people.map(({ email, ...person }) => ({ ...person, email: `new-${email}` }));
  const strangers = Array.from({ length: 6 }, (_, n) => `nobody${String(n)}@example.org`);
  let answered = 0;
  const counted = <T extends Promise<Answer>>(answer: T): T => {
    void answer.then(() => (answered += 1));
    return answer;
  };
  const later = people.slice(6);
  const burst = {
    registrations: newcomers.map((person) => counted(register(person))),
    logins: later.map((person) => counted(logIn(person))),
    resets: [...later.map(({ email, from }) => counted(forget(email, from)))],
    strangers: strangers.map((email, n) => counted(forget(email, `203.0.113.${String(n)}`))),
    redemptions: links.map((token, n) =>
      counted(
        ask(proxy, RESET, {
          method: "PATCH",
          from: people[n]?.from ?? "",
          body: { data: { token, password: `thistle-harbor-${String(n)}` } },
        }),
      ),
    ),
    guesses: Array.from({ length: 40 }, () =>
      counted(logIn({ email: "person7@example.org", password: "wrong-guess-1", from: "203.0.113.66" })),
    ),
    reads: Array.from({ length: 24 }, (_, n) => counted(read(6 + (n % 6)))),
  };
  const size = Object.values(burst).reduce((sum, list) => sum + list.length, 0);
  await until(() => answered > size / 3);
  const end = doomed.stop("SIGKILL");
  const results = Object.fromEntries(
    await Promise.all(Object.entries(burst).map(async ([name, list]) => [name, await Promise.all(list)] as const)),
  ) as Record<keyof typeof burst, Answer[]>;
  t.equal((await end).signal, "SIGKILL");
  const unanswered = Object.values(results)
    .flat()
    .filter(({ status }) => status === 0 || status === 502).length;
  t.ok(unanswered < size / 2, `${String(unanswered)} of ${String(size)} died with it`);
  postmark.byRecipient.delete(zoe.email);
  // The proxy finds out by itself, by connections that it had and by new ones that are refused.
  let inARow = 0;
  await until(async () => {
    inARow = (await ask(proxy, "/healthz")).status === 200 ? inARow + 1 : 0;
    return inARow === 6;
  });

  // What was accepted is there, once.
  for (const [n, { status }] of results.registrations.entries()) {
    const found = await db("users").where({ email: newcomers[n]?.email ?? "" });
    if (status === 201) t.equal(found.length, 1);
    t.ok(found.length <= 1 && [201, 0, 502].includes(status), String(status));
  }
  for (const { status, body } of results.logins) {
    if (status !== 201) continue;
    const token = String(body.data.attributes.token);
    const self = `/v1/sessions/${String(body.data.id)}`;
    for (const { url } of survivors) t.equal((await ask(url, self, { token })).status, 200);
  }
  for (const [n, { status }] of results.redemptions.entries()) {
    const person = people[n];
    if (person === undefined) continue;
    t.ok([200, 0, 502].includes(status), String(status));
    const { password } = person;
    const isNew = (await logIn({ ...person, password: `thistle-harbor-${String(n)}` }, first.url)).status === 201;
    const isOld = (await logIn(person, third.url)).status === 201;
    t.ok(status === 200 ? isNew && !isOld : isNew !== isOld, `the password is one of two: ${password}`);
    for (const { url } of survivors) {
      t.equal((await read(n, url)).status, isNew ? 401 : 200, "with it went the sessions, on every instance");
    }
  }
  t.ok(results.reads.every(({ status }) => [200, 0, 502].includes(status)));
  for (const n of ofDoomed.filter((n) => n >= 6)) {
    for (const { url } of survivors) t.equal((await read(n, url)).status, 200, "a session that it made lives on");
  }
  const letTry = results.guesses.filter(({ status }) => status === 401).length;
  const died = results.guesses.filter(({ status }) => status === 0 || status === 502).length;
  // All that were let try may have died with the one that let them.
  t.ok(letTry <= most() && letTry + died > 0, `${String(letTry)} guesses`);
  t.ok(results.guesses.every(({ status }) => [401, 429, 0, 502].includes(status)));
  for (let n = 0; n < 20; n += 1) t.equal((await read(6 + (n % 6))).status, 200, "the others go on");

  // What it had in hand is taken over when its lease is over: here earlier, by hand, once the others have done what is theirs.
  const left = () => db("outbox").whereNull("failed_at").select("id", "attempts", "due_at", "payload");
  const isHeld = ({ due_at }: { due_at: string }) => due_at > timestamp(Date.now());
  await until(async () => (await left()).every((row) => isHeld(row) && row.attempts === 1));
  const held = await left();
  t.ok(held.some(({ payload }) => payload.includes(zoe.email)));
  await db("outbox")
    .whereIn(
      "id",
      held.map(({ id }) => id),
    )
    .update({ due_at: timestamp(Date.now()) });
  await until(async () => (await left()).length === 0);

  // Every mail went out: once, but for those that were in the dead one's hands.
  const twice = [zoe.email, ...people.map(({ email }) => email), "root@example.org"].filter((email) =>
    held.some(({ payload }) => payload.includes(email)),
  );
  t.equal(mailsTo(zoe.email), 2);
  t.equal(mailsTo("root@example.org"), 1);
  for (const [n, { status }] of results.resets.entries()) {
    const { email } = later[n] ?? { email: "" };
    const mails = mailsTo(email);
    if (status === 200) t.ok(mails === 1 || (mails === 2 && twice.includes(email)), `${String(mails)} mails`);
    else t.ok(mails <= 2);
  }
  t.ok(strangers.every((email) => mailsTo(email) === 0));

  // Redis goes: each counts by itself, and nothing else is different.
  await redis.stop();
  await until(() => survivors.every((one) => one.printed().includes("limits.unshared")));
  const guess = (from: string) => logIn({ email: "person8@example.org", password: "wrong-guess-2", from });
  const guesses = async (from: string) => {
    const statuses = (await Promise.all(Array.from({ length: 30 }, () => guess(from)))).map(({ status }) => status);
    t.ok(statuses.every((status) => status === 401 || status === 429));
    return statuses.filter((status) => status === 401).length;
  };
  t.equal(await guesses("203.0.113.67"), 2 * LIMIT);
  for (let n = 0; n < 10; n += 1) t.equal((await read(6 + (n % 6))).status, 200);

  redis = await startRedis(redis.port);
  const returned = (one: ServerProcess) => one.printed().split("limits.shared").length > 2;
  await until(() => survivors.every(returned));
  const letTryThen = await guesses("203.0.113.68");
  t.ok(letTryThen > 0 && letTryThen <= most());
  t.equal(await guesses("203.0.113.67"), 0, "what was counted without it counts on");

  const codes = await Promise.all(survivors.map((one) => one.stop("SIGTERM")));
  t.same(
    codes.map(({ code }) => code),
    [0, 0],
  );
  for (const one of servers) t.notMatch(one.printed(), /uncaught|unhandled|Unhandled|"level":50|ERROR/);
});
