import t, { type Test } from "tap";

import { makeApp, type Answer, type Json } from "../fixtures/app.ts";
import { makeAdmin, makeUser, newestMail } from "../fixtures/people.ts";
import { bounce, HOOKED, post, statusOf } from "../fixtures/postmark-events.ts";
import { statementsOf } from "../fixtures/statements.ts";

/**
 * That an address is marked is for the operator and for admins. Nobody else sees anything of it: not in an answer, not in the work
 * behind it, not in a mail.
 */

const RESET = "/v1/auth/reset-password";

/** A server with two users, the first of whom has a dead address. */
async function world(t: Test, environment: Record<string, string> = {}) {
  const server = await makeApp(t, { ...HOOKED, ...environment });
  const [marked, other, admin] = [await makeUser(server), await makeUser(server), await makeAdmin(server)];
  await post(server, bounce(marked.email));
  t.equal((await statusOf(server, marked.email))[0], "HardBounce");
  return { server, marked, other, admin };
}

/** What an answer is without what is of this one request. */
function comparable({ status, headers, text }: Answer, ...personal: string[]) {
  const { "x-request-id": id, date, etag, ...rest } = headers;
  const generic = personal.reduce((shown, word) => shown.replaceAll(word, "…"), text);
  return { status, headers: Object.keys({ ...rest, id, date, etag }), text: generic.replaceAll(String(id), "…") };
}

void t.test("the answer to a request for a reset", async (t) => {
  const { server, marked, other } = await world(t);
  const ask = async (email: string) =>
    comparable(await server.ask("POST", RESET, { body: { data: { email } } }), email);
  const expected = await ask(other.email);
  t.same(await ask(marked.email), expected);
  t.same(await ask("nobody@example.org"), expected);
});

void t.test("the work behind it, and that of the mail, statement by statement", async (t) => {
  const { server, marked, other } = await world(t);
  const during = async (run: () => Promise<unknown>) => (await statementsOf(server.db, run)).statements;
  const ask = (email: string) => during(() => server.ask("POST", RESET, { body: { data: { email } } }));
  const work = () => during(() => server.worker.drain());
  await server.worker.drain();
  const [asked, worked] = [await ask(other.email), await work()];
  t.ok(asked.length > 0 && worked.length > 3);
  t.same(await ask(marked.email), asked);
  t.same(await work(), worked);
});

void t.test("a marked address is mailed to as any other", async (t) => {
  const { server, marked } = await world(t);
  await server.ask("POST", RESET, { body: { data: { email: marked.email } } });
  t.equal((await newestMail(server, marked.email))?.tag, "reset");
});

void t.test("the event itself makes no mail", async (t) => {
  const { server, marked, admin } = await world(t);
  await server.worker.drain();
  t.same(await server.db("outbox").select("kind"), []);
  for (const { email } of [marked, admin]) t.equal(await newestMail(server, email), undefined);
});

void t.test("a registration with the address", async (t) => {
  const { server, marked, other } = await world(t);
  const register = async (email: string) =>
    comparable(
      await server.ask("POST", "/v1/users", {
        body: { data: { type: "users", attributes: { email, password: "walnut-orbit-9" } } },
      }),
      email,
    );
  const expected = await register(other.email);
  t.equal(expected.status, 409);
  t.same(await register(marked.email), expected);
});

void t.test("a registration that is only accepted, and its mail", async (t) => {
  const server = await makeApp(t, { ...HOOKED, REGISTRATION: "confirm" });
  const register = (email: string) =>
    server.ask("POST", "/v1/users", { body: { data: { type: "users", attributes: { email } } } });
  for (const email of ["ada@example.org", "bob@example.org"]) await register(email);
  await server.worker.drain();
  await server.db("users").update({ password: "set by now" });
  await post(server, bounce("ada@example.org"));
  const [ada, bob, nobody] = [
    await register("ada@example.org"),
    await register("bob@example.org"),
    await register("eve@example.org"),
  ];
  t.same(comparable(ada), comparable(bob));
  t.same(comparable(ada), comparable(nobody));
  for (const email of ["ada@example.org", "bob@example.org"]) {
    t.equal((await newestMail(server, email))?.tag, "already-registered", email);
  }
});

