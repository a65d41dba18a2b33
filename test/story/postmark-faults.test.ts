import t, { type Test } from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { TestClock } from "../fixtures/accounts.ts";
import { logIn, makeUser, tokenIn } from "../fixtures/people.ts";
import { PostmarkStandIn, type Answer } from "../fixtures/postmark.ts";

/** Whatever the mail service does, through the whole server: what is tried again and when, what is given up, and what is told of it. */

const LIFE = 3600;

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface House {
  readonly server: TestApp;
  readonly standIn: PostmarkStandIn;
  readonly clock: TestClock;
  /** What was logged of mails and the outbox since the last call. */
  told(): LogLine[];
  /** All that was logged. */
  readonly log: string[];
  /** Asks for a reset, and works off what is due. */
  ask(email: string): Promise<void>;
}

async function open(t: Test, environment: Record<string, string> = {}): Promise<House> {
  const [standIn, clock, log] = [await PostmarkStandIn.start(t), new TestClock(), [] as string[]];
  clock.now = Date.now();
  const settings = { POSTMARK_SERVER_TOKEN: "a-server-token", POSTMARK_API_URL: standIn.url, ...environment };
  const logger = { level: "info", stream: { write: (line: string) => void log.push(line) } };
  const server = await makeApp(t, settings, { clock: clock.read, logger });
  let read = 0;
  return {
    server,
    standIn,
    clock,
    log,
    told: () => {
      const lines = log.slice(read).map((line) => JSON.parse(line) as LogLine);
      read = log.length;
      return lines.filter(({ msg }) => /^(mail|outbox)\./.test(msg));
    },
    ask: async (email) => {
      const answer = await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });
      if (answer.status !== 200) throw new Error(answer.text);
      await server.worker.drain();
    },
  };
}

const tokensOf = (standIn: PostmarkStandIn) =>
  standIn.requests.map(({ body }) => tokenIn({ text: String(body["TextBody"]) }));

const redeem = async (server: TestApp, token: string | undefined) =>
  (await server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password: "new-walnut-77" } } }))
    .status;

const entriesOf = (server: TestApp) => server.db("outbox").orderBy("id");

/** Seconds from now until the only entry is due. */
async function secondsLeft({ server, clock }: House): Promise<number> {
  const [entry] = await entriesOf(server);
  return (Date.parse(entry?.due_at ?? "") - clock.now) / 1000;
}

/** Neither an address nor a token may be in the log. */
function isDiscreet(t: Test, { log, standIn }: House): void {
  const text = log.join("");
  t.notMatch(text, /@example\.org/);
  for (const { body } of standIn.requests) {
    const token = /reset-password\?token=([\w-]{43})(?![\w-])/.exec(String(body["TextBody"]))?.[1];
    if (token !== undefined) t.notOk(text.includes(token), "a token is in the log");
  }
}

const limited = (retryAfter: string): Answer => ({
  status: 429,
  errorCode: 0,
  headers: { "retry-after": retryAfter },
});

/** [answer, reason, least and most seconds until the next try] */
const RETRIED: readonly [answer: Answer, reason: RegExp, least: number, most: number][] = [
  [{ status: 500, errorCode: 101 }, /^500 with error code 101$/, 1, 5],
  [{ status: 502, body: "<html>Bad gateway</html>", headers: { "content-type": "text/html" } }, /^502$/, 1, 5],
  [{ status: 504, body: "" }, /^504$/, 1, 5],
  [{ status: 503, errorCode: 100 }, /^503 with error code 100$/, 61, 65],
  [{ status: 429, errorCode: 0 }, /^429$/, 1, 5],
  [limited("17"), /^429$/, 18, 22],
  [limited(new Date(Date.now() + 3_000_000).toUTCString()), /^429$/, 2000, 3005],
  [limited("31536000"), /^429$/, LIFE - 30, LIFE - 30],
  [limited("Fri, 31 Dec 9999 23:59:59 GMT"), /^429$/, LIFE - 30, LIFE - 30],
  [limited("-5"), /^429$/, 1, 5],
  [limited("soon"), /^429$/, 1, 5],
  [limited("1e9"), /^429$/, 1, 5],
  [limited("99999999999999999999"), /^429$/, 1, 5],
  [{ status: 200, body: "<html>Welcome to our wireless</html>" }, /^200 without a message id$/, 1, 5],
  [{ status: 200, body: '{"ErrorCode":0,"Message":"OK"}' }, /^200 without a message id$/, 1, 5],
  [{ status: 200, errorCode: 406 }, /^200 with error code 406$/, 1, 5],
  [{ status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } }, /^network: redirected$/, 1, 5],
  [{ status: 418, body: "" }, /^418$/, 1, 5],
  ["drop", /^network: /, 1, 5],
];

