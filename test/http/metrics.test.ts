import { METHODS } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "prom-client";
import t from "tap";

import { watchProcess } from "../../src/events/process-metrics.ts";
import { makeApp, type TestApp } from "../fixtures/app.ts";
import { holdConnections } from "../fixtures/dialect.ts";
import { parseExposition, type Family } from "../fixtures/exposition.ts";
import { makeUser } from "../fixtures/people.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";
import { projectRoot } from "../fixtures/project.ts";

const RESET = "/v1/auth/reset-password";
const TOKEN = "a-token-for-metrics-7Yk2";
const PRODUCTION = {
  NODE_ENV: "production",
  MAIL_FROM: "no-reply@rekey.test",
  POSTMARK_SERVER_TOKEN: "a-server-token",
  SCRYPT_LOG_N: "15",
  SCRYPT_P: "3",
};

async function scrape(server: TestApp, token?: string): Promise<Map<string, Family>> {
  const answer = await server.ask("GET", "/metrics", { token });
  if (answer.status !== 200) throw new Error(`${String(answer.status)} ${answer.text}`);
  return parseExposition(answer.text);
}

/** The sum of what has these labels; undefined if there is nothing. */
function valueOf(families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number | undefined {
  const samples = families
    .get(name)
    ?.samples.filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  return samples === undefined || samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0);
}

const ask = (server: TestApp, email: string) => server.ask("POST", RESET, { body: { data: { email } } });
const logIn = (server: TestApp, email: string, password: string) =>
  server.ask("POST", "/v1/sessions", { body: { data: { type: "sessions", attributes: { email, password } } } });

void t.test("the answer is in the text format, not to be kept, and follows the conventions for names", async (t) => {
  const server = await makeApp(t);
  await makeUser(server);
  const answer = await server.ask("GET", "/metrics");
  t.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  t.equal(answer.headers["cache-control"], "no-store");
  for (const { name, type, help } of parseExposition(answer.text).values()) {
    t.equal(name.endsWith("_total"), type === "counter", `${name} is a ${type}`);
    t.match(name, /^(http|rekey|process|nodejs)_[a-z0-9_]+$/);
    t.ok(help.length > 10, name);
  }
  t.equal((await server.ask("HEAD", "/metrics")).status, 200);
});

void t.test("docs/operations.md tells of each metric, and of no other", async (t) => {
  const families = await scrape(await makeApp(t));
  const docs = readFileSync(join(projectRoot, "docs/operations.md"), "utf8");
  const told = [...docs.matchAll(/^\| `((?:http|rekey|process|nodejs)_\w+)`\s+\| (\w+)/gm)].map(
    ([, name, type]) => `${String(name)} ${String(type)}`,
  );
  const shown = [...families.values()].map(({ name, type }) => `${name} ${type}`);
  t.same(told.sort(), shown.sort());
});

void t.test("requests are counted and timed by method, route and status", async (t) => {
  const server = await makeApp(t);
  const { id, token } = await makeUser(server);
  const before = await scrape(server);
  await server.ask("GET", `/v1/users/${id}`, { token });
  await server.ask("GET", `/v1/users/${id}`);
  const after = await scrape(server);
  for (const status of ["200", "401"]) {
    const labels = { method: "GET", route: "/v1/users/:id", status };
    t.equal(valueOf(before, "http_requests_total", labels), undefined);
    t.equal(valueOf(after, "http_requests_total", labels), 1);
    const times = after
      .get("http_request_duration_seconds")
      ?.samples.filter((sample) => sample.labels.status === status);
    t.equal(times?.find(({ name }) => name.endsWith("_count"))?.value, 1);
    t.ok((times?.find(({ name }) => name.endsWith("_sum"))?.value ?? 0) > 0);
  }
});

