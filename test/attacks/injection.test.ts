import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeServer } from "../fixtures/bare-server.ts";
import { makeAdmin, makeUser, newestMail } from "../fixtures/people.ts";
import { PostmarkStandIn } from "../fixtures/postmark.ts";

const PATH = "/v1/auth/reset-password";

/** What a name may be, and must not do anything: each would be a link, a tag, a header or another reading in a careless mail. */
const NAMES = {
  HTML: `<a href="https://evil.example/">Click</a><img src=//evil.example/x>`,
  "an attribute's end": `" onmouseover="alert(1)`,
  "a template": "<%= it.link %>${it.link}{{link}}",
  "a URL": "https://evil.example/win",
  "a host name": "evil.example",
  "a host name without dots": "evil\u3002example",
  "an address": "help@evil.example",
  "a telephone number": "Call 0900 123456 now",
  "a line separator": "Ada\u2028https:",
  much: "Ada ".repeat(60).trim(),
};

const forget = (server: TestApp, email: string, headers: Record<string, string> = {}) =>
  server.ask("POST", PATH, { body: { data: { email } }, headers });

for (const [name, text] of Object.entries(NAMES)) {
  void t.test(`${name} as somebody's name is not in their mail`, async (t) => {
    const server = await makeApp(t);
    const { email } = await makeUser(server, { firstName: text, lastName: text });
    await forget(server, email);
    const mail = await newestMail(server, email);
    t.match(mail?.text, /^Hello,\n/);
    t.notMatch(`${mail?.subject ?? ""}${mail?.text ?? ""}${mail?.html ?? ""}`, /evil|onmouseover|0900|Click/);
    const links = mail?.html.match(/(?:href|src)="[^"]*"/g) ?? [];
    t.ok(
      links.length > 0 &&
        links.every((link) => /^href="http:\/\/rekey\.test\/(?:reset-password|not-me)\?token=/.test(link)),
    );
  });
}

void t.test("characters that nobody sees, or that turn the rest around, are not in the mail", async (t) => {
  const server = await makeApp(t);
  const { email } = await makeUser(server, { firstName: "\u202eAda\u202c", lastName: "Love\u200b\u2066lace" });
  await forget(server, email);
  const mail = await newestMail(server, email);
  t.match(mail?.text, /^Hello Ada Love lace,\n/);
  t.notMatch(`${mail?.subject ?? ""}${mail?.text ?? ""}${mail?.html ?? ""}`, /[\p{Cf}\u2028\u2029]/u);
});

void t.test("line breaks and control characters are in no name and no role", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  for (const text of ["Ada\r\nBcc: eve@evil.example", "Ada\nX: y", "Ada\0", "Ada\u0085x", "Ada\u001b[2J"]) {
    const attributes = { email: "new@example.org", password: "walnut-orbit-9", firstName: text };
    const user = await server.ask("POST", "/v1/users", { body: { data: { type: "users", attributes } } });
    t.equal(user.status, 422, encodeURIComponent(text));
    const body = { data: { type: "roles", attributes: { name: text } } };
    t.equal((await server.ask("POST", "/v1/roles", { token, body })).status, 422, encodeURIComponent(text));
  }
});

void t.test("nothing of a User-Agent is in the mail but what it is in words of ours", async (t) => {
  const server = await makeApp(t);
  const { email } = await makeUser(server);
  for (const agent of [
    "<script>alert(1)</script>",
    "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0 https://evil.example/",
    "evil.example call 0900 123456",
    "\u00fc".repeat(2000),
  ]) {
    await forget(server, email, { "user-agent": agent });
    const mail = await newestMail(server, email);
    t.match(mail?.text, /With: +(an unknown program|Firefox on Windows)\n/, agent.slice(0, 30));
    t.notMatch(`${mail?.text ?? ""}${mail?.html ?? ""}`, /evil|script|0900|\u00fc/);
  }
});

void t.test("what a proxy reports as the client's address is an address, or not in the mail", async (t) => {
  const server = await makeApp(t, { TRUST_PROXY: "127.0.0.1" });
  const { email } = await makeUser(server);
  for (const claim of ["<b>evil</b>", "evil.example", "fe80::1%<b>evil</b>", "evil ".repeat(500)]) {
    await forget(server, email, { "x-forwarded-for": claim });
    const mail = await newestMail(server, email);
    t.notMatch(`${mail?.text ?? ""}${mail?.html ?? ""}`, /<b>|evil\.|evil /, claim.slice(0, 30));
  }
});

