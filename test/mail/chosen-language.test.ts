import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

const RESET = "/v1/auth/reset-password";

/** By the first words of the mail. */
const LANGUAGES = { Hello: "en", Guten: "de", Bonjour: "fr" } as const;

async function mailed(server: TestApp, to: string): Promise<string> {
  const { text } = (await newestMail(server, to)) ?? { text: "no mail" };
  const word = /^\w+/.exec(text)?.[0] ?? "";
  return word in LANGUAGES ? LANGUAGES[word as keyof typeof LANGUAGES] : text;
}

const speaking = (language: string) => ({ headers: { "accept-language": language } });

const ask = (server: TestApp, email: string, headers: Record<string, string> = {}) =>
  server.ask("POST", RESET, { body: { data: { email } }, headers });

const patch = (server: TestApp, id: string, attributes: object, more: object) =>
  server.ask("PATCH", `/v1/users/${id}`, { body: { data: { type: "users", id, attributes } }, ...more });

await t.test("a reset mail is in the language of the request, else the account's, else the default", async (t) => {
  const server = await makeApp(t, { DEFAULT_LANGUAGE: "fr" });
  await makeUser(server, { email: "ada@x.example", language: "de" });
  await makeUser(server, { email: "bob@x.example" });
  const said = [];
  for (const [email, headers] of [
    ["ada@x.example", { "accept-language": "fr-CA, en;q=0.5" }],
    ["ada@x.example", { "accept-language": "*" }],
    ["ada@x.example", {}],
    ["ada@x.example", { "accept-language": "nl" }],
    ["bob@x.example", { "accept-language": "en" }],
    ["bob@x.example", { "accept-language": "x".repeat(10_000) }],
  ] as const) {
    t.equal((await ask(server, email, headers)).status, 200);
    said.push(await mailed(server, email));
  }
  t.same(said, ["fr", "de", "de", "de", "en", "fr"]);
});

await t.test("the answer is the same to the byte in every language, faults too", async (t) => {
  const server = await makeApp(t);
  for (const email of ["ada@x.example", "no address"]) {
    const [plain, german] = [await ask(server, email), await ask(server, email, { "accept-language": "de" })];
    t.equal(german.text.replace(/"id":"[^"]*"/, ""), plain.text.replace(/"id":"[^"]*"/, ""));
    t.equal(german.headers["vary"], plain.headers["vary"]);
  }
});

await t.test("the language is read with the account: no further query, for nobody the same ones", async (t) => {
  const server = await makeApp(t);
  await makeUser(server, { email: "ada@x.example", language: "de" });
  // The first round also sweeps.
  await server.worker.drain();
  const queries: string[] = [];
  server.db.on("query", ({ sql }: { sql: string }) => queries.push(sql));
  const seen = [];
  for (const [email, language] of [
    ["ada@x.example", "fr"],
    ["eve@x.example", "fr"],
    ["eve@x.example", "*"],
  ] as const) {
    queries.length = 0;
    await ask(server, email, { "accept-language": language });
    await server.worker.drain();
    seen.push(queries.map((sql) => sql.replaceAll(/\s+/g, " ")));
  }
  t.same(seen[1], seen[0]);
  t.same(seen[2], seen[0]);
});

await t.test("a notice is in the account's language, whatever a thief's browser says", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server, { email: "ada@x.example", language: "de" });
  const thief = { token: ada.token, ...speaking("fr") };
  await patch(server, ada.id, { password: "a-new-walnut", currentPassword: ada.password }, thief);
  t.equal(await mailed(server, "ada@x.example"), "de", "password");
  await patch(server, ada.id, { email: "eve@x.example", currentPassword: "a-new-walnut" }, thief);
  t.equal(await mailed(server, "ada@x.example"), "de", "address");

  await ask(server, "eve@x.example");
  const token = tokenIn(await newestMail(server, "eve@x.example"));
  const redeemed = await server.ask("PATCH", RESET, {
    body: { data: { token, password: "walnut-2" } },
    ...speaking("fr"),
  });
  t.equal(redeemed.status, 200);
  t.equal(await mailed(server, "eve@x.example"), "de", "by a mailed link");
});

await t.test("a notice of an account without a language is in that of the holder's request", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server, { email: "ada@x.example" });
  const change = { password: "a-new-walnut", currentPassword: ada.password };
  await patch(server, ada.id, change, { token: ada.token, ...speaking("fr") });
  t.equal(await mailed(server, "ada@x.example"), "fr");
});

await t.test("an account that is gone is told in the language that it had", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server, { email: "ada@x.example", language: "de" });
  const change = { email: "eve@x.example", currentPassword: ada.password };
  await patch(server, ada.id, change, { token: ada.token, ...speaking("fr") });
  await server.ask("DELETE", `/v1/users/${ada.id}`, { token: ada.token });
  t.equal(await mailed(server, "ada@x.example"), "de");
});

await t.test("an admin's browser chooses for nobody", async (t) => {
  const server = await makeApp(t);
  const admin = { token: (await makeAdmin(server)).token, ...speaking("fr") };
  const ada = await makeUser(server, { email: "ada@x.example" });
  await patch(server, ada.id, { password: "a-new-walnut" }, admin);
  t.equal(await mailed(server, "ada@x.example"), "en", "a notice");

  for (const [email, attributes, language] of [
    ["bob@x.example", {}, "en"],
    ["cyd@x.example", { language: "de" }, "de"],
  ] as const) {
    const body = { data: { type: "users", attributes: { email, ...attributes } } };
    const made = await server.ask("POST", "/v1/users", { body, ...admin });
    t.equal(made.body.data.attributes.language, "language" in attributes ? "de" : null);
    t.equal(await mailed(server, email), language, "a welcome");
  }
});

await t.test(
  "where registration is confirmed by mail: the language of the request, which the account keeps",
  async (t) => {
    const server = await makeApp(t, { REGISTRATION: "confirm" });
    const register = (language: string) =>
      server.ask("POST", "/v1/users", {
        body: { data: { type: "users", attributes: { email: "ada@x.example" } } },
        ...speaking(language),
      });
    await register("de");
    const welcome = await newestMail(server, "ada@x.example");
    t.match(welcome?.subject, "Passwort für Ihr neues Konto");
    const body = { data: { token: tokenIn(welcome), password: "a-new-walnut" } };
    await server.ask("PATCH", RESET, { body });
    t.equal(await mailed(server, "ada@x.example"), "de", "the notice knows it");

    await register("fr");
    t.match((await newestMail(server, "ada@x.example"))?.subject, "Vous avez déjà un compte");
    await register("*");
    t.match((await newestMail(server, "ada@x.example"))?.subject, "Sie haben schon ein Konto");
  },
);

await t.test("a language that there is no more, in the queue or in the account, is as good as none", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server, { email: "ada@x.example" });
  await server.db("users").where({ id: ada.id }).update({ language: "tlh" });
  for (const language of ["tlh", "__proto__", 7, null, { de: 1 }, ["de"]]) {
    await ask(server, "ada@x.example", { "accept-language": "fr" });
    const payload = { email: "ada@x.example", language, askedBy: null };
    await server.db("outbox").update({ payload: JSON.stringify(payload) });
    t.equal(await mailed(server, "ada@x.example"), "en", JSON.stringify(language));
  }
  t.ok(await logIn(server, ada));
});
