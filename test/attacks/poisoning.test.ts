import t from "tap";

import { makeApp, MEDIA_TYPE, type Ask, type TestApp } from "../fixtures/app.ts";
import { listen, say } from "../fixtures/bare-server.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

/** Everything by which servers have ever been told who they are. */
const EVIL = {
  host: "evil.example",
  "x-forwarded-host": "evil.example",
  "x-forwarded-server": "evil.example",
  "x-forwarded-proto": "https",
  "x-forwarded-port": "6666",
  "x-forwarded-prefix": "//evil.example",
  "x-host": "evil.example",
  "x-http-host-override": "evil.example",
  "x-original-host": "evil.example",
  "x-original-url": "//evil.example/",
  "x-rewrite-url": "//evil.example/",
  forwarded: "for=192.0.2.66;host=evil.example;proto=https",
  origin: "https://evil.example",
  referer: "https://evil.example/reset-password",
  via: "1.1 evil.example",
};

const PATH = "/v1/auth/reset-password";

for (const [name, environment] of Object.entries({
  "from anywhere": {},
  "by way of a trusted proxy": { TRUST_PROXY: "127.0.0.0/8" },
})) {
  void t.test(`Host, X-Forwarded-*, Origin and Referer ${name}: links in mails are the configured ones`, async (t) => {
    const server = await makeApp(t, { ...environment, FRONTEND_URL: "https://www.example.org/account" });
    const [person, admin] = [await makeUser(server), await makeAdmin(server)];
    const ask = (method: "POST" | "PATCH", url: string, more: Ask) =>
      server.ask(method, url, { ...more, headers: { ...EVIL } });

    await ask("POST", PATH, { body: { data: { email: person.email } } });
    const token = tokenIn(await newestMail(server, person.email));
    await ask("PATCH", PATH, { body: { data: { token, password: "thistle-harbor-7" } } });
    const { token: bearer } = await logIn(server, { email: person.email, password: "thistle-harbor-7" });
    const attributes = { email: "moved@example.org", currentPassword: "thistle-harbor-7" };
    const moved = { data: { type: "users", id: person.id, attributes } };
    await ask("PATCH", `/v1/users/${person.id}`, { token: bearer, body: moved });
    const made = { data: { type: "users", attributes: { email: "new@example.org" } } };
    await ask("POST", "/v1/users", { token: admin.token, body: made });
    await server.worker.drain();

    const mails = server.mailbox?.list().map(({ mail }) => mail) ?? [];
    t.same(mails.map(({ tag }) => tag).sort(), ["email-changed", "password-changed", "reset", "welcome"]);
    for (const { tag, text, html } of mails) {
      t.notMatch(text + html, /evil|6666/, tag);
      const links = text.match(/https?:\/\/\S+/g) ?? [];
      t.ok(
        links.every((link) =>
          /^https:\/\/www\.example\.org\/account\/reset-password|^http:\/\/rekey\.test\/not-me\?token=/.test(link),
        ),
        tag,
      );
    }
  });

  void t.test(`Host, X-Forwarded-*, Origin and Referer ${name}: nothing of them is in any answer`, async (t) => {
    const server = await makeApp(t, { ...environment, NODE_ENV: "development" });
    const { id, token } = await makeAdmin(server);
    const posted = { data: { type: "roles", attributes: { name: "editor" } } };
    const asks: readonly (readonly ["GET" | "POST" | "HEAD" | "OPTIONS", string, Ask?])[] = [
      ["GET", "/v1/users?page[size]=1", { token }],
      ["GET", `/v1/users/${id}?include=roles`, { token }],
      ["GET", `/v1/users/${id}/relationships/sessions`, { token }],
      ["POST", "/v1/roles", { token, body: posted }],
      ["POST", "/v1/roles", { token, body: posted }],
      ["POST", PATH, { body: { data: { email: "who@example.org" } } }],
      ["POST", PATH, { body: {} }],
      ["GET", "/v1/users"],
      ["GET", "/elsewhere"],
      ["GET", "/%"],
      ["OPTIONS", "/v1/users"],
      ["HEAD", "/v1/users", { token }],
      ["GET", "/reset-password"],
      ["GET", "/reset-password/?token=x"],
      ["GET", "/.well-known/change-password"],
      ["GET", "/docs"],
      ["GET", "/docs/errors"],
      ["GET", "/openapi.json"],
      ["GET", "/mailbox"],
      ["GET", "/healthz"],
    ];
    for (const [method, url, more] of asks) {
      const answer = await server.ask(method, url, { ...more, headers: { ...EVIL } });
      t.notMatch(JSON.stringify(answer.headers) + answer.text, /evil\.example|6666/, `${method} ${url}`);
      const location = answer.headers["location"];
      if (location !== undefined) t.match(location, /^(http:\/\/rekey\.test\/|\.\.\/reset-password\?token=x$)/);
    }
  });
}

