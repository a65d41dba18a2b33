import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { newestMail, tokenIn } from "../fixtures/people.ts";

/** Where anybody can ask for mails of two kinds, nobody must be able to use up one kind by asking for the other. */
const CONFIRM = { REGISTRATION: "confirm", RESET_LIMIT_PER_ACCOUNT: "2/3600" };

const register = (server: TestApp, email: string) =>
  server.ask("POST", "/v1/users", { body: { data: { type: "users", attributes: { email } } } });

const forget = (server: TestApp, email: string) =>
  server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });

void t.test("asking for accounts with somebody's address does not keep their reset mail back", async (t) => {
  const server = await makeApp(t, CONFIRM);
  const email = "ada@example.org";
  await register(server, email);
  await server.worker.drain();
  for (let i = 0; i < 5; i += 1) await register(server, email);
  await server.worker.drain();
  await forget(server, email);
  t.ok(tokenIn(await newestMail(server, email)));
});

void t.test("asking for resets of an address that nobody has does not keep its holder from an account", async (t) => {
  const server = await makeApp(t, CONFIRM);
  const email = "ada@example.org";
  for (let i = 0; i < 5; i += 1) await forget(server, email);
  await server.worker.drain();
  await register(server, email);
  t.match(await newestMail(server, email), { tag: "welcome" });
});

void t.test("each kind stays limited by itself, in every spelling of the address", async (t) => {
  const server = await makeApp(t, CONFIRM);
  for (const email of ["ada@example.org", "ADA@example.org", "\uff41da@example.org", "ada@EXAMPLE.org"]) {
    await register(server, email);
    await server.worker.drain();
    await forget(server, email);
    await server.worker.drain();
  }
  const tags = server.mailbox?.list().map(({ mail }) => mail.tag);
  t.same(tags?.filter((tag) => tag === "reset").length, 2);
  t.same(tags?.length, 4);
});