void t.test("what may heal is tried again, and ends in one link that works", async (t) => {
  const house = await open(t);
  const { server, standIn, clock } = house;
  for (const [index, [answer, reason, least, most]] of RETRIED.entries()) {
    const said = JSON.stringify(answer);
    const email = `ada${String(index)}@example.org`;
    await makeUser(server, { email });
    standIn.requests.length = 0;
    standIn.answers.push(answer);
    await house.ask(email);
    const [entry] = await entriesOf(server);
    const seconds = await secondsLeft(house);
    t.ok(seconds >= least && seconds <= most, `${said}: ${String(seconds)} s`);
    t.match(entry, { failed_at: null, attempts: 1, last_error: reason }, said);
    const line = { level: 40, msg: "mail.retried", kind: "reset.requested", entry: entry?.id, attempts: 1, reason };
    t.match(house.told(), [{ ...line, inSeconds: Math.round(seconds) }], said);

    clock.now += Math.ceil(seconds * 1000);
    await server.worker.drain();
    t.match(house.told(), [{ level: 30, msg: "mail.sent", entry: entry?.id, attempts: 2 }], said);
    const [lost, good] = tokensOf(standIn);
    t.equal(await redeem(server, lost), 404, said);
    t.equal(await redeem(server, good), 200, said);
    await server.worker.drain();
    t.same(await entriesOf(server), [], said);
    house.told();
  }
  isDiscreet(t, house);
});

void t.test("what can never be mailed is given up at once, stays in sight, and is tried by hand alone", async (t) => {
  const house = await open(t);
  const { server, standIn, clock } = house;
  const refusals: readonly [Answer, RegExp][] = [
    [
      { status: 422, errorCode: 300, message: "Invalid 'To' address: 'ada0@example.org'." },
      /^422 with error code 300$/,
    ],
    [{ status: 422, errorCode: 406, message: "You tried to send to ada1@example.org" }, /406: inactive recipient$/],
    ...[402, 403, 411, 1101, 1109, 1120].map((errorCode): [Answer, RegExp] => [
      { status: 422, errorCode },
      new RegExp(`^422 with error code ${String(errorCode)}$`),
    ]),
    [{ status: 413, body: "" }, /^413: the mail is too large$/],
  ];
  for (const [index, [answer, reason]] of refusals.entries()) {
    const said = JSON.stringify(answer);
    const email = `ada${String(index)}@example.org`;
    await makeUser(server, { email });
    standIn.answers.push(answer);
    await house.ask(email);
    const told = house.told();
    const isDead = told.some(({ msg }) => msg === "mail.undeliverable");
    t.equal(isDead, reason.source.includes("406"), "an inactive recipient is marked, and nobody else");
    t.match(
      told.filter(({ msg }) => msg !== "mail.undeliverable"),
      [{ level: 40, msg: "mail.refused", kind: "reset.requested", attempts: 1, reason }],
      said,
    );
    t.match((await entriesOf(server))[index], { attempts: 1, last_error: reason, failed_at: String }, said);
  }
  clock.advance(LIFE);
  await server.worker.drain();
  t.equal(standIn.requests.length, refusals.length);
  isDiscreet(t, house);
});

