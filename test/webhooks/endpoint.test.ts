import { Validator } from "@seriousme/openapi-schema-validator";
import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { refuseWrites } from "../fixtures/dialect.ts";
import { Description } from "../fixtures/description.ts";
import { makeUser } from "../fixtures/people.ts";
import { basic, bounce, CREDENTIALS, HOOKED, keptLog, post, statusOf, WEBHOOK } from "../fixtures/postmark-events.ts";

void t.test("without credentials in the configuration there is no webhook, and the description has none", async (t) => {
  const server = await makeApp(t);
  t.equal((await post(server, bounce("ada@example.org"))).status, 404);
  t.equal((await post(server, bounce("ada@example.org"), { authorization: basic(":") })).status, 404);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  t.notOk(WEBHOOK in body.paths);
});

const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString("base64");

const WRONG: Readonly<Record<string, string>> = {
  "another password": basic("postmark:fd8c:a-password-with-a-comma"),
  "another name": basic("postmarc:fd8c:a-password-with-a-colon"),
  "no password": basic("postmark:"),
  "no name": basic(":fd8c:a-password-with-a-colon"),
  "no colon": basic("postmark"),
  "the beginning": basic(CREDENTIALS.slice(0, -1)),
  "more than it": basic(`${CREDENTIALS}x`),
  "another case": basic(CREDENTIALS.toUpperCase()),
  "a NUL behind it": basic(`${CREDENTIALS}\0`),
  "a byte that is no UTF-8 behind it": `Basic ${base64(Buffer.from([...Buffer.from(CREDENTIALS), 0xff]))}`,
  "nothing behind the scheme": "Basic",
  "a space behind the scheme": "Basic ",
  "another scheme": `Bearer ${base64(CREDENTIALS)}`,
  "a scheme that begins alike": `Basically ${base64(CREDENTIALS)}`,
  "no scheme": base64(CREDENTIALS),
  "plain text": `Basic ${CREDENTIALS}`,
  "two of them": `${basic("a:b")}, ${basic(CREDENTIALS)}`,
  parameters: `Basic realm="webhooks"`,
  "no Base64": "Basic %%%%",
  "a megabyte's beginning": `Basic ${"A".repeat(12_000)}`,
};

void t.test("refused with 401, and never 403", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { email } = await makeUser(server);
  for (const [name, authorization] of Object.entries(WRONG)) {
    await t.test(name, async (t) => {
      const answer = await post(server, bounce(email), { authorization });
      t.equal(answer.status, 401);
      t.equal(answer.headers["www-authenticate"], 'Basic realm="webhooks", charset="UTF-8"');
      t.equal(answer.headers["content-type"], "application/json");
      t.equal(answer.headers["cache-control"], "no-store");
      t.equal(answer.body.errors[0].code, "wrong-webhook-credentials");
      t.equal(answer.body.error, answer.body.errors[0].detail);
      t.same(await statusOf(server, email), [null, null]);
    });
  }
});

void t.test("no Authorization at all is refused alike, and says what is needed", async (t) => {
  const server = await makeApp(t, HOOKED);
  const answer = await server.ask("POST", WEBHOOK, { body: "{}", headers: { "content-type": "application/json" } });
  t.equal(answer.status, 401);
  t.match(answer.headers["www-authenticate"], /^Basic realm=/);
});

void t.test("wrong credentials are refused before the body is looked at", async (t) => {
  const server = await makeApp(t, HOOKED);
  for (const [body, type] of [
    ["{", "application/json"],
    [`"${"x".repeat(2_000_000)}"`, "application/json"],
    ["x", "text/plain"],
    ["", "application/json"],
  ] as const) {
    const answer = await server.ask("POST", WEBHOOK, {
      body,
      headers: { "content-type": type, authorization: basic("postmark:wrong") },
    });
    t.equal(answer.status, 401, body.slice(0, 10));
  }
});

void t.test("right ones: the scheme in any case, spaces, a name in UTF-8, colons in the password", async (t) => {
  const credentials = "Poststelle-für-Ärger:a:b::c-0123456789!~";
  const server = await makeApp(t, { POSTMARK_WEBHOOK_CREDENTIALS: credentials });
  const encoded = base64(credentials);
  for (const authorization of [
    `Basic ${encoded}`,
    `basic ${encoded}`,
    `BASIC ${encoded}`,
    `Basic   ${encoded}`,
    `Basic ${encoded.replace(/=+$/, "")}`,
  ]) {
    t.equal((await post(server, bounce("nobody@example.org"), { authorization })).status, 200, authorization);
  }
  const latin = `Basic ${base64(Buffer.from(credentials, "latin1"))}`;
  t.equal((await post(server, bounce("nobody@example.org"), { authorization: latin })).status, 401);
});