void t.test("strangers make no series: odd URLs, methods and headers are as good as one", async (t) => {
  const server = await makeApp(t);
  const series = async () =>
    [...(await scrape(server)).values()].reduce((sum, family) => sum + family.samples.length, 0);
  const send = (n: number, method = METHODS[n % METHODS.length] ?? "GET") => {
    const text = String(n);
    const forms = [`/u${text}`, `/v1/users/%${text}`, `/v1/${text}/relationships/x?a=${text}`, `/v1/users?${text}`];
    const url = forms[n % forms.length] ?? "";
    return server.app.inject({ method: method as "GET", url, headers: { host: `h${text}`, "user-agent": text } });
  };
  for (let n = 0; n < 4 * METHODS.length; n += 1) await send(n, METHODS[Math.floor(n / 4)]);
  await series();
  const before = await series();
  for (let n = 1000; n < 1500; n += 1) await send(n);
  t.equal(await series(), before);
  const routes = new Set((await scrape(server)).get("http_requests_total")?.samples.map(({ labels }) => labels.route));
  t.same([...routes].sort(), ["/metrics", "/v1/users", "/v1/users/:id", "none"]);
  const methods = new Set(
    (await scrape(server)).get("http_requests_total")?.samples.map(({ labels }) => labels.method),
  );
  t.ok(methods.has("other") && methods.size <= 8, [...methods].join());
});

void t.test("mails are counted by what became of them, with no word of who they were for", async (t) => {
  const postmark = await PostmarkStandIn.start(t);
  postmark.answers.push(
    "ok",
    { status: 422, errorCode: 406 },
    { status: 500, errorCode: 0 },
    { status: 401, errorCode: 10 },
  );
  const server = await makeApp(t, { POSTMARK_SERVER_TOKEN: "a-server-token", POSTMARK_API_URL: postmark.url });
  const person = await makeUser(server);
  for (const outcome of ["sent", "refused", "retried"]) {
    await ask(server, person.email);
    await server.worker.drain();
    const families = await scrape(server);
    t.equal(valueOf(families, "rekey_mails_total", { kind: "reset.requested", outcome }), 1, outcome);
    t.equal(valueOf(families, "rekey_mail_paused"), 0);
  }
  await ask(server, person.email);
  await server.worker.drain();
  const families = await scrape(server);
  t.equal(valueOf(families, "rekey_mail_paused"), 1, "the mail service does not let us in");
  t.equal(valueOf(families, "rekey_outbox_waiting"), 2);
  t.equal(valueOf(families, "rekey_outbox_failed"), 1);
  t.ok((valueOf(families, "rekey_outbox_oldest_age_seconds") ?? 0) > 0);
  t.equal(families.get("rekey_mail_delay_seconds")?.samples.at(-1)?.value, 1);
  const text = (await server.ask("GET", "/metrics")).text;
  for (const secret of [person.email, person.id, person.token]) t.notMatch(text, secret);
});

void t.test("limits that are reached are counted, each by its name", async (t) => {
  const server = await makeApp(t, {
    RESET_LIMIT_PER_IP: "1/60",
    RESET_LIMIT_PER_ACCOUNT: "1/60",
    LOGIN_LIMIT_PER_IP: "1/60",
  });
  for (let n = 0; n < 3; n += 1) {
    await ask(server, "nobody@example.org");
    await logIn(server, "nobody@example.org", "walnut-orbit-9");
    await server.ask("POST", RESET, { body: { data: { email: "nobody@example.org" } }, from: `192.0.2.${String(n)}` });
  }
  await server.worker.drain();
  const families = await scrape(server);
  t.equal(valueOf(families, "rekey_rate_limited_total", { limiter: "mail-requests" }), 2);
  t.equal(valueOf(families, "rekey_rate_limited_total", { limiter: "failures" }), 2);
  t.equal(valueOf(families, "rekey_resets_limited_total"), 3);
});

void t.test("the hashing queue is told while it lasts, and what did not fit in", async (t) => {
  const server = await makeApp(t, { SCRYPT_LOG_N: "14" }, { maxWaitingHashes: 2 });
  const logins = Array.from({ length: 9 }, () => logIn(server, "nobody@example.org", "walnut-orbit-9"));
  const answers = Promise.all(logins);
  let busiest = 0;
  let waiting = 0;
  for (let n = 0; n < 50 && waiting === 0; n += 1) {
    const families = await scrape(server);
    busiest = Math.max(busiest, valueOf(families, "rekey_hashing_running") ?? 0);
    waiting = valueOf(families, "rekey_hashing_waiting") ?? 0;
  }
  const refused = (await answers).filter(({ status }) => status === 503).length;
  t.ok(busiest > 0 && waiting > 0, `${String(busiest)} ${String(waiting)}`);
  const families = await scrape(server);
  t.equal(valueOf(families, "rekey_hashing_overflow_total"), refused);
  t.ok(refused > 0);
  t.equal(valueOf(families, "rekey_hashing_running"), 0);
});