void t.test("while nothing can be mailed at all the queue waits, one mail tries, and nothing is lost", async (t) => {
  const house = await open(t);
  const { server, standIn, clock } = house;
  for (const email of ["ada@example.org", "eve@example.org", "bob@example.org"]) await makeUser(server, { email });
  const pauses: readonly Answer[] = [
    { status: 401, errorCode: 10 },
    { status: 403, body: "" },
    { status: 404, body: "<html>" },
    { status: 405, body: "" },
    { status: 415, body: "" },
    { status: 422, errorCode: 300, message: "Invalid 'From' address: 'no-reply@localhost'." },
    ...[400, 401, 405, 412, 413, 422, 1235, 1236, 1480].map((errorCode) => ({ status: 422, errorCode })),
  ];
  for (const answer of pauses) {
    const said = JSON.stringify(answer);
    standIn.requests.length = 0;
    standIn.otherwise = answer;
    await house.ask("ada@example.org");
    await house.ask("eve@example.org");
    await house.ask("bob@example.org");
    t.match(house.told(), [{ level: 50, msg: "mail.paused", reason: String, inSeconds: 30 }], said);
    t.equal(standIn.requests.length, 1, said);
    clock.advance(30);
    await server.worker.drain();
    t.match(house.told(), [{ msg: "mail.paused", inSeconds: 60 }], said);
    t.equal(standIn.requests.length, 2, `${said}: one tries`);

    standIn.otherwise = "ok";
    clock.advance(59);
    await server.worker.drain();
    t.equal(standIn.requests.length, 2, said);
    clock.advance(1);
    await server.worker.drain();
    t.same(
      house
        .told()
        .map(({ msg }) => msg)
        .sort(),
      ["mail.resumed", "mail.sent", "mail.sent", "mail.sent"],
      said,
    );
    t.same(await entriesOf(server), [], said);
    for (const token of tokensOf(standIn).slice(-3)) t.equal(await redeem(server, token), 200, said);
    await server.worker.drain();
    house.told();
  }
  isDiscreet(t, house);
});

void t.test("five that hang, and the sixth is mailed meanwhile; they are tried again", async (t) => {
  const house = await open(t);
  const { server, standIn } = house;
  for (let n = 0; n < 5; n += 1) {
    const email = `stuck${String(n)}@example.org`;
    await makeUser(server, { email });
    standIn.byRecipient.set(email, n === 0 ? "stall" : "hang");
    await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });
  }
  await makeUser(server, { email: "ada@example.org" });
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "ada@example.org" } } });
  await server.worker.drain();
  const [first, ...others] = house.told();
  t.match(first, { msg: "mail.sent", attempts: 1 }, "the sixth did not wait for their time-outs");
  t.equal(standIn.requests.at(-1)?.body["To"], "ada@example.org");
  t.match(
    others,
    Array.from({ length: 5 }, () => ({ msg: "mail.retried", reason: "network: timeout" })),
  );
  t.equal((await entriesOf(server)).length, 5);
});

void t.test("no mail service at that name, and none at that port", async (t) => {
  const gone = await PostmarkStandIn.start(t);
  const { url: nobodyThere } = gone;
  await gone.stop();
  for (const [url, reason] of [
    ["http://postmark.invalid", /^network: (ENOTFOUND|EAI_AGAIN)$/],
    [nobodyThere, /^network: ECONNREFUSED$/],
  ] as const) {
    const house = await open(t, { POSTMARK_API_URL: url });
    await makeUser(house.server, { email: "ada@example.org" });
    await house.ask("ada@example.org");
    t.match(await entriesOf(house.server), [{ failed_at: null, last_error: reason }]);
  }
});

void t.test("a request dies when its token could no longer be used: a last try, and no mail after that", async (t) => {
  const house = await open(t);
  const { server, standIn, clock } = house;
  await makeUser(server, { email: "ada@example.org" });
  standIn.otherwise = { status: 500, errorCode: 101 };
  const begun = clock.now;
  await house.ask("ada@example.org");
  const pauses: number[] = [];
  for (let tries = 0; tries < 200 && (await entriesOf(server))[0]?.failed_at === null; tries += 1) {
    pauses.push(await secondsLeft(house));
    clock.now += Math.ceil((pauses.at(-1) ?? 0) * 1000);
    await server.worker.drain();
  }
  t.ok(pauses.length > 10 && pauses.every((seconds) => seconds >= 1 && seconds <= 300), pauses.join());
  t.equal(clock.now - begun, (LIFE - 30) * 1000, "the last try");
  t.equal(standIn.requests.length, pauses.length + 1);
  t.match(house.told().at(-1), {
    level: 50,
    msg: "mail.expired",
    attempts: pauses.length + 1,
    reason: "expired; before: 500 with error code 101",
  });
  standIn.otherwise = "ok";
  clock.advance(LIFE);
  await server.worker.drain();
  t.equal(standIn.requests.length, pauses.length + 1);

  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "ada@example.org" } } });
  clock.advance(LIFE);
  await server.worker.drain();
  t.match(house.told(), [{ msg: "mail.expired", attempts: 0, reason: "expired" }], "nobody worked while it lived");
  t.equal(standIn.requests.length, pauses.length + 1);
});

