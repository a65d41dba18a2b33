import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { logIn, makeUser, tokenIn } from "../fixtures/people.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";

const production = (standIn: PostmarkStandIn) => ({
  NODE_ENV: "production",
  PUBLIC_URL: "https://accounts.example.org",
  FRONTEND_URL: "https://www.example.org/account",
  MAIL_FROM: "Example <accounts@example.org>",
  APP_NAME: "Example",
  POSTMARK_SERVER_TOKEN: "a-server-token",
  POSTMARK_API_URL: standIn.url,
  POSTMARK_MESSAGE_STREAM: "account",
  SCRYPT_LOG_N: "13",
  SCRYPT_P: "10",
});

const forget = (server: TestApp, email: string) =>
  server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });

void t.test("in production the mail goes out through Postmark, untracked, with a link to the frontend", async (t) => {
  const standIn = await PostmarkStandIn.start(t);
  const server = await makeApp(t, production(standIn));
  const person = await makeUser(server, { email: "ada@example.org" });
  await forget(server, "ADA@example.org");
  await server.worker.drain();

  t.equal(standIn.requests.length, 1);
  const sent = standIn.requests[0];
  const body = sent?.body ?? {};
  t.equal(sent?.path, "/email");
  t.equal(sent?.headers["x-postmark-server-token"], "a-server-token");
  t.match(body, {
    From: '"Example" <accounts@example.org>',
    To: "ada@example.org",
    MessageStream: "account",
    TrackOpens: false,
    TrackLinks: "None",
    Tag: "reset",
  });
  const token = tokenIn({ text: String(body["TextBody"]) });
  t.match(body["TextBody"], `https://www.example.org/account/reset-password?token=${token}`);
  t.match(body["HtmlBody"], token);

  const set = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "new-walnut-77" } },
  });
  t.equal(set.status, 200);
  t.ok(await logIn(server, { email: person.email, password: "new-walnut-77" }));
  await server.worker.drain();
  t.equal(standIn.requests[1]?.body["Tag"], "password-changed");
});

void t.test(
  "an outage of the mail service loses nothing: the mail goes out later, with a token made then",
  async (t) => {
    let now = Date.now();
    const standIn = await PostmarkStandIn.start(t);
    const server = await makeApp(t, production(standIn), { clock: () => now });
    await makeUser(server, { email: "ada@example.org" });
    standIn.answers.push({ status: 503, errorCode: 100 }, "drop");
    const asked = await forget(server, "ada@example.org");
    t.equal(asked.status, 200);
    for (let tries = 0; tries < 6 && standIn.requests.length < 3; tries += 1) {
      await server.worker.drain();
      now += 120_000;
    }
    t.equal(standIn.requests.length, 3);
    const tokens = standIn.requests.map(({ body }) => tokenIn({ text: String(body["TextBody"]) }));
    t.equal(new Set(tokens).size, 3, "a retry makes a fresh token");
    const redeem = (token: string | undefined) =>
      server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password: "new-walnut-77" } } });
    t.equal((await redeem(tokens[0])).status, 404);
    t.equal((await redeem(tokens[2])).status, 200);
    t.equal(
      await server.db("outbox").where({ kind: "reset.requested" }).first("id"),
      undefined,
      "nothing is left over",
    );
  },
);

void t.test("no secret is stored or mailed where it does not belong", async (t) => {
  const standIn = await PostmarkStandIn.start(t);
  const lines: string[] = [];
  const server = await makeApp(t, production(standIn), {
    logger: { level: "trace", stream: { write: (line: string) => void lines.push(line) } },
  });
  const person = await makeUser(server, { email: "ada@example.org" });
  await forget(server, "ada@example.org");
  await server.worker.drain();
  const token = tokenIn({ text: String(standIn.requests[0]?.body["TextBody"]) });
  await server.ask("GET", `/reset-password?token=${token}`, { headers: { accept: "text/html" } });
  await server.ask("PATCH", "/v1/auth/reset-password", { body: { data: { token, password: "short" } } });
  const tables = await Promise.all(
    ["users", "sessions", "outbox", "mail_quota"].map((table) => server.db(table).select("*") as Promise<unknown[]>),
  );
  const kept = JSON.stringify(tables) + lines.join("\n");
  t.ok(lines.length > 3, "there is a log");
  for (const secret of [token, person.password, person.token, "short-password"])
    t.notOk(kept.includes(secret), secret.slice(0, 4));
  t.notOk(lines.join("\n").includes("ada@example.org"), "no address in the log");
});

void t.test("in production there is no mailbox page", async (t) => {
  const standIn = await PostmarkStandIn.start(t);
  const server = await makeApp(t, production(standIn));
  t.equal((await server.ask("GET", "/mailbox")).status, 404);
  t.equal((await server.ask("GET", "/reset-password", { headers: { accept: "text/html" } })).status, 200);
});
