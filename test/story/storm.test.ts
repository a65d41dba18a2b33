import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeUser } from "../fixtures/people.ts";

void t.test("more hashing than can wait is refused at once with 503, and reads go on", async (t) => {
  const server = await makeApp(t, { SCRYPT_LOG_N: "12" }, { maxWaitingHashes: 20 });
  const person = await makeUser(server);
  const registrations = Array.from({ length: 60 }, (_, index) =>
    server.ask("POST", "/v1/users", {
      body: {
        data: { type: "users", attributes: { email: `storm${String(index)}@example.org`, password: "walnut-orbit-8" } },
      },
    }),
  );
  const read = await server.ask("GET", `/v1/users/${person.id}`, { token: person.token });
  t.equal(read.status, 200);
  const answers = await Promise.all(registrations);
  const made = answers.filter(({ status }) => status === 201).length;
  const refused = answers.filter(({ status }) => status === 503);
  t.equal(made + refused.length, 60, "there is no third way to end");
  t.ok(made > 0 && refused.length > 0);
  t.ok(refused.every(({ headers }) => Number(headers["retry-after"]) >= 1));
  const [{ count } = { count: 0 }] = await server.db("users").count({ count: "*" });
  t.equal(Number(count), made + 1, "what was refused left nothing behind");
});

void t.test("one network that asks for all the hashing there is keeps nobody else from logging in", async (t) => {
  const server = await makeApp(t, { SCRYPT_LOG_N: "12" }, { maxWaitingHashes: 10 });
  const { email, password } = await makeUser(server);
  const order: string[] = [];
  const flood = Array.from({ length: 60 }, async (_, index) => {
    const answer = await server.ask("POST", "/v1/users", {
      // Any address of its /64.
      from: `2001:db8::${(index + 1).toString(16)}`,
      body: {
        data: { type: "users", attributes: { email: `flood${String(index)}@example.org`, password: "walnut-orbit-8" } },
      },
    });
    if (answer.status === 201) order.push("flood");
    return answer.status;
  });
  const others = Array.from({ length: 3 }, async (_, index) => {
    const answer = await server.ask("POST", "/v1/sessions", {
      from: `192.0.2.${String(index + 1)}`,
      body: { data: { type: "sessions", attributes: { email, password } } },
    });
    order.push("other");
    return answer.status;
  });
  t.same(await Promise.all(others), [201, 201, 201]);
  const statuses = new Set(await Promise.all(flood));
  t.same([...statuses].sort(), [201, 503]);
  t.ok(order.lastIndexOf("other") < order.length - 1, "they did not wait for the flood to end");
});

void t.test(
  "a burst of reset requests leaves a bounded queue before the database, and every answer is true",
  async (t) => {
    const server = await makeApp(t, {}, { maxRequestsAtWork: 20 });
    const { pool } = server.db.client as { pool: { numPendingAcquires(): number } };
    let mostWaiting = 0;
    server.db.on("query", () => {
      mostWaiting = Math.max(mostWaiting, pool.numPendingAcquires());
    });
    const requests = Array.from({ length: 400 }, (_, index) =>
      server.ask("POST", "/v1/auth/reset-password", {
        from: `10.0.${String(index >> 8)}.${String(index & 255)}`,
        body: { data: { email: `burst${String(index)}@example.org` } },
      }),
    );
    t.equal((await server.ask("GET", "/healthz")).status, 200);
    const answers = await Promise.all(requests);
    const accepted = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 503);
    t.equal(accepted + refused.length, 400);
    t.ok(refused.every(({ headers, body }) => headers["retry-after"] === "1" && body.error !== undefined));
    t.ok(accepted >= 20, String(accepted));
    t.ok(mostWaiting < 20, String(mostWaiting));
    const [{ count } = { count: 0 }] = await server.db("outbox").count({ count: "*" });
    t.equal(Number(count), accepted, "what was accepted is there, and nothing else");
  },
);