void t.test("a retry is not counted against the address again", async (t) => {
  const house = await open(t, { RESET_LIMIT_PER_ACCOUNT: "2/3600" });
  const { server, standIn, clock } = house;
  await makeUser(server, { email: "ada@example.org" });
  for (let n = 0; n < 4; n += 1) standIn.answers.push({ status: 500, errorCode: 101 });
  await house.ask("ada@example.org");
  for (let tries = 0; tries < 5; tries += 1) {
    clock.advance(100);
    await server.worker.drain();
  }
  t.equal(standIn.requests.length, 5);
  await house.ask("ada@example.org");
  t.equal(standIn.requests.length, 6, "the second of two");
  await house.ask("ada@example.org");
  t.equal(standIn.requests.length, 6, "the third is over the limit");
  t.equal(await redeem(server, tokensOf(standIn).at(-1)), 200, "and the last link stays good");
});

void t.test("an account that was deleted, or moved, during an outage: nobody wrong is written to", async (t) => {
  const house = await open(t);
  const { server, standIn, clock } = house;
  const ada = await makeUser(server, { email: "ada@example.org" });
  const eve = await makeUser(server, { email: "eve@example.org" });
  standIn.otherwise = { status: 500, errorCode: 101 };
  await house.ask("ada@example.org");
  await house.ask("eve@example.org");
  standIn.requests.length = 0;
  standIn.otherwise = "ok";
  t.equal((await server.ask("DELETE", `/v1/users/${ada.id}`, { token: ada.token })).status, 204);
  const attributes = { email: "eve@new.example.org", currentPassword: eve.password };
  const moved = await server.ask("PATCH", `/v1/users/${eve.id}`, {
    token: eve.token,
    body: { data: { type: "users", id: eve.id, attributes } },
  });
  t.equal(moved.status, 200);
  clock.advance(10);
  await server.worker.drain();
  t.match(
    standIn.requests.map(({ body }) => [body["To"], body["Tag"]]),
    [["eve@example.org", "email-changed"]],
  );
  t.same(await entriesOf(server), []);
  t.ok(await logIn(server, { email: "eve@new.example.org", password: eve.password }));
});

void t.test("entries that nobody can read hold up no other", async (t) => {
  const house = await open(t);
  const { server, clock } = house;
  await makeUser(server, { email: "ada@example.org" });
  const moment = new Date(clock.now).toISOString();
  const row = {
    attempts: 0,
    created_at: moment,
    due_at: moment,
    expires_at: new Date(clock.now + 60_000).toISOString(),
  };
  for (const [index, [kind, payload]] of (
    [
      ["reset.requested", "{ada@example.org"],
      ["reset.requested", ""],
      ["reset.requested", "null"],
      ["reset.requested", '{"email":["ada@example.org"]}'],
      ["registration.requested", "7"],
      ["notice.password-changed", '{"userId":{}}'],
      ["reset.abolished", "{}"],
      ["constructor", "{}"],
      ["__proto__", "{}"],
    ] as const
  ).entries()) {
    await server.db("outbox").insert({ ...row, id: `entry-${String(index)}`, kind, payload });
  }
  await house.ask("ada@example.org");
  const told = house.told();
  t.equal(told.filter(({ msg }) => msg === "mail.sent").length, 1);
  t.equal(told.filter(({ msg, level }) => msg === "outbox.failed" && level === 50).length, 5);
  clock.advance(61);
  await server.worker.drain();
  t.same(
    (await entriesOf(server)).map(({ failed_at }) => failed_at !== null),
    Array.from({ length: 5 }, () => true),
    "what nobody could read is in sight",
  );
  isDiscreet(t, house);
});