void t.test("X-Forwarded-For from anywhere neither evades a limit nor is written down", async (t) => {
  const server = await makeApp(t, { RESET_LIMIT_PER_IP: "2/60" });
  const person = await makeUser(server);
  const claims = (n: number) => ({
    "x-forwarded-for": `203.0.113.${String(n)}`,
    "x-real-ip": `203.0.113.${String(n)}`,
    "x-client-ip": `203.0.113.${String(n)}`,
    "cf-connecting-ip": `203.0.113.${String(n)}`,
    "true-client-ip": `203.0.113.${String(n)}`,
    forwarded: `for=203.0.113.${String(n)}`,
  });
  const ask = (n: number) =>
    server.ask("POST", PATH, { body: { data: { email: person.email } }, headers: claims(n), from: "192.0.2.7" });
  t.same([(await ask(1)).status, (await ask(2)).status, (await ask(3)).status], [200, 200, 429]);
  const text = (await newestMail(server, person.email))?.text;
  t.match(text, /\b192\.0\.2\.7\b/);
  t.notMatch(text, "203.0.113");
});

void t.test(
  "X-Forwarded-For by way of a trusted proxy: the last address that no proxy of ours reports itself",
  async (t) => {
    const server = await makeApp(t, { TRUST_PROXY: "10.0.0.0/8" });
    const person = await makeUser(server);
    const addressFor = async (chain: string | undefined, from: string) => {
      const { email, password } = person;
      const { body } = await server.ask("POST", "/v1/sessions", {
        body: { data: { type: "sessions", attributes: { email, password } } },
        headers: chain === undefined ? {} : { "x-forwarded-for": chain },
        from,
      });
      return body.data.attributes.ipAddress as string;
    };
    for (const [chain, from, address] of [
      ["203.0.113.5", "10.0.0.1", "203.0.113.5"],
      ["1.1.1.1, 203.0.113.5", "10.0.0.1", "203.0.113.5"],
      ["1.1.1.1, 203.0.113.5, 10.9.9.9", "10.0.0.1", "203.0.113.5"],
      ["1.1.1.1, 10.9.9.9, 203.0.113.5", "10.0.0.1", "203.0.113.5"],
      ["2001:db8::7", "10.0.0.1", "2001:db8::7"],
      ["::ffff:203.0.113.5", "10.0.0.1", "203.0.113.5"],
      ["<script>alert(1)</script>", "10.0.0.1", "10.0.0.1"],
      ["203.0.113.5:4711", "10.0.0.1", "10.0.0.1"],
      ["", "10.0.0.1", "10.0.0.1"],
      [undefined, "10.0.0.1", "10.0.0.1"],
      ["203.0.113.5", "192.0.2.9", "192.0.2.9"],
      [undefined, "::ffff:192.0.2.9", "192.0.2.9"],
    ] as const) {
      t.equal(await addressFor(chain, from), address, `${String(chain)} from ${from}`);
    }
  },
);

void t.test("origins that look like the one that may: no permission, and never credentials", async (t) => {
  const server = await makeApp(t, { CORS_ORIGINS: "https://www.example.org" });
  for (const origin of [
    "null",
    "https://www.example.org.evil.example",
    "https://evil-www.example.org",
    "https://wwwxexample.org",
    "https://example.org",
    "http://www.example.org",
    "https://www.example.org:8443",
    "https://WWW.example.org",
    "https://www.example.org/",
    "https://www.example.org https://evil.example",
    "https://www.example.org\u0060.evil.example",
    "*",
  ]) {
    for (const method of ["GET", "OPTIONS"] as const) {
      const headers = { origin, "access-control-request-method": "PATCH" };
      const answer = await server.ask(method, PATH, { headers });
      t.equal(answer.headers["access-control-allow-origin"], undefined, `${method} ${origin}`);
      t.equal(answer.headers["access-control-allow-credentials"], undefined);
    }
  }
  const { headers } = await server.ask("GET", "/healthz", { headers: { origin: "https://www.example.org" } });
  t.equal(headers["access-control-allow-origin"], "https://www.example.org");
  t.equal(headers["access-control-allow-credentials"], undefined);
});

void t.test("what a form of another site can send (no preflight) is refused, and nothing happens", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const before = (await server.db("sessions").select("id")).length;
  const { email, password } = person;
  const bodies = {
    [PATH]: { data: { email } },
    "/v1/users": { data: { type: "users", attributes: { email: "new@example.org", password } } },
    "/v1/sessions": { data: { type: "sessions", attributes: { email, password } } },
    "/v1/operations": { "atomic:operations": [] },
  };
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    for (const [url, body] of Object.entries(bodies)) {
      const headers = { "content-type": type, origin: "https://evil.example", cookie: `token=${person.token}` };
      t.equal((await server.ask("POST", url, { body, headers })).status, 415, `${type} to ${url}`);
    }
  }
  t.same(await server.db("outbox").select("id"), []);
  t.equal((await server.db("users").select("id")).length, 1);
  t.equal((await server.db("sessions").select("id")).length, before);
});

