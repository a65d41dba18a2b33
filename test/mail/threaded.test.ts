import t from "tap";

import { threadedMailer } from "../../src/mail/threaded.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";

const MAIL = { subject: "Subject", text: "text\n", html: "<p>html</p>", tag: "reset", reference: "1" };

async function made(t: Parameters<typeof PostmarkStandIn.start>[0]) {
  const postmark = await PostmarkStandIn.start(t);
  const options = {
    token: "a-token",
    apiUrl: postmark.url,
    stream: "outbound",
    from: "a@rekey.test",
    timeoutSeconds: 3,
  };
  const mailer = threadedMailer(options);
  t.teardown(() => mailer.close());
  return { postmark, mailer };
}

void t.test("mails go out by the thread, several at once, each with its own answer", async (t) => {
  const { postmark, mailer } = await made(t);
  postmark.answers.push("ok", { status: 422, errorCode: 406 }, { status: 503, errorCode: 100 });
  const first = await mailer.send({ ...MAIL, to: "ada@example.org" });
  t.match(first, { outcome: "sent", messageId: "message-1" });
  const outcomes = await Promise.all(
    ["b", "c", "d"].map((name) => mailer.send({ ...MAIL, to: `${name}@example.org` })),
  );
  t.same(outcomes.map(({ outcome }) => outcome).sort(), ["refused", "retry", "sent"]);
  t.same(
    postmark.requests.map(({ body }) => body.To).sort(),
    ["ada", "b", "c", "d"].map((name) => `${name}@example.org`),
  );
});

void t.test("a mail to nobody is handed over, and goes nowhere", async (t) => {
  const { postmark, mailer } = await made(t);
  await mailer.drop?.(MAIL);
  t.equal(postmark.requests.length, 0);
});

void t.test(
  "a mail that is on its way when the thread ends is to be tried again, and the next one finds a new thread",
  async (t) => {
    const { postmark, mailer } = await made(t);
    postmark.answers.push("hang");
    const lost = mailer.send({ ...MAIL, to: "ada@example.org" });
    while (postmark.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await mailer.close();
    t.match(await lost, { outcome: "retry" });
    t.match(await mailer.send({ ...MAIL, to: "ada@example.org" }), { outcome: "sent" });
  },
);

void t.test("what cannot work fails at once, not in the thread", (t) => {
  t.throws(() => threadedMailer({ token: "", apiUrl: "http://127.0.0.1:1", stream: "outbound", from: "a@rekey.test" }));
  t.end();
});