void t.test("in production there are no metrics without a token for them", async (t) => {
  const server = await makeApp(t, PRODUCTION);
  const answer = await server.ask("GET", "/metrics");
  t.equal(answer.status, 404);
  t.equal(answer.text.replaceAll(answer.headers["x-request-id"] as string, ""), await unknownUrl(server));
  t.notOk("/metrics" in (await server.ask("GET", "/openapi.json")).body.paths);
});

async function unknownUrl(server: TestApp): Promise<string> {
  const answer = await server.ask("GET", "/no-metrics");
  return answer.text.replaceAll(answer.headers["x-request-id"] as string, "");
}

void t.test("with a token they are for who sends it, in production and elsewhere", async (t) => {
  for (const environment of [PRODUCTION, {}]) {
    const server = await makeApp(t, { ...environment, METRICS_TOKEN: TOKEN });
    const wrong = [
      undefined,
      "",
      TOKEN,
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      "Bearer ",
      `Bearer ${TOKEN} ${TOKEN}`,
    ];
    for (const authorization of wrong) {
      const answer = await server.ask("GET", "/metrics", {
        headers: authorization === undefined ? {} : { authorization },
      });
      t.equal(answer.status, 401, authorization ?? "none");
      t.match(answer.headers["www-authenticate"], /^Bearer/);
      t.notMatch(answer.text, "rekey_");
    }
    const { token } = environment === PRODUCTION ? { token: undefined } : await makeUser(server);
    if (token !== undefined)
      t.equal((await server.ask("GET", "/metrics", { token })).status, 401, "a session is no token");
    t.ok((await scrape(server, TOKEN)).has("rekey_outbox_waiting"));
    t.ok("/metrics" in (await server.ask("GET", "/openapi.json")).body.paths);
  }
});

void t.test("no limit keeps the scraper out", async (t) => {
  const server = await makeApp(t, { GLOBAL_LIMIT_PER_IP: "2/60" });
  for (let n = 0; n < 4; n += 1) await server.ask("GET", "/v1/users");
  t.equal(valueOf(await scrape(server), "rekey_rate_limited_total", { limiter: "global" }), 2);
});

void t.test("a database that hangs is told, and holds nobody up", async (t) => {
  const server = await makeApp(t);
  await ask(server, "nobody@example.org");
  t.equal(valueOf(await scrape(server), "rekey_outbox_waiting"), 1);
  const release = await holdConnections(server.db);
  const [families, again] = await Promise.all([scrape(server), scrape(server)]);
  await release();
  t.equal(valueOf(families, "rekey_outbox_up"), 0);
  t.same(families.get("rekey_outbox_waiting")?.samples, [], "what is not known is not shown");
  t.equal(valueOf(again, "rekey_outbox_up"), 0);
  const later = await scrape(server);
  t.equal(valueOf(later, "rekey_outbox_up"), 1);
  t.equal(valueOf(later, "rekey_outbox_waiting"), 1);
});

void t.test("once told to stop, the process is observed no more", async (t) => {
  const registry = new Registry();
  const stop = watchProcess(registry);
  const collections = async () => valueOf(parseExposition(await registry.metrics()), "nodejs_gc_duration_seconds");
  const countOf = async () => {
    for (let n = 0; n < 200; n += 1) Array.from({ length: 5000 }, () => ({}));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return await collections();
  };
  const before = (await collections()) ?? 0;
  const observed = (await countOf()) ?? 0;
  t.ok(observed > before, `${String(before)} ${String(observed)}`);
  stop();
  t.equal(await countOf(), observed);
});
