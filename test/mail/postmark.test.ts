import t from "tap";

import type { Delivery, Mail } from "../../src/mail/mailer.ts";
import { postmarkMailer, type PostmarkOptions } from "../../src/mail/postmark.ts";
import { PostmarkStandIn, type Answer } from "../fixtures/postmark.ts";

const TOKEN = "server-token-1234";

const MAIL: Mail = {
  to: "ada@example.org",
  subject: "Set a new password",
  text: "text",
  html: "<p>html</p>",
  tag: "reset",
  reference: "0193a000-0000-7000-8000-000000000001",
};

function mailerAt(url: string, options: Partial<PostmarkOptions> = {}) {
  return postmarkMailer({
    token: TOKEN,
    apiUrl: url,
    stream: "outbound",
    from: "no-reply@example.com",
    timeoutSeconds: 5,
    ...options,
  });
}

void t.test("a mail is sent as Postmark's API wants it", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  const delivery = await mailerAt(postmark.url).send(MAIL);
  t.same(delivery, { outcome: "sent", messageId: "message-1" });
  const [request] = postmark.requests;
  t.equal(request?.method, "POST");
  t.equal(request?.path, "/email");
  t.equal(request?.headers["x-postmark-server-token"], TOKEN);
  t.same(request?.body, {
    From: "no-reply@example.com",
    To: "ada@example.org",
    Subject: MAIL.subject,
    TextBody: MAIL.text,
    HtmlBody: MAIL.html,
    MessageStream: "outbound",
    TrackOpens: false,
    TrackLinks: "None",
    Tag: "reset",
    Metadata: { reference: MAIL.reference },
  });
});

void t.test("a path in the API's address is kept", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  await mailerAt(`${postmark.url}/postmark/`).send(MAIL);
  t.equal(postmark.requests[0]?.path, "/postmark/email");
});

const JSON_ERROR = { message: "Inactive: ada@example.org is blocked." };
const CLASSES: readonly [name: string, answer: Answer, delivery: Delivery][] = [
  ["401, bad token", { status: 401, errorCode: 10 }, paused("401 with error code 10: the server token is not valid")],
  ["403, not let in", { status: 403, body: "" }, paused("403: Postmark does not let us in")],
  ["404, another server", { status: 404, body: "<html>" }, paused("404: this is not Postmark's API")],
  ["413, too large", { status: 413, body: "" }, refused("413: the mail is too large")],
  ["422/300, invalid recipient", { status: 422, errorCode: 300, ...JSON_ERROR }, refused("422 with error code 300")],
  [
    "422/300, invalid sender",
    { status: 422, errorCode: 300, message: "Invalid 'From' address: 'no-reply@localhost'." },
    paused("422 with error code 300: the sender's address is not valid"),
  ],
  [
    "422/406, inactive recipient",
    { status: 422, errorCode: 406, ...JSON_ERROR },
    { outcome: "refused", reason: "422 with error code 406: inactive recipient", isInactive: true },
  ],
  ["422/1101, an unforeseen one", { status: 422, errorCode: 1101 }, refused("422 with error code 1101")],
  ...[400, 401, 405, 412, 413, 422, 1235, 1236, 1480].map((errorCode): [string, Answer, Delivery] => [
    `422/${String(errorCode)}, account, sender or stream`,
    { status: 422, errorCode, ...JSON_ERROR },
    paused(`422 with error code ${String(errorCode)}: account, sender or stream cannot send`),
  ]),
  ["429 without Retry-After", { status: 429, errorCode: 0 }, retry("429")],
  ["429 with Retry-After", { status: 429, errorCode: 0, headers: { "retry-after": "17" } }, retry("429", 17)],
  ["500", { status: 500, errorCode: 101, ...JSON_ERROR }, retry("500 with error code 101")],
  ["502 of a proxy", { status: 502, body: "<html>Bad gateway</html>" }, retry("502")],
  ["503, maintenance", { status: 503, errorCode: 100 }, retry("503 with error code 100", 60)],
  [
    "503 with Retry-After",
    { status: 503, errorCode: 100, headers: { "retry-after": "5" } },
    retry("503 with error code 100", 5),
  ],
  ["200 with an error code", { status: 200, errorCode: 406, ...JSON_ERROR }, retry("200 with error code 406")],
  ["200 of a captive portal", { status: 200, body: "<html>Welcome</html>" }, retry("200 without a message id")],
  ["200 without a body", { status: 200, body: "" }, retry("200 without a message id")],
  ["200 with null", { status: 200, body: "null" }, retry("200 without a message id")],
  ["an error document that is null", { status: 500, body: "null" }, retry("500")],
  ["a dropped connection", "drop", retry("network: UND_ERR_SOCKET")],
];

