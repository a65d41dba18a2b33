import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { logIn, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

void t.test("from registration to a new password and back in", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server, { email: "Ada@Example.org", firstName: "Ada", lastName: "Lovelace" });

  const asked = await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "ada@example.org" } } });
  t.equal(asked.status, 200);
  t.same(asked.body, {
    message: "If your email was registered with us, you'll get an email with reset link shortly",
    email: "ada@example.org",
  });

  const mail = await newestMail(server, "Ada@Example.org");
  const token = tokenIn(mail);
  t.match(mail?.text, `http://rekey.test/reset-password?token=${token}`);
  t.match(mail?.html, token);

  const set = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "new-orbit-walnut" } },
  });
  t.equal(set.status, 200);
  t.same(set.body, { id: person.id, email: "Ada@Example.org", name: "Ada Lovelace" });

  const old = await server.ask("GET", `/v1/users/${person.id}`, { token: person.token });
  t.equal(old.status, 401, "sessions of before are over");
  const { token: bearer } = await logIn(server, { email: "ada@example.org", password: "new-orbit-walnut" });
  const read = await server.ask("GET", `/v1/users/${person.id}`, { token: bearer });
  t.equal(read.body.data.attributes.isVerified, true, "who opens the mail has the address");

  const notice = await newestMail(server, "Ada@Example.org");
  t.match(notice?.subject, /password/i);
  t.not(notice?.text, mail?.text, "a notice of the change was mailed");

  const again = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "another-orbit-walnut" } },
  });
  t.equal(again.status, 404, "a token is good for one use");
});

void t.test("an address that nobody has gets the same answer, to the byte, and no mail", async (t) => {
  const server = await makeApp(t);
  await makeUser(server, { email: "known@example.org" });
  const answers = await Promise.all(
    ["known@example.org", "nobody@example.org"].map((email) =>
      server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } }),
    ),
  );
  const shapes = answers.map(({ status, headers, text }) => ({
    status,
    headers: Object.entries(headers).filter(([name]) => !["x-request-id", "date", "content-length"].includes(name)),
    text: text.replace(/known|nobody/, "NAME"),
  }));
  const withoutCounters = shapes.map((shape) => ({
    ...shape,
    headers: shape.headers.filter(
      ([name]) => !name.startsWith("ratelimit-remaining") && !name.startsWith("x-ratelimit-remaining"),
    ),
  }));
  t.same(withoutCounters[0], withoutCounters[1]);
  await server.worker.drain();
  t.same(
    server.mailbox?.list().map(({ mail }) => mail.to),
    ["known@example.org"],
  );
});

void t.test("twenty at once with one token: exactly one wins", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const token = tokenIn(await newestMail(server, person.email));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      server.ask("PATCH", "/v1/auth/reset-password", {
        body: { data: { token, password: `racing-walnut-${String(index)}` } },
      }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  t.same(statuses, [200, ...Array.from({ length: 19 }, () => 404)]);
  const losers = answers
    .filter(({ status }) => status === 404)
    .map(({ body }) => ({ ...body, errors: body.errors.map(({ id: _, ...rest }: { id: string }) => rest) }));
  t.same(losers[0], losers[18]);
  t.equal(losers[0].error, "User not found");
});

void t.test("a refused password leaves the token usable", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const token = tokenIn(await newestMail(server, person.email));
  const refused = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "short" } },
  });
  t.equal(refused.status, 422);
  t.equal(refused.body.errors[0].source.pointer, "/data/password");
  t.equal(typeof refused.body.error, "string");
  const set = await server.ask("PATCH", "/v1/auth/reset-password", {
    body: { data: { token, password: "long-enough-walnut" } },
  });
  t.equal(set.status, 200);
});

void t.test("the original's frontends send application/vnd.api+json: it is taken", async (t) => {
  const server = await makeApp(t);
  const answer = await server.ask("POST", "/v1/auth/reset-password", {
    body: { data: { email: "who@example.org" } },
    headers: { "content-type": "application/vnd.api+json", accept: "application/vnd.api+json" },
  });
  t.equal(answer.status, 200);
  t.match(String(answer.headers["content-type"]), "application/json");
});

void t.test(
  "token requests are limited per address of the client, with headers, and 429 says when to come back",
  async (t) => {
    const server = await makeApp(t, { RESET_LIMIT_PER_IP: "2/60" });
    const ask = (from: string) =>
      server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "who@example.org" } }, from });
    t.same([(await ask("2001:db8::1")).status, (await ask("2001:db8::2")).status], [200, 200]);
    const third = await ask("2001:db8::3");
    t.equal(third.status, 429, "an IPv6 client is its /64");
    t.ok(Number(third.headers["retry-after"]) > 0);
    t.equal(third.body.errors[0].code, "too-many-requests");
    t.equal((await ask("192.0.2.7")).status, 200, "others are not affected");
  },
);

void t.test(
  "over the limit of an account the answer is the usual one, no mail goes out, and the last link stays good",
  async (t) => {
    const server = await makeApp(t, { RESET_LIMIT_PER_ACCOUNT: "1/3600" });
    const person = await makeUser(server, { email: "limited@example.org" });
    const ask = (email: string) => server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });
    await ask("limited@example.org");
    const token = tokenIn(await newestMail(server, person.email));
    const over = await ask("LIMITED@example.org");
    t.equal(over.status, 200);
    await server.worker.drain();
    t.equal(server.mailbox?.list().length, 1);
    const set = await server.ask("PATCH", "/v1/auth/reset-password", {
      body: { data: { token, password: "still-good-walnut" } },
    });
    t.equal(set.status, 200);
  },
);