void t.test("what its holder reads of themselves, to the byte and to the entity tag", async (t) => {
  const server = await makeApp(t, HOOKED);
  const person = await makeUser(server);
  const urls = [
    `/v1/users/${person.id}`,
    "/v1/users",
    `/v1/sessions/${person.sessionId}?include=user`,
    "/v1/securityEvents?include=user",
  ];
  const read = () =>
    Promise.all(
      urls.map(async (url) => {
        const { status, headers, text } = await server.ask("GET", url, { token: person.token });
        // When the session was last used is written at times, whatever else happens.
        return [status, headers["etag"], text.replaceAll(/"lastUsedAt":"[^"]*"/g, "")];
      }),
    );
  const before = await read();
  await post(server, bounce(person.email));
  t.equal((await statusOf(server, person.email))[0], "HardBounce");
  t.same(await read(), before);
  t.notMatch(JSON.stringify(before), "mailStatus");
});

void t.test("logging in, and a session's document", async (t) => {
  const { server, marked, other } = await world(t);
  const logIn = async ({ email, password }: { email: string; password: string }) => {
    const answer = await server.ask("POST", "/v1/sessions", {
      body: { data: { type: "sessions", attributes: { email, password } } },
    });
    return [answer.status, Object.keys(answer.headers), Object.keys(answer.body.data.attributes as object)];
  };
  t.same(await logIn(marked), await logIn(other));
});

void t.test("asked for by name, it is as unknown to its holder as a name that there is not", async (t) => {
  const { server, marked, admin } = await world(t);
  const queries = [
    "/v1/users?fields[users]=mailStatus",
    "/v1/users?filter[mailStatus]=HardBounce",
    "/v1/users?filter[mailStatus][null]=false",
    "/v1/users?filter[mailStatusAt][gte]=2026-01-01",
    "/v1/users?sort=mailStatus",
    "/v1/users?sort=-mailStatusAt",
    "/v1/sessions?filter[user.mailStatus]=HardBounce",
    "/v1/sessions?sort=user.mailStatus",
    "/v1/sessions?include=user&fields[users]=email,mailStatusAt",
    "/v1/roles?filter[users.mailStatus][null]=false",
  ];
  for (const url of queries) {
    const hidden = await server.ask("GET", url, { token: marked.token });
    t.equal(hidden.status, 400, url);
    t.equal(hidden.body.errors[0].code, "invalid-parameter");
    // The same length, and as far from all names that there are.
    const unknown = await server.ask("GET", url.replace("mailStatus", "xxxxxxxxxx"), { token: marked.token });
    const shown = ({ body }: Answer) =>
      JSON.stringify(body.errors.map(({ detail, meta }: Json) => [detail, meta])).replaceAll(
        "mailStatus",
        "xxxxxxxxxx",
      );
    t.equal(shown(hidden), shown(unknown), url);
  }
  const near = (token: string) => server.ask("GET", "/v1/users?fields[users]=mailStatuss", { token });
  t.notMatch((await near(marked.token)).text, /"mailStatus"/, "nor is it suggested");
  t.match((await near(admin.token)).body.errors[0].meta.suggestions, ["mailStatus"]);
});

void t.test("nobody writes it: its holder does not know it, an admin may only send it back", async (t) => {
  const { server, marked, admin } = await world(t);
  const url = `/v1/users/${marked.id}`;
  const patch = (token: string, attributes: object) =>
    server.ask("PATCH", url, { token, body: { data: { type: "users", id: marked.id, attributes } } });
  for (const attributes of [{ mailStatus: null }, { mailStatus: "HardBounce" }, { mailStatusAt: null }]) {
    const answer = await patch(marked.token, attributes);
    t.equal(answer.status, 422, JSON.stringify(attributes));
    t.equal(answer.body.errors[0].code, "unknown-attribute");
  }
  t.equal((await patch(admin.token, { mailStatus: null })).status, 403);
  t.equal((await patch(admin.token, { mailStatusAt: "2026-01-31T12:00:00.000Z" })).status, 403);
  t.equal((await patch(admin.token, { mailStatus: "HardBounce", lastName: "Lovelace" })).status, 200);
  const registered = await server.ask("POST", "/v1/users", {
    body: {
      data: {
        type: "users",
        attributes: { email: "new@example.org", password: "walnut-orbit-9", mailStatus: "HardBounce" },
      },
    },
  });
  t.equal(registered.status, 422);
  t.equal((await statusOf(server, marked.email))[0], "HardBounce");
});

void t.test("admins see it, and filter by it", async (t) => {
  const { server, marked, other, admin } = await world(t);
  const read = async (url: string) => (await server.ask("GET", url, { token: admin.token })).body;
  const at = "2026-01-31T12:00:00.907Z";
  const of = async (id: string) => (await read(`/v1/users/${id}`)).data.attributes;
  t.match(await of(marked.id), { mailStatus: "HardBounce", mailStatusAt: at });
  t.match(await of(other.id), { mailStatus: null, mailStatusAt: null });
  for (const filter of [
    "filter[mailStatus][null]=false",
    "filter[mailStatus]=HardBounce,SpamComplaint",
    "filter[mailStatusAt][gte]=2026-01-31",
    "filter[mailStatus][like]=Hard*",
  ]) {
    const { data } = await read(`/v1/users?${filter}`);
    t.same(
      data.map(({ id }: Json) => id),
      [marked.id],
      filter,
    );
  }
  t.equal((await read("/v1/users?filter[mailStatus][null]=true")).meta.total, 2);
});