for (const [name, answer, delivery] of CLASSES) {
  void t.test(`answer: ${name}`, async (t) => {
    const postmark = await PostmarkStandIn.start(t);
    postmark.answers.push(answer);
    t.same(await mailerAt(postmark.url).send(MAIL), delivery);
  });
}

void t.test("a Retry-After may be a date", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  const date = new Date(Date.now() + 40_000).toUTCString();
  postmark.answers.push({ status: 429, errorCode: 0, headers: { "retry-after": date } });
  const delivery = await mailerAt(postmark.url).send(MAIL);
  const seconds = delivery.outcome === "retry" ? (delivery.afterSeconds ?? 0) : 0;
  t.ok(seconds > 35 && seconds <= 40, String(seconds));
});

for (const answer of ["hang", "stall"] as const) {
  void t.test(`an answer that comes to a ${answer} is given up after the time-out`, async (t) => {
    const postmark = await PostmarkStandIn.start(t);
    postmark.answers.push(answer);
    const began = Date.now();
    const delivery = await mailerAt(postmark.url, { timeoutSeconds: 0.3 }).send(MAIL);
    t.same(delivery, retry("network: timeout"));
    t.ok(Date.now() - began < 2000);
  });
}

void t.test("nobody listening is a retry", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  const { url } = postmark;
  await postmark.stop();
  t.same(await mailerAt(url).send(MAIL), retry("network: ECONNREFUSED"));
});

for (const status of [301, 302, 307, 308]) {
  void t.test(`a ${String(status)} is not followed: the token would go along`, async (t) => {
    const postmark = await PostmarkStandIn.start(t);
    const thief = await PostmarkStandIn.start(t);
    postmark.answers.push({ status, body: "", headers: { location: `${thief.url}/email` } });
    t.same(await mailerAt(postmark.url).send(MAIL), retry("network: redirected"));
    t.equal(thief.requests.length, 0);
  });
}

void t.test("a recipient's international domain goes out in ASCII", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  await mailerAt(postmark.url).send({ ...MAIL, to: "ada@bücher.example" });
  t.equal(postmark.requests[0]?.body.To, "ada@xn--bcher-kva.example");
});

for (const to of [
  "jürgen@example.org",
  "a@x.example, b@y.example",
  "a,b@example.org",
  "a@b@example.org",
  '"a b"@example.org',
  "a\r\nBcc: b@example.org",
  "Ada <ada@example.org>",
  "ada@exa mple.org",
  "ada@[127.0.0.1]",
  "@example.org",
  "ada@",
  "ada",
  "",
]) {
  void t.test(`a recipient that Postmark cannot take is refused without asking: ${JSON.stringify(to)}`, async (t) => {
    const postmark = await PostmarkStandIn.start(t);
    const delivery = await mailerAt(postmark.url).send({ ...MAIL, to });
    t.equal(delivery.outcome, "refused");
    t.equal(postmark.requests.length, 0);
  });
}

for (const [from, expected] of [
  ["Rekey <no-reply@example.com>", '"Rekey" <no-reply@example.com>'],
  ['"Foo, Inc." <no-reply@example.com>', '"Foo, Inc." <no-reply@example.com>'],
  ["Foo, Inc. <no-reply@bücher.example>", '"Foo, Inc." <no-reply@xn--bcher-kva.example>'],
  ["<no-reply@example.com>", "no-reply@example.com"],
  ["no-reply@localhost", "no-reply@localhost"],
] as const) {
  void t.test(`sender: ${from}`, async (t) => {
    const postmark = await PostmarkStandIn.start(t);
    await mailerAt(postmark.url, { from }).send(MAIL);
    t.equal(postmark.requests[0]?.body.From, expected);
  });
}

void t.test("what can never send is refused at start", (t) => {
  t.throws(() => mailerAt("http://127.0.0.1:1", { token: " " }));
  t.throws(() => mailerAt("http://127.0.0.1:1", { from: "nobody" }));
  t.throws(() => mailerAt("no url"));
  t.end();
});

function retry(reason: string, afterSeconds?: number): Delivery {
  return afterSeconds === undefined ? { outcome: "retry", reason } : { outcome: "retry", reason, afterSeconds };
}

function paused(reason: string): Delivery {
  return { outcome: "paused", reason };
}

function refused(reason: string): Delivery {
  return { outcome: "refused", reason };
}
