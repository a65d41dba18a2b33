import t, { type Test } from "tap";

import { makeApp, MEDIA_TYPE, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

const RESET = "/v1/auth/reset-password";
const NOTHING = "00000000-0000-7000-8000-000000000000";

async function makeScene(t: Test, environment: Record<string, string> = {}) {
  const server = await makeApp(t, environment);
  const [admin, ada] = [await makeAdmin(server), await makeUser(server)];
  const url = `/v1/users/${ada.id}/reset`;
  return { server, admin, ada, url, token: admin.token };
}

async function events(server: TestApp) {
  return await server.db("security_events").where({ kind: "reset.requested" }).select();
}

void t.test("an admin has a link mailed to somebody, and the trail says once who it was", async (t) => {
  const { server, admin, ada, url, token } = await makeScene(t);
  const answer = await server.ask("POST", url, {
    token,
    from: "203.0.113.9",
    headers: { "user-agent": "Firefox/140.0" },
  });
  t.equal(answer.status, 202);
  t.equal(answer.headers["content-type"], MEDIA_TYPE);
  t.same(Object.keys(answer.body as object), ["jsonapi", "meta"]);
  t.type(answer.body.meta.message, "string");
  t.notMatch(answer.text, ada.email);
  t.same(server.mailbox?.list(), [], "by the worker, and not before");

  const mail = await newestMail(server, ada.email);
  t.match(mail, { tag: "reset", text: /From: +203\.0\.113\.9/ }, "it says who asked");
  const redemption = { data: { token: tokenIn(mail), password: "thistle-harbor-7" } };
  t.equal((await server.ask("PATCH", RESET, { body: redemption })).status, 200);
  t.match(await events(server), [
    {
      outcome: "done",
      detail: "admin",
      user_id: ada.id,
      actor_id: admin.id,
      ip_address: "203.0.113.9",
      user_agent: "Firefox/140.0",
    },
  ]);
  t.equal((await events(server)).length, 1);
});

void t.test("neither the limit on mails to the address nor a pause stops it", async (t) => {
  const { server, ada, url, token } = await makeScene(t, { RESET_LIMIT_PER_ACCOUNT: "1/3600" });
  const body = { data: { email: ada.email } };
  await server.ask("POST", RESET, { body });
  const notMe = tokenIn(await newestMail(server, ada.email), "not-me");
  t.equal((await server.ask("POST", "/v1/auth/not-me", { body: { data: { token: notMe } } })).status, 200);
  for (let times = 0; times < 3; times += 1) t.equal((await server.ask("POST", url, { token })).status, 202);
  await server.worker.drain();
  t.equal(server.mailbox?.list().length, 4);
  t.same(
    await server
      .db("mail_quota")
      .whereNot({ address_hash: "" })
      .pluck("entry_id")
      .then((ids: string[]) => ids.length),
    1,
    "nor does it count",
  );
});

void t.test("nobody else: 401 without a session, 404 for others, 403 for oneself", async (t) => {
  const { server, admin, ada, url } = await makeScene(t);
  const eve = await makeUser(server);
  const status = async (id: string, token?: string) =>
    (await server.ask("POST", `/v1/users/${id}/reset`, { token })).status;
  t.equal(await status(ada.id), 401);
  t.equal(await status(NOTHING), 401);
  t.equal(await status(ada.id, "A".repeat(43)), 401);
  t.equal(await status(ada.id, ada.token), 403);
  t.equal(await status(NOTHING, admin.token), 404);
  t.equal(await status("none", admin.token), 404);
  const [foreign, unknown] = await Promise.all(
    [ada.id, NOTHING].map((id) => server.ask("POST", `/v1/users/${id}/reset`, { token: eve.token })),
  );
  const told = (answer: typeof foreign) => answer?.text.replace(String(answer.body.errors[0].id), "ID");
  t.equal(foreign?.status, 404);
  t.equal(told(foreign), told(unknown), "the same whether or not there is such a user");
  t.equal((await server.ask("POST", `${url}s`, { token: admin.token })).status, 404);
  t.same(await server.db("outbox").select(), []);
  t.same(await events(server), []);
});

void t.test("a body means nothing, and may be missing whatever the Content-Type says", async (t) => {
  const { server, url, token } = await makeScene(t);
  for (const ask of [
    {},
    { headers: { "content-type": MEDIA_TYPE } },
    { headers: { "content-type": "application/json" } },
    { body: {} },
    { body: { data: { type: "users", attributes: { email: "eve@evil.example" } } } },
    { body: [], headers: { "content-type": "application/json" } },
    { headers: { accept: "*/*" } },
  ]) {
    t.equal((await server.ask("POST", url, { token, ...ask })).status, 202, JSON.stringify(ask));
  }
  await server.worker.drain();
  t.notMatch(
    server.mailbox?.list().map(({ mail }) => mail.to),
    /evil/,
  );
});

void t.test("the rules of all URLs hold for it", async (t) => {
  const { server, url, token } = await makeScene(t);
  for (const method of ["GET", "HEAD", "PATCH", "PUT", "DELETE"] as const) {
    const answer = await server.ask(method, url, { token });
    t.equal(answer.status, 405, method);
    t.equal(answer.headers.allow, "POST, OPTIONS");
  }
  const refused = async (ask: object, query = "") => (await server.ask("POST", url + query, { token, ...ask })).status;
  t.equal(await refused({ headers: { accept: "text/html" } }), 406);
  t.equal(await refused({ body: "x", headers: { "content-type": "text/plain" } }), 415);
  t.equal(await refused({ body: {}, headers: { "content-type": `${MEDIA_TYPE};charset=utf-8` } }), 415);
  t.equal(await refused({ body: "{" }), 400);
  t.equal(await refused({}, "?include=roles"), 400);
  t.equal(await refused({ headers: { "if-match": '"another.tag"' } }), 412);
  t.same(await server.db("outbox").select(), []);
});

void t.test("for somebody who goes before the mail does, there is no mail", async (t) => {
  const { server, ada, url, token } = await makeScene(t);
  t.equal((await server.ask("POST", url, { token })).status, 202);
  t.equal((await server.ask("DELETE", `/v1/users/${ada.id}`, { token })).status, 204);
  await server.worker.drain();
  t.same(server.mailbox?.list(), []);
  t.same(await server.db("outbox").select(), []);
});

void t.test("what is not committed is not mailed, and not in the trail", async (t) => {
  const { server, url, token } = await makeScene(t);
  await server.db.schema.renameTable("security_events", "elsewhere");
  t.equal((await server.ask("POST", url, { token })).status, 500);
  t.same(await server.db("outbox").select(), []);
});