void t.test("a token that comes as a cookie, a parameter or by another scheme lets nobody in", async (t) => {
  const server = await makeApp(t);
  const { id, token } = await makeUser(server);
  const url = `/v1/users/${id}`;
  for (const headers of [
    { cookie: `token=${token}; authorization=Bearer ${token}; session=${token}` },
    { authorization: `Basic ${Buffer.from(`${id}:${token}`).toString("base64")}` },
    { authorization: token },
    { authorization: `Token ${token}` },
    { authorization: `Bearer ${token}, Bearer x` },
    { authorization: `Bearer "${token}"` },
    { authorization: `Bearer ${token}=` },
    { "x-access-token": token, "proxy-authorization": `Bearer ${token}`, "x-authorization": `Bearer ${token}` },
  ]) {
    t.equal((await server.ask("GET", url, { headers })).status, 401, JSON.stringify(Object.keys(headers)));
  }
  t.equal((await server.ask("GET", `${url}?access_token=${token}`)).status, 401);
});

void t.test("headers that ask for another method, HEAD and OPTIONS change nothing", async (t) => {
  const server = await makeApp(t);
  const { id, token, email } = await makeUser(server);
  for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "POST"] as const) {
    for (const override of ["DELETE", "PATCH"]) {
      const headers = {
        "x-http-method-override": override,
        "x-http-method": override,
        "x-method-override": override,
      };
      await server.ask(method, `/v1/users/${id}?_method=${override}`, { token, headers });
      await server.ask(method, `/v1/users/${id}`, { token, headers });
    }
    if (method !== "POST") await server.ask(method, PATH, { body: { data: { email } } });
  }
  t.equal((await server.ask("GET", `/v1/users/${id}`, { token })).status, 200);
  t.same(await server.db("outbox").select("id"), []);
});

void t.test(
  "the mailbox is read under names of its own alone: no page reads it by way of a name that leads here",
  async (t) => {
    const server = await makeApp(t, { NODE_ENV: "development" });
    const { email } = await makeUser(server);
    await server.ask("POST", PATH, { body: { data: { email } } });
    const mail = await newestMail(server, email);
    const id = server.mailbox?.list()[0]?.id ?? "";
    for (const url of ["/mailbox", "/mailbox.json", `/mailbox/${id}`, `/mailbox/${id}/html`, "/mailbox/none"]) {
      for (const host of [
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "a@b",
      ]) {
        const answer = await server.ask("GET", url, { headers: { host, accept: "text/html" } });
        t.equal(answer.status, 421, `${url} at ${host}`);
        t.notMatch(answer.text, tokenIn(mail));
        t.notMatch(answer.text, email);
      }
    }
    for (const host of ["rekey.test", "localhost:3000", "127.0.0.1:3000", "[::1]:3000", "dev.localhost"]) {
      t.equal((await server.ask("GET", "/mailbox", { headers: { host, accept: "text/html" } })).status, 200, host);
    }
  },
);

void t.test("the same header twice, an absolute URL, TRACE, two lengths: read one way, or refused", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeUser(server);
  const { port } = await listen(server.app);
  const ask = (line: string, ...headers: string[]) =>
    say(port, [`${line} HTTP/1.1`, ...headers, "Connection: close", "", ""].join("\r\n"));
  const good = `Authorization: Bearer ${token}`;
  const bad = `Authorization: Bearer ${"A".repeat(43)}`;
  const accept = `Accept: ${MEDIA_TYPE}`;

  t.match(await ask("GET /v1/users", "Host: x", accept, bad, good), /^HTTP\/1\.1 401 /, "the first one counts");
  const absolute = await ask("GET http://evil.example/v1/users", "Host: evil.example", accept, good);
  t.match(absolute, /^HTTP\/1\.1 200 /);
  t.notMatch(absolute, "evil");
  t.match(await ask("GET //evil.example/reset-password/", "Host: evil.example"), /^HTTP\/1\.1 404 /);
  const traced = await ask("TRACE /v1/users", "Host: x", good);
  t.match(traced, /^HTTP\/1\.1 405 /);
  t.notMatch(traced, token, "what was sent is not sent back");
  const json = "Content-Type: application/json";
  for (const smuggled of [
    ["Content-Length: 2", "Transfer-Encoding: chunked"],
    ["Content-Length: 2", "Content-Length: 3"],
    ["Transfer-Encoding: chunked, identity"],
    ["Transfer-Encoding: xchunked"],
    ["Content-Length: +2"],
    ["Content-Length : 2"],
    ["X-Folded: a\r\n b"],
  ]) {
    t.match(await ask(`POST ${PATH}`, "Host: x", json, ...smuggled), /^HTTP\/1\.1 4\d\d /, smuggled.join(", "));
  }
  t.same(await outboxOf(server), []);
});

const outboxOf = (server: TestApp) => server.db("outbox").select("id");
