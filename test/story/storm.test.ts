import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeUser } from "../fixtures/people.ts";

void t.test("more hashing than can wait is refused at once with 503, and reads go on", async (t) => {
  const server = await makeApp(t, { SCRYPT_LOG_N: "13" });
  const person = await makeUser(server);
  const registrations = Array.from({ length: 150 }, (_, index) =>
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
  t.equal(made + refused.length, 150, "there is no third way to end");
  t.ok(made > 0 && refused.length > 0);
  t.ok(refused.every(({ headers }) => Number(headers["retry-after"]) >= 1));
  const [{ count } = { count: 0 }] = await server.db("users").count({ count: "*" });
  t.equal(count, made + 1, "what was refused left nothing behind");
});
