import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { logIn, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const PATH = "/v1/auth/reset-password";
const ATOMIC = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';
const VICTIM = "ada@example.org";

const ask = (server: TestApp, text: string) => server.ask("POST", PATH, { body: text });

/** Whatever a proxy's filter, or a careless reader, would make another document of. */
const AMBIGUOUS = {
  "an address twice": `{"data":{"email":"eve@example.org","email":"${VICTIM}"}}`,
  "an address twice, once escaped": `{"data":{"email":"eve@example.org","\\u0065mail":"${VICTIM}"}}`,
  "data twice": `{"data":{"email":"eve@example.org"},"data":{"email":"${VICTIM}"}}`,
  "a prototype with an address": `{"data":{"__proto__":{"email":"${VICTIM}"}}}`,
  "a prototype with data": `{"__proto__":{"data":{"email":"${VICTIM}"}}}`,
  "a prototype, escaped": `{"data":{"\\u005f_proto__":{"email":"${VICTIM}"}}}`,
  "a comment": `{"data":{"email":"${VICTIM}"/*,"email":"eve@example.org"*/}}`,
  "a comma too much": `{"data":{"email":"${VICTIM}",}}`,
  "single quotes": `{'data':{'email':'${VICTIM}'}}`,
  "two documents": `{"data":{"email":"${VICTIM}"}}{"data":{"email":"eve@example.org"}}`,
  "two documents in lines": `{"data":{"email":"${VICTIM}"}}\n{"data":{"email":"eve@example.org"}}`,
  "a form": `email=${encodeURIComponent(VICTIM)}`,
  "a callback": `x({"data":{"email":"${VICTIM}"}})`,
  "a NUL": `{"data":{"email":"${VICTIM}"}}\0`,
  "too deep": `{"data":{"email":"${VICTIM}"},"x":${"[".repeat(100)}${"]".repeat(100)}}`,
};

for (const [name, text] of Object.entries(AMBIGUOUS)) {
  void t.test(`${name}: 400, and no mail to anybody`, async (t) => {
    const server = await makeApp(t);
    await makeUser(server, { email: VICTIM });
    const answer = await ask(server, text);
    t.equal(answer.status, 400, answer.text);
    t.same(await server.db("outbox").select("id"), []);
  });
}

void t.test("names that every object inherits are no members: constructor, toString, hasOwnProperty", async (t) => {
  const server = await makeApp(t);
  for (const name of ["constructor", "toString", "hasOwnProperty", "prototype"]) {
    t.equal((await ask(server, `{"data":{"${name}":{"email":"${VICTIM}"}}}`)).status, 422, name);
    t.equal((await ask(server, `{"data":{"email":{"${name}":"${VICTIM}"}}}`)).status, 422, name);
    t.equal((await ask(server, `{"data":{"email":"${VICTIM}","${name}":{"polluted":true}}}`)).status, 200, name);
  }
  t.equal(({} as Record<string, unknown>)["polluted"], undefined);
  t.equal((await server.db("outbox").select("id")).length, 4);
});

void t.test("a byte order mark, escapes and white space change nothing; another encoding is refused", async (t) => {
  const server = await makeApp(t);
  const text = JSON.stringify({ data: { email: VICTIM } });
  const escaped = `{"data":{"email":"\\u0061da\\u0040example.org"}}`;
  for (const same of [text, `\uFEFF${text}`, ` \n\t${text}\r\n`, escaped]) {
    const answer = await ask(server, same);
    t.same([answer.status, answer.body.email], [200, VICTIM]);
  }
  const headers = { "content-type": "application/json; charset=utf-16le" };
  const inject = (payload: Buffer) => server.app.inject({ method: "POST", url: PATH, headers, payload });
  t.equal((await inject(Buffer.from(text, "utf16le"))).statusCode, 400);
  t.equal((await inject(Buffer.from(text.replace("ada", "\u00e4da"), "latin1"))).statusCode, 400);
});

async function scene(t: Parameters<typeof makeApp>[0]): Promise<{ server: TestApp; person: Person; token: string }> {
  const server = await makeApp(t);
  const person = await makeUser(server);
  await ask(server, JSON.stringify({ data: { email: person.email } }));
  return { server, person, token: tokenIn(await newestMail(server, person.email)) };
}

void t.test("two passwords, or two tokens, in one redemption: 400, and the token is still good", async (t) => {
  const { server, token } = await scene(t);
  for (const text of [
    `{"data":{"token":"${token}","password":"first-walnut-1","password":"second-walnut-2"}}`,
    `{"data":{"token":"x","token":"${token}","password":"first-walnut-1"}}`,
    `{"data":{"token":"${token}","password":"first-walnut-1"},"data":{}}`,
    `{"data":{"token":"${token}","__proto__":{"password":"first-walnut-1"}}}`,
  ]) {
    t.equal((await server.ask("PATCH", PATH, { body: text })).status, 400, text);
  }
  const set = await server.ask("PATCH", PATH, { body: { data: { token, password: "third-walnut-3" } } });
  t.equal(set.status, 200);
});

void t.test("numbers are no passwords, however large, and no two of them are one", async (t) => {
  const { server, person, token } = await scene(t);
  for (const number of ["12345678901234567890", "1e400", "-0", "0.1e-400", "1E1"]) {
    const text = `{"data":{"token":"${token}","password":${number}}}`;
    t.equal((await server.ask("PATCH", PATH, { body: text })).status, 422, number);
  }
  t.ok(await logIn(server, person), "nothing was changed");
});

void t.test("operations: a key twice or a prototype anywhere undoes the whole request", async (t) => {
  const { server, person } = await scene(t);
  const { id, token } = person;
  const headers = { accept: ATOMIC, "content-type": ATOMIC };
  const update = `{"op":"update","data":{"type":"users","id":"${id}","attributes":{"firstName":"Eve"}}}`;
  for (const operations of [
    `[${update},{"op":"update","op":"remove","ref":{"type":"users","id":"${id}"}}]`,
    `[${update},{"op":"update","data":{"type":"users","id":"${id}","attributes":{"__proto__":{"isVerified":true}}}}]`,
    `[${update}],"atomic:operations":[]`,
  ]) {
    const body = `{"atomic:operations":${operations}}`;
    t.equal((await server.ask("POST", "/v1/operations", { token, headers, body })).status, 400, operations);
  }
  const { body } = await server.ask("GET", `/v1/users/${id}`, { token });
  t.equal(body.data.attributes.firstName, null);
});