void t.test("what is mailed is one mail to one address with our subject, whatever was typed", async (t) => {
  const standIn = await PostmarkStandIn.start(t);
  const server = await makeApp(t, { POSTMARK_SERVER_TOKEN: "token", POSTMARK_API_URL: standIn.url });
  const name = `Ada", "Bcc": "eve@evil.example`;
  const { email } = await makeUser(server, { email: "o'brien+x{}|~@example.org", firstName: name });
  for (const typed of [email, ` ${email.toUpperCase()}\r\n`, `\t${email}\u00a0`]) await forget(server, typed);
  for (const typed of [`${email}\r\nBcc: eve@evil.example`, `${email},eve@evil.example`, `${email}\0`]) {
    t.equal((await forget(server, typed)).status, 422);
  }
  await server.worker.drain();
  t.same(
    standIn.requests.map(({ body }) => [body["To"], body["Subject"], body["Cc"], body["Bcc"], body["Headers"]]),
    Array.from({ length: 3 }, () => [email, "Set a new password for Rekey", undefined, undefined, undefined]),
  );
});

void t.test(
  "the name of the service is text in mails, pages and descriptions, and never a second header",
  async (t) => {
    const appName = `Ada & <b>Co</b> "x"`;
    const server = await makeApp(t, { NODE_ENV: "development", APP_NAME: appName });
    const { email } = await makeUser(server);
    await forget(server, email);
    const mail = await newestMail(server, email);
    t.match(mail?.subject, appName);
    t.notMatch(mail?.html, "<b>");
    for (const url of ["/reset-password", "/mailbox", `/mailbox/${server.mailbox?.list()[0]?.id ?? ""}`, "/docs"]) {
      const page = await server.ask("GET", url, { headers: { accept: "text/html" } });
      t.equal(page.status, 200, url);
      t.notMatch(page.text, "<b>", url);
    }
  },
);

void t.test("what is sent comes back as JSON that no browser takes for a page", async (t) => {
  const server = await makeApp(t);
  const html = "<script>alert(1)</script>";
  const { token, id } = await makeAdmin(server);
  const attributes = { name: html };
  const answers = await Promise.all([
    server.ask("POST", "/v1/roles", { token, body: { data: { type: "roles", attributes } } }),
    server.ask("GET", `/v1/users?filter[${encodeURIComponent(html)}]=1`, { token }),
    server.ask("GET", `/v1/users?filter[email]=${encodeURIComponent(html)}`, { token }),
    server.ask("PATCH", `/v1/users/${id}`, { token, body: { data: { type: "users", id, attributes: { [html]: 1 } } } }),
    server.ask("POST", PATH, { body: { data: { email: html } } }),
    server.ask("POST", PATH, { body: { data: { email: "<script>alert'1'@example.org" } } }),
    server.ask("POST", PATH, { body: { data: { email: "'&amp;{}`@example.org" } } }),
    server.ask("GET", `/${encodeURIComponent(html)}`),
  ]);
  for (const { headers } of answers) {
    t.match(headers["content-type"], /^application\/(vnd\.api\+)?json/);
    t.equal(headers["x-content-type-options"], "nosniff");
  }
});

void t.test("nothing that is sent begins a line of the log, or writes a field of it", async (t) => {
  const { app, log } = makeServer(t, { trustProxy: ["127.0.0.1"] });
  const evil = `x","level":60,"msg":"pwned`;
  const headers = { "user-agent": evil, "x-forwarded-for": evil, "x-request-id": evil, referer: evil };
  for (const url of [
    `/${encodeURIComponent(`a\n{"level":60,"msg":"pwned"}`)}`,
    "/%0a",
    `/?${encodeURIComponent(evil)}`,
  ]) {
    await app.inject({ url, headers });
  }
  t.equal(log.length, 3, "one line a request");
  t.notOk(log.some(({ msg, level }) => msg.includes("pwned") || level === 60));
  t.notOk(log.some(({ requestId }) => requestId === evil));
});
