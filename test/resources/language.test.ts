import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";

const register = (server: TestApp, attributes: object, language?: string) =>
  server.ask("POST", "/v1/users", {
    body: { data: { type: "users", attributes: { email: "new@x.example", password: "orbit-walnut", ...attributes } } },
    headers: language === undefined ? {} : { "accept-language": language },
  });

const patch = (server: TestApp, id: string, language: unknown, token?: string) =>
  server.ask("PATCH", `/v1/users/${id}`, { token, body: { data: { type: "users", id, attributes: { language } } } });

for (const [title, attributes, header, language] of [
  ["given", { language: "fr" }, "de", "fr"],
  ["given in capitals", { language: "FR" }, "de", "fr"],
  ["not given", {}, "de-CH, fr;q=0.5", "de"],
  ["given as null, by a client that sends all it knows of", { language: null }, "de", "de"],
  ["nowhere", {}, undefined, null],
  ["wished for in vain", {}, "nl", null],
] as const) {
  void t.test(`a newcomer's language: ${title}`, async (t) => {
    const server = await makeApp(t);
    const answer = await register(server, attributes, header);
    t.equal(answer.status, 201);
    t.equal(answer.body.data.attributes.language, language);
  });
}

void t.test("its owner and admins write it, nobody else", async (t) => {
  const server = await makeApp(t);
  const [ada, bob, admin] = [await makeUser(server), await makeUser(server), await makeAdmin(server)];
  t.equal((await patch(server, ada.id, "de", ada.token)).body.data.attributes.language, "de");
  t.equal((await patch(server, ada.id, "fr", admin.token)).body.data.attributes.language, "fr");
  t.equal((await patch(server, ada.id, "en", bob.token)).status, 404);
  t.equal((await patch(server, ada.id, "en")).status, 401);
  t.equal((await patch(server, ada.id, null, ada.token)).body.data.attributes.language, null);
});

void t.test("only languages that there are; the refusal lists them", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server);
  for (const wrong of ["nl", "de-AT", "", "constructor", "x".repeat(1000), 7, true, ["de"], { de: 1 }]) {
    const { status, body } = await patch(server, ada.id, wrong, ada.token);
    t.equal(status, 422, JSON.stringify(wrong));
    t.equal(body.errors[0].source.pointer, "/data/attributes/language");
    if (typeof wrong === "string") t.match(body.errors[0].meta.message, /^must be one of: .*\bde\b/);
  }
  t.equal((await register(server, { language: "nl" })).status, 422);
});

void t.test("a stored language that there is no more is shown as none, and its echo is no fault", async (t) => {
  const server = await makeApp(t);
  const ada = await makeUser(server, { language: "de" });
  await server.db("users").where({ id: ada.id }).update({ language: "tlh" });
  const { body } = await server.ask("GET", `/v1/users/${ada.id}`, { token: ada.token });
  t.equal(body.data.attributes.language, null);
  t.equal((await patch(server, ada.id, null, ada.token)).status, 200);
});

void t.test("filters take it, sorts do not", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const ada = await makeUser(server, { language: "de" });
  await makeUser(server, { language: "fr" });
  const found = async (query: string) => {
    const { body } = await server.ask("GET", `/v1/users?${query}`, { token: admin.token });
    return body.data.map(({ id }: { id: string }) => id) as string[];
  };
  t.same(await found("filter[language]=de"), [ada.id]);
  t.same(await found("filter[language]=DE"), [ada.id]);
  t.same(await found("filter[language]=nl"), []);
  t.same(await found("filter[language][null]=true"), [admin.id]);
  t.equal((await server.ask("GET", "/v1/users?sort=language", { token: admin.token })).status, 400);
});

void t.test("the description of the API lists them", async (t) => {
  const server = await makeApp(t);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  const { language } = body.components.schemas.UserAttributes.properties;
  t.same([...(language.enum as string[])].sort(), ["de", "en", "fr", null].sort());
  t.same(language.type, ["string", "null"]);
});
