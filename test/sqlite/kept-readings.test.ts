import { join } from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";

import { openDatabase } from "../../src/db/knex.ts";
import { makeApp, MEDIA_TYPE, type Ask, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";
import { makeFolder } from "../fixtures/process.ts";
import { statementsOf } from "../fixtures/statements.ts";

/** Answers that are given again: on a file, where commits are seen. */

async function makeScene(t: Test) {
  const url = `sqlite:${join(makeFolder(t), "rekey.sqlite")}`;
  const server = await makeApp(t, { DATABASE_URL: url });
  const other = openDatabase(url);
  t.teardown(() => other.destroy());
  return { server, other };
}

/** An answer, and how many statements it cost. */
async function get(server: TestApp, url: string, ask: Ask) {
  const { result, statements } = await statementsOf(server.db, () => server.ask("GET", url, ask));
  return { ...result, queries: statements.length };
}

const firstName = (text: string) => ({ type: "users", attributes: { firstName: text } });

void t.test("what the same caller asks for again and again is made twice, and then given again", async (t) => {
  const { server } = await makeScene(t);
  const { id, token } = await makeAdmin(server);
  for (const url of [
    `/v1/users/${id}`,
    "/v1/users?include=roles",
    `/v1/users/${id}/sessions`,
    `/v1/users/${id}/relationships/sessions`,
  ]) {
    const first = await get(server, url, { token });
    const second = await get(server, url, { token });
    const third = await get(server, url, { token });
    t.ok(second.queries > 0, url);
    t.equal(third.queries, 0);
    for (const answer of [second, third]) {
      t.equal(answer.status, 200);
      t.equal(answer.text, first.text);
      for (const header of ["content-type", "cache-control", "etag", "vary"]) {
        t.equal(answer.headers[header], first.headers[header], header);
      }
    }
    const { etag } = third.headers;
    if (etag === undefined) continue;
    const known = await get(server, url, { token, headers: { "if-none-match": String(etag) } });
    t.match(known, { status: 304, text: "", queries: 0 });
  }
});

void t.test("an answer is for one caller, one browser, one address and one profile alone", async (t) => {
  const { server } = await makeScene(t);
  const ada = await makeAdmin(server);
  const user = await makeUser(server);
  const url = "/v1/users?sort=createdAt";
  const ask = async (ask: Ask) => {
    for (let turn = 0; turn < 2; turn += 1) await get(server, url, ask);
    return await get(server, url, ask);
  };
  t.match(await ask({ token: ada.token }), { body: { data: [{ id: ada.id }, { id: user.id }] }, queries: 0 });
  t.match(await ask({ token: user.token }), { body: { data: [{ id: user.id }] } });
  t.equal((await ask({})).status, 401);
  const asAda = (rest: Ask) => get(server, url, { token: ada.token, ...rest });
  t.ok((await asAda({ headers: { "user-agent": "another" } })).queries > 0);
  t.ok((await asAda({ from: "192.0.2.7" })).queries > 0);
  const profile = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";
  const byCursor = await asAda({ headers: { accept: `${MEDIA_TYPE};profile="${profile}"` } });
  t.match(byCursor.headers["content-type"], profile);
  t.notOk(String((await ask({ token: ada.token })).headers["content-type"]).includes(profile));
});

void t.test("after any commit, whoever made it, it is made anew; not before", async (t) => {
  const { server, other } = await makeScene(t);
  const { id, token } = await makeAdmin(server);
  const name = async () => (await get(server, `/v1/users/${id}`, { token })).body.data.attributes.firstName as unknown;
  for (let turn = 0; turn < 3; turn += 1) t.equal(await name(), null);
  await server.ask("PATCH", `/v1/users/${id}`, { token, body: { data: { id, ...firstName("Ada") } } });
  for (let turn = 0; turn < 3; turn += 1) t.equal(await name(), "Ada");
  await other.transaction(async (trx) => {
    await trx("users").where({ id }).update({ first_name: "Grace" });
    t.equal(await name(), "Ada");
  });
  t.equal(await name(), "Grace");
  await other("sessions").delete();
  t.equal((await get(server, `/v1/users/${id}`, { token })).status, 401);
});

void t.test("among reads of the same by others, everybody sees what they wrote", async (t) => {
  const { server } = await makeScene(t);
  const admin = await makeAdmin(server);
  const { token } = admin;
  const url = `/v1/users/${admin.id}`;
  let isWriting = true;
  const readers = Array.from({ length: 8 }, async () => {
    let reads = 0;
    for (; isWriting; reads += 1) {
      await server.ask("GET", url, { token });
      // As between requests that come over a network.
      await setImmediate();
    }
    return reads;
  });
  for (let turn = 0; turn < 60; turn += 1) {
    const name = `Ada ${String(turn)}`;
    await server.ask("PATCH", url, { token, body: { data: { id: admin.id, ...firstName(name) } } });
    for (let again = 0; again < 3; again += 1) {
      t.equal((await server.ask("GET", url, { token })).body.data.attributes.firstName, name);
    }
  }
  isWriting = false;
  t.ok((await Promise.all(readers)).every((reads) => reads > 0));
});

void t.test("a crowd that asks at once is answered by one look", async (t) => {
  const { server } = await makeScene(t);
  const { token } = await makeAdmin(server);
  await get(server, "/v1/roles", { token });
  await get(server, "/v1/users", { token });
  const { result, statements } = await statementsOf(server.db, () =>
    Promise.all(Array.from({ length: 50 }, () => server.ask("GET", "/v1/users", { token }))),
  );
  t.same(new Set(result.map(({ status }) => status)), new Set([200]));
  t.equal(statements.length, 1);
});

void t.test("a second later it is made anew, since the time itself may have changed it", async (t) => {
  const { server } = await makeScene(t);
  const { token } = await makeAdmin(server);
  const ask = () => get(server, "/v1/users", { token });
  await ask();
  await ask();
  t.equal((await ask()).queries, 0);
  await sleep(1_100);
  t.ok((await ask()).queries > 0);
});

void t.test("whoever is no admin does not learn by it when something was committed", async (t) => {
  const { server } = await makeScene(t);
  const { id, token } = await makeUser(server);
  for (let turn = 0; turn < 4; turn += 1) {
    const { status, queries } = await get(server, `/v1/users/${id}?include=sessions`, { token });
    t.equal(status, 200);
    t.ok(queries >= 2);
  }
});

void t.test("what is refused is not kept", async (t) => {
  const { server } = await makeScene(t);
  const { token } = await makeAdmin(server);
  const ids = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const { status, body, queries } = await get(server, "/v1/users/00000000-0000-7000-8000-000000000000", { token });
    t.equal(status, 404);
    t.ok(queries > 0);
    ids.push(body.errors[0].id as string);
  }
  t.equal(new Set(ids).size, 3, "each refusal has an id of its own");
});
