import t from "tap";

import { servePages } from "../fixtures/pages.ts";

const MAIL = { to: "ada@example.org", subject: "Hello", text: "Hello", html: "<p>Hello</p>" };
const MAILS = [{ id: "1", at: 0, mail: MAIL }];
const mailbox = { list: () => MAILS, get: (id: string) => MAILS.find((mail) => mail.id === id) };

const EVERYWHERE = [
  "/reset-password",
  "/not-me",
  "/mailbox",
  "/mailbox/1",
  "/mailbox/none",
  "/mailbox/1/html",
  "/mailbox.json",
  "/pages/style.css",
  "/docs",
  "/docs/errors",
  "/pages/swagger-ui-bundle.js",
];

for (const url of EVERYWHERE) {
  await t.test(`${url}: nothing may be run, framed, sniffed, indexed or passed on`, async (t) => {
    const { app } = await servePages(t, { mailbox });
    const { headers } = await app.inject(url);
    const policy = String(headers["content-security-policy"]).split("; ");
    t.ok(policy.includes("default-src 'none'"));
    t.ok(policy.includes("base-uri 'none'"));
    t.ok(policy.includes("form-action 'none'"));
    t.notOk(policy.some((line) => line.startsWith("script-src") && line !== "script-src 'self'"));
    t.match(headers, {
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "x-robots-tag": "noindex, nofollow",
      "permissions-policy": /camera=\(\)/,
    });
  });
}

for (const url of [
  "/reset-password",
  "/reset-password?token=abc",
  "/not-me?token=abc",
  "/mailbox",
  "/mailbox/1",
  "/docs/errors",
]) {
  await t.test(`${url}: not in a frame, not in a cache, not with an opener`, async (t) => {
    const { app } = await servePages(t, { mailbox });
    const { headers } = await app.inject(url);
    t.match(headers, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
    });
    t.match(headers["content-security-policy"], "frame-ancestors 'none'");
    t.match(headers["content-security-policy"], "require-trusted-types-for 'script'");
  });
}

await t.test("only where the public address is https are browsers told to keep to it", async (t) => {
  const plain = await servePages(t, { publicUrl: () => "http://rekey.test" });
  t.notOk("strict-transport-security" in (await plain.app.inject("/reset-password")).headers);
  const secure = await servePages(t, { publicUrl: () => "https://rekey.test" });
  t.match((await secure.app.inject("/reset-password")).headers, { "strict-transport-security": "max-age=31536000" });
});

await t.test("other routes of the server are left alone", async (t) => {
  const { app } = await servePages(t);
  t.notOk("content-security-policy" in (await app.inject("/elsewhere")).headers);
});

await t.test("the document is the same to the byte with a token and without", async (t) => {
  const { app } = await servePages(t);
  for (const path of ["/reset-password", "/not-me"]) {
    const plain = await app.inject(path);
    const withToken = await app.inject(`${path}?token=abc&token=def&x[]=1`);
    t.equal(withToken.statusCode, 200);
    t.equal(withToken.body, plain.body);
  }
});

await t.test("no inline script, style or handler in the documents", async (t) => {
  const { app } = await servePages(t, { mailbox });
  for (const url of ["/reset-password", "/not-me", "/mailbox", "/mailbox/1", "/docs", "/docs/errors"]) {
    const { body } = await app.inject(url);
    t.notMatch(body, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i, url);
  }
});

await t.test("a browser's copy of a script is checked, and kept while it is good", async (t) => {
  const { app } = await servePages(t);
  const first = await app.inject("/pages/api.js");
  t.match(first.headers, { "content-type": "text/javascript; charset=utf-8", "cache-control": "no-cache" });
  const etag = String(first.headers.etag);
  for (const known of [etag, `W/${etag}`, `"old", ${etag}`, "*"]) {
    const again = await app.inject({ url: "/pages/api.js", headers: { "if-none-match": known } });
    t.equal(again.statusCode, 304, known);
    t.equal(again.body, "");
  }
  t.equal((await app.inject({ url: "/pages/api.js", headers: { "if-none-match": '"old"' } })).statusCode, 200);
});

await t.test("templates and other files are not to be had", async (t) => {
  const { app } = await servePages(t);
  for (const path of ["reset-password.html.eta", "../plugin.ts", "..%2fplugin.ts", "%2e%2e/plugin.ts", ""]) {
    t.equal((await app.inject(`/pages/${path}`)).statusCode, 404, path);
  }
});

await t.test("where browsers look for a change of password they are sent to the reset page", async (t) => {
  const { app } = await servePages(t, { publicUrl: () => "https://example.org/accounts" });
  const answer = await app.inject("/.well-known/change-password");
  t.equal(answer.statusCode, 302);
  t.equal(answer.headers.location, "https://example.org/accounts/reset-password");
  const probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
  t.equal((await app.inject(probe)).statusCode, 404);
});

await t.test("a slash at the end leads to the address without it, the query kept", async (t) => {
  const { app } = await servePages(t, { mailbox });
  for (const [url, location] of [
    ["/reset-password/", "../reset-password"],
    ["/reset-password/?token=a/", "../reset-password?token=a/"],
    ["/mailbox/1/?view=text", "../1?view=text"],
  ] as const) {
    const answer = await app.inject(url);
    t.equal(answer.statusCode, 308, url);
    t.equal(answer.headers.location, location);
  }
  t.equal((await app.inject("/reset-password?next=/")).statusCode, 200);
});

await t.test("HEAD is answered", async (t) => {
  const { app } = await servePages(t);
  for (const url of ["/reset-password", "/pages/style.css"]) {
    const answer = await app.inject({ method: "HEAD", url });
    t.equal(answer.statusCode, 200, url);
    t.equal(answer.body, "");
  }
});