void t.test(
  "a client address that is wrong too often is put off; who is right gets in from there all the same",
  async (t) => {
    const server = await makeApp(t, { ...HOOKED, LOGIN_LIMIT_PER_IP: "3/60" });
    const { email } = await makeUser(server);
    const wrong = (from: string) => post(server, {}, { authorization: basic("postmark:guess"), from });
    const statuses = [];
    for (let tries = 0; tries < 5; tries += 1) statuses.push((await wrong("192.0.2.1")).status);
    t.same(statuses, [401, 401, 401, 429, 429]);
    const limited = await wrong("192.0.2.1");
    t.match(limited.headers["retry-after"], /^\d+$/);
    t.equal(limited.body.errors[0].code, "too-many-requests");
    t.equal((await wrong("192.0.2.2")).status, 401, "another address");

    t.equal((await post(server, bounce(email), { from: "192.0.2.1" })).status, 200);
    t.same((await statusOf(server, email))[0], "HardBounce");
    const login = { data: { type: "sessions", attributes: { email, password: "wrong-wrong" } } };
    t.equal(
      (await server.ask("POST", "/v1/sessions", { body: login, from: "192.0.2.1" })).status,
      401,
      "counted apart",
    );
  },
);

void t.test(
  "in a storm of guesses at once no more are answered than the limit allows, and who is right gets in",
  async (t) => {
    const server = await makeApp(t, { ...HOOKED, LOGIN_LIMIT_PER_IP: "5/60" });
    const guesses = Array.from({ length: 40 }, (_, index) =>
      post(server, {}, { authorization: basic(`postmark:${String(index)}`) }),
    );
    const right = post(server, bounce("nobody@example.org"));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    t.ok(statuses.filter((status) => status === 401).length <= 5, statuses.join());
    t.ok(
      statuses.every((status) => status === 401 || status === 429),
      statuses.join(),
    );
    t.equal((await right).status, 200);
  },
);

void t.test("what is refused is told to the operator, without what was sent; what is limited is not", async (t) => {
  const log = keptLog();
  const server = await makeApp(t, { ...HOOKED, LOGIN_LIMIT_PER_IP: "1/60" }, { logger: log.logger });
  for (let tries = 0; tries < 3; tries += 1) await post(server, {}, { authorization: basic("postmark:some-guess") });
  t.match(log.named("webhook.refused"), [{ level: 40, status: 401, reason: "wrong-webhook-credentials" }]);
  t.equal(log.named("webhook.refused").length, 1);
  t.notMatch(log.lines.join(), "some-guess");
  t.notMatch(log.lines.join(), base64("postmark:some-guess"));
});

void t.test("other methods are 405 or, for OPTIONS, answered as everywhere", async (t) => {
  const server = await makeApp(t, HOOKED);
  for (const method of ["GET", "PUT", "DELETE"] as const) {
    const answer = await server.ask(method, WEBHOOK, { headers: { authorization: basic(CREDENTIALS) } });
    t.equal(answer.status, 405, method);
    t.match(answer.headers["allow"], "POST");
  }
});

void t.test("the description with the webhook is valid OpenAPI 3.1", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  const { valid, errors } = await new Validator().validate(body);
  t.equal(valid, true, JSON.stringify(errors));
  const [scheme = ""] = Object.keys(body.paths[WEBHOOK].post.security[0] as object);
  t.match(body.components.securitySchemes[scheme], { type: "http", scheme: "basic" });
  t.match(body.components.securitySchemes.bearer, { scheme: "bearer" });
});

void t.test("every answer of the webhook is described, and nothing that it does not answer", async (t) => {
  const server = await makeApp(t, { ...HOOKED, LOGIN_LIMIT_PER_IP: "1/60" });
  const description = await Description.of(server);
  const send = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
    const contentType = headers["content-type"] ?? "application/json";
    const all = { authorization: basic(CREDENTIALS), "content-type": contentType, ...headers };
    const answer = await server.ask("POST", WEBHOOK, { body, headers: all });
    t.equal(answer.status, status);
    t.same(description.faultsIn({ method: "POST", url: WEBHOOK, body, contentType }, answer), []);
  };
  const event = bounce("nobody@example.org");
  await send(200, event);
  await send(200, event, { "content-type": "application/vnd.api+json" });
  await send(400, "{");
  await send(401, event, { authorization: "Basic none" });
  await send(429, event, { authorization: "Basic none" });
  await send(413, `"${"x".repeat(1_100_000)}"`);
  await send(415, "x", { "content-type": "text/plain" });
  await send(422, { RecordType: "Bounce" });

  await refuseWrites(server.db, "webhook_events", "insert");
  await send(500, event);
  const told = description.told.filter((line) => line.startsWith(`POST ${WEBHOOK} `));
  t.same(
    told.filter((line) => !description.seen.has(line)),
    [`POST ${WEBHOOK} 503`],
    "503 is the answer of a database that is busy, as everywhere",
  );
});
