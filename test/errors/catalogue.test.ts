import { readFileSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import t, { type Test } from "tap";

import { errorCodes, errorKinds, type ErrorCode } from "../../src/errors/codes.ts";
import { errorsDocument } from "../../src/errors/describe.ts";
import { makeApp, type Json, type TestApp } from "../fixtures/app.ts";
import { listen, makeServer, say, theError } from "../fixtures/bare-server.ts";
import { makeAdmin, makeUser, type Person } from "../fixtures/people.ts";
import { projectRoot } from "../fixtures/project.ts";

const RESET = "/v1/auth/reset-password";
const NOTHING = "00000000-0000-7000-8000-000000000000";
const ATOMIC = { "content-type": 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"' };

interface World {
  readonly t: Test;
  readonly server: TestApp;
  readonly admin: Person;
  readonly token: string;
}

const resource = (type: string, attributes: object, more: object = {}) => ({ data: { type, attributes, ...more } });
const credentials = resource("sessions", { email: "nobody@example.org", password: "walnut-orbit-9" });
const everyError = (body: Json): Json[] => body.errors as Json[];

/** How each kind of error comes about: the errors of one answer, the first or the last of which is of the kind. */
const causes: Record<ErrorCode, (world: World) => Promise<Json[]>> = {
  "malformed-url": async ({ server }) => everyError((await server.ask("GET", "/v1/users/%zz")).body),
  "malformed-body": async ({ server }) => everyError((await server.ask("POST", "/v1/users", { body: "{" })).body),
  "bad-request": async ({ server, token }) =>
    everyError((await server.ask("GET", `/v1/users?${"a=1&".repeat(101)}`, { token })).body),
  "request-timeout": async ({ t }) => {
    const { app } = makeServer(t, { timeouts: { headers: 300 } });
    const { port } = await listen(app);
    return [theError((await say(port, "GET / HTTP/1.1\r\nHost:")).split("\r\n\r\n")[1] ?? "")];
  },
  "not-found": async ({ server, token }) =>
    everyError((await server.ask("GET", `/v1/users/${NOTHING}`, { token })).body),
  "method-not-allowed": async ({ server }) => everyError((await server.ask("PUT", "/v1/users", {})).body),
  "not-acceptable": async ({ server }) =>
    everyError((await server.ask("GET", "/v1/users", { headers: { accept: "text/html" } })).body),
  "payload-too-large": async ({ server }) =>
    everyError((await server.ask("POST", "/v1/users", { body: "x".repeat(300_000) })).body),
  "uri-too-long": async ({ server }) => everyError((await server.ask("GET", `/v1/users/${"x".repeat(300)}`)).body),
  "unsupported-media-type": async ({ server }) =>
    everyError((await server.ask("POST", "/v1/users", { body: "x", headers: { "content-type": "text/plain" } })).body),
  "too-many-requests": async ({ t }) => {
    const limited = await makeApp(t, { LOGIN_LIMIT_PER_IP: "1/60" });
    await limited.ask("POST", "/v1/sessions", { body: credentials });
    return everyError((await limited.ask("POST", "/v1/sessions", { body: credentials })).body);
  },
  "headers-too-large": async ({ server }) => {
    const url = await server.app.listen({ host: "127.0.0.1", port: 0 });
    const sent = request(url, { headers: { "x-long": "x".repeat(20_000) } });
    const body = await new Promise<string>((resolve, reject) => {
      sent.on("error", reject).on("response", (answer) => void text(answer).then(resolve, reject));
      sent.end();
    });
    return [theError(body)];
  },
  "internal-error": async ({ t }) => {
    const broken = await makeApp(t);
    await broken.db.destroy();
    return everyError((await broken.ask("POST", "/v1/sessions", { body: credentials })).body);
  },
  "service-unavailable": async ({ t }) => {
    const busy = await makeApp(t, { SCRYPT_LOG_N: "14" }, { threads: 1, maxWaitingHashes: 0 });
    const user = (name: string) => resource("users", { email: `${name}@example.org`, password: "walnut-orbit-9" });
    const first = busy.ask("POST", "/v1/users", { body: user("ada") });
    const second = await busy.ask("POST", "/v1/users", { body: user("ben") });
    await first;
    return everyError(second.body);
  },
  unauthorized: async ({ server }) => everyError((await server.ask("GET", "/v1/users")).body),
  "wrong-webhook-credentials": async ({ t }) => {
    const hooked = await makeApp(t, { POSTMARK_WEBHOOK_CREDENTIALS: "postmark:a-password-of-24-letters" });
    return everyError((await hooked.ask("POST", "/v1/webhooks/postmark", { body: {} })).body);
  },
  forbidden: async ({ server }) => {
    const { token } = await makeUser(server);
    return everyError((await server.ask("POST", "/v1/roles", { token, body: resource("roles", { name: "a" }) })).body);
  },
  "precondition-failed": async ({ server, token, admin }) =>
    everyError(
      (
        await server.ask("PATCH", `/v1/users/${admin.id}`, {
          token,
          headers: { "if-match": '"other.tag"' },
          body: resource("users", { firstName: "Ada" }, { id: admin.id }),
        })
      ).body,
    ),
  "invalid-document": async ({ server }) => everyError((await server.ask("POST", "/v1/users", { body: {} })).body),
  "unknown-target": async ({ server, token }) =>
    everyError(
      (
        await server.ask("POST", "/v1/operations", {
          token,
          headers: ATOMIC,
          body: { "atomic:operations": [{ op: "remove", ref: { type: "roles", lid: "none" } }] },
        })
      ).body,
    ),
  "unknown-reference": async ({ server, token, admin }) =>
    everyError(
      (
        await server.ask("POST", `/v1/users/${admin.id}/relationships/roles`, {
          token,
          body: { data: [{ type: "roles", id: NOTHING }] },
        })
      ).body,
    ),
  conflict: async ({ server, admin: { email, password } }) =>
    everyError((await server.ask("POST", "/v1/users", { body: resource("users", { email, password }) })).body),
  "invalid-attribute": async ({ server }) =>
    everyError((await server.ask("POST", "/v1/users", { body: resource("users", { email: 1 }) })).body),
  "unknown-attribute": async ({ server }) =>
    everyError((await server.ask("POST", "/v1/sessions", { body: resource("sessions", { emial: 1 }) })).body),
  "unknown-relationship": async ({ server, token }) => {
    const body = resource("roles", { name: "a" }, { relationships: { usres: { data: [] } } });
    return everyError((await server.ask("POST", "/v1/roles", { token, body })).body);
  },
  "more-errors": async ({ server, token, admin }) => {
    const data = Array.from({ length: 1000 }, () => ({}));
    return everyError(
      (await server.ask("PATCH", `/v1/users/${admin.id}/relationships/roles`, { token, body: { data } })).body,
    );
  },
  "invalid-parameter": async ({ server, token }) =>
    everyError((await server.ask("GET", "/v1/users?sort=none", { token })).body),
  "unsupported-sort": async ({ server, token }) =>
    everyError((await server.ask("GET", "/v1/sessions?sort=user.email&page[after]=", { token })).body),
  "max-size-exceeded": async ({ server, token }) =>
    everyError((await server.ask("GET", "/v1/users?page[after]=&page[size]=1000", { token })).body),
  "user-not-found": async ({ server }) =>
    everyError((await server.ask("PATCH", RESET, { body: { data: { token: "none", password: "walnut" } } })).body),
  "link-not-found": async ({ server }) =>
    everyError((await server.ask("POST", "/v1/auth/not-me", { body: { data: { token: "none" } } })).body),
  "wrong-credentials": async ({ server }) =>
    everyError((await server.ask("POST", "/v1/sessions", { body: credentials })).body),
  "wrong-current-password": async ({ server, token, admin }) => {
    const body = resource("users", { password: "copper-lantern-4", currentPassword: "wrong" }, { id: admin.id });
    return everyError((await server.ask("PATCH", `/v1/users/${admin.id}`, { token, body })).body);
  },
};

void t.test(
  "every code is answered by the server, with what the table says of it, and a link to where that stands",
  async (t) => {
    const server = await makeApp(t);
    const admin = await makeAdmin(server);
    for (const code of errorCodes) {
      const errors = await causes[code]({ t, server, admin, token: admin.token });
      const error = errors.find((found) => found.code === code);
      const { status, title } = errorKinds[code];
      t.match(error, { code, title, status: String(status) }, code);
      t.ok(String(error?.detail).length > 0);
      const isOfProfile = code === "unsupported-sort" || code === "max-size-exceeded";
      // What never became a request is answered from the socket alone.
      const isRaw = code === "request-timeout" || code === "headers-too-large";
      const type = isOfProfile
        ? `https://jsonapi.org/profiles/ethanresnick/cursor-pagination/${code}`
        : `http://rekey.test/docs/errors#${code}`;
      t.same(error?.links, isRaw ? undefined : { type }, code);
    }
  },
);

void t.test("docs/errors.md tells of exactly the errors there are", (t) => {
  const written = readFileSync(join(projectRoot, "docs/errors.md"), "utf8");
  t.equal(written, errorsDocument(), "to mend: npm run build && node scripts/describe-errors.js");
  for (const code of errorCodes) t.match(written, `### \`${code}\``);
  t.end();
});

void t.test("the page of errors has a place for each code", async (t) => {
  const server = await makeApp(t);
  const { status, text: page } = await server.ask("GET", "/docs/errors");
  t.equal(status, 200);
  for (const code of errorCodes) t.match(page, `<section id="${code}"`);
});

void t.test("one document tells of a hundred errors, the last of which says how many there are more", async (t) => {
  const server = await makeApp(t);
  const { token, id } = await makeAdmin(server);
  const url = `/v1/users/${id}/relationships/roles`;
  const patch = async (data: unknown[]) => (await server.ask("PATCH", url, { token, body: { data } })).body;

  const exactly = await patch(Array.from({ length: 50 }, () => ({})));
  t.equal(exactly.errors.length, 100);
  t.equal(exactly.errors[99].code, "invalid-document");

  // Two each: neither type nor id.
  const many = await patch(Array.from({ length: 1000 }, () => ({})));
  t.equal(many.errors.length, 100);
  t.equal(many.errors[98].source.pointer, "/data/49");
  t.match(many.errors[99], { code: "more-errors", status: "400", meta: { omitted: 1901 } });
  t.notOk("source" in many.errors[99]);

  const unknown = await patch(Array.from({ length: 101 }, () => ({ type: "roles", id: NOTHING.replace("7", "8") })));
  t.equal(unknown.errors.length, 1, "one identifier is one fault, however often it is named");

  // The status that all of them have is that of the last one too.
  const attributes = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`a${String(index)}`, index]));
  const answer = await server.ask("PATCH", `/v1/users/${id}`, { token, body: resource("users", attributes, { id }) });
  t.equal(answer.status, 422);
  t.match(answer.body.errors[99], { code: "more-errors", status: "422", meta: { omitted: 51 } });

  const asked = await server.ask(
    "GET",
    `/v1/users?fields[users]=${Array.from({ length: 150 }, (_, n) => `a${String(n)}`).join()}`,
    { token },
  );
  t.equal(asked.body.errors.length, 100);
});
