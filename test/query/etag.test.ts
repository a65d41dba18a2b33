import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";

const NAME = (id: string, firstName: string) => ({ data: { type: "users", id, attributes: { firstName } } });

void t.test("a single resource has a strong tag that changes with the document", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const { token } = person;
  const url = `/v1/users/${person.id}`;
  const first = await server.ask("GET", url, { token });
  const tag = String(first.headers["etag"]);
  t.match(tag, /^"[\w-]+\.[\w-]+"$/);
  t.equal((await server.ask("GET", url, { token })).headers["etag"], tag);
  t.equal((await server.ask("HEAD", url, { token })).headers["etag"], tag);
  const others = ["?include=roles", "?fields[users]=email"].map(
    async (query) => (await server.ask("GET", url + query, { token })).headers["etag"],
  );
  t.equal(new Set([tag, ...(await Promise.all(others))]).size, 3, "another document has another tag");
  const changed = await server.ask("PATCH", url, { token, body: NAME(person.id, "Ada") });
  t.not(changed.headers["etag"], tag);
  t.equal((await server.ask("GET", url, { token })).headers["etag"], changed.headers["etag"]);
});

void t.test("a client that has the document gets 304 and no body", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const url = `/v1/users/${person.id}`;
  const tag = String((await server.ask("GET", url, { token: person.token })).headers["etag"]);
  for (const header of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    const answer = await server.ask("GET", url, { token: person.token, headers: { "if-none-match": header } });
    t.equal(answer.status, 304, header);
    t.equal(answer.text, "");
    t.equal(answer.headers["etag"], tag);
    t.match(String(answer.headers["vary"]), "Accept");
  }
  const other = await server.ask("GET", url, { token: person.token, headers: { "if-none-match": '"other"' } });
  t.equal(other.status, 200);
});

void t.test("If-Match that does not hold: 412, and nothing is written", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const { token } = person;
  const url = `/v1/users/${person.id}`;
  const tag = String((await server.ask("GET", `${url}?include=roles`, { token })).headers["etag"]);
  const patch = (firstName: string, ifMatch: string) =>
    server.ask("PATCH", url, { token, body: NAME(person.id, firstName), headers: { "if-match": ifMatch } });
  t.equal((await patch("Ada", tag)).status, 200, "any document of the resource will do");
  const late = await patch("Grace", tag);
  t.equal(late.status, 412);
  t.same(late.body.errors[0].source, { header: "If-Match" });
  t.equal((await patch("Grace", "nonsense")).status, 412);
  t.equal((await server.ask("GET", url, { token })).body.data.attributes.firstName, "Ada");
  t.equal((await patch("Grace", "*")).status, 200);
  t.equal((await server.ask("DELETE", url, { token, headers: { "if-match": tag } })).status, 412);
  const present = String((await server.ask("GET", url, { token })).headers["etag"]);
  t.equal((await server.ask("DELETE", url, { token, headers: { "if-match": `"x.y", ${present}` } })).status, 204);
});

void t.test("of ten changes at once with one tag one is made", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const url = `/v1/users/${person.id}`;
  const tag = String((await server.ask("GET", url, { token: person.token })).headers["etag"]);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      server.ask("PATCH", url, {
        token: person.token,
        body: NAME(person.id, `Name ${String(index)}`),
        headers: { "if-match": tag },
      }),
    ),
  );
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 412)]);
});

void t.test("a relationship has a tag of its own, which a change of it may ask for", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const { token } = admin;
  const make = async (name: string) =>
    (await server.ask("POST", "/v1/roles", { token, body: { data: { type: "roles", attributes: { name } } } })).body
      .data.id as string;
  const [editor, author] = [await make("editor"), await make("author")];
  const url = `/v1/users/${admin.id}/relationships/roles`;
  const tag = String((await server.ask("GET", url, { token })).headers["etag"]);
  const add = (id: string) =>
    server.ask("POST", url, { token, body: { data: [{ type: "roles", id }] }, headers: { "if-match": tag } });
  t.equal((await add(editor)).status, 204);
  t.equal((await add(author)).status, 412);
  t.equal((await server.ask("GET", url, { token })).body.meta.total, 2);
  const toOne = await server.ask("GET", `/v1/sessions/${admin.sessionId}/relationships/user`, { token });
  t.ok(toOne.headers["etag"]);
});

void t.test("a login's answer, which shows a token, has no tag", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const answer = await server.ask("POST", "/v1/sessions", {
    body: { data: { type: "sessions", attributes: { email: person.email, password: person.password } } },
  });
  t.equal(answer.headers["etag"], undefined);
});

void t.test("If-None-Match asks a change for what must not be there", async (t) => {
  const server = await makeApp(t);
  const person = await makeUser(server);
  const url = `/v1/users/${person.id}`;
  const { token } = person;
  const tag = String((await server.ask("GET", url, { token })).headers["etag"]);
  const patch = (name: string, value: string) =>
    server.ask("PATCH", url, { token, body: NAME(person.id, name), headers: { "if-none-match": value } });
  for (const value of ["*", tag, `W/${tag}`]) {
    const answer = await patch("Never", value);
    t.equal(answer.status, 412, value);
    t.same(answer.body.errors[0].source, { header: "If-None-Match" });
  }
  t.equal((await patch("Now", '"x.y"')).status, 200);
  const deletion = await server.ask("DELETE", url, { token, headers: { "if-none-match": "*" } });
  t.equal(deletion.status, 412);
});
