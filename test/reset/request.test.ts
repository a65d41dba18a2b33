import t from "tap";

import { tooManyRequests } from "../../src/errors/catalogue.ts";
import { insertUser, KeepingMailer, TestClock } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { mailResets, makeResetServer, PATH } from "../fixtures/reset.ts";

const clock = new TestClock();
const MESSAGE = "If your email was registered with us, you'll get an email with reset link shortly";

t.test("every well-formed address gets the same answer after the same queries", async (t) => {
  const db = await makeDatabase(t);
  const app = makeResetServer(t, db, clock);
  await insertUser(db, { email: "ada@x.example", password: "correct horse" });
  const queries: string[] = [];
  db.on("query", (query: { sql: string }) => queries.push(query.sql));
  for (const email of ["ada@x.example", "eve@x.example"]) {
    const answer = await app.inject({ method: "POST", url: PATH, payload: { data: { email: ` ${email} ` } } });
    t.equal(answer.statusCode, 200);
    t.equal(answer.body, JSON.stringify({ message: MESSAGE, email }));
    t.equal(answer.headers["cache-control"], "no-store");
    t.equal(answer.headers["content-type"], "application/json; charset=utf-8");
  }
  t.equal(queries.length, 2, "one insert each");
  t.equal(new Set(queries).size, 1);
});

t.test("the other media type, any Accept that allows JSON, and members beside are taken", async (t) => {
  const db = await makeDatabase(t);
  const app = makeResetServer(t, db, clock);
  const payload = JSON.stringify({ data: { email: "a@x.example", type: "x", attributes: {} }, meta: 1 });
  for (const type of ["application/vnd.api+json", "application/json; charset=utf-8", "Application/JSON"]) {
    for (const accept of [
      "*/*",
      "application/*",
      "application/json, text/plain, */*",
      "application/vnd.api+json",
      'application/vnd.api+json; ext="https://a.example/x,y;z"',
      "text/html, application/json;q=0.1",
    ]) {
      const headers = { "content-type": type, accept };
      t.equal(
        (await app.inject({ method: "POST", url: PATH, headers, payload })).statusCode,
        200,
        JSON.stringify([type, accept]),
      );
    }
  }
});

t.test("other media types are refused, with no-store", async (t) => {
  const db = await makeDatabase(t);
  const app = makeResetServer(t, db, clock);
  const payload = '{"data":{"email":"a@x.example"}}';
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x"]) {
    const answer = await app.inject({ method: "POST", url: PATH, headers: { "content-type": type }, payload });
    t.equal(answer.statusCode, 415, type);
    t.equal(answer.headers["cache-control"], "no-store");
  }
  t.equal((await app.inject({ method: "POST", url: PATH })).statusCode, 415, "nothing at all");
  for (const accept of ["text/html", "application/json;q=0", "image/*"]) {
    const headers = { "content-type": "application/json", accept };
    t.equal((await app.inject({ method: "POST", url: PATH, headers, payload })).statusCode, 406, accept);
  }
  t.same(await db("outbox").select(), []);
});

t.test("what is no address is 422 with the pointer, whatever its type", async (t) => {
  const db = await makeDatabase(t);
  const app = makeResetServer(t, db, clock);
  for (const [payload, pointer] of [
    ["null", ""],
    ["[]", ""],
    ['"a@x.example"', ""],
    ["{}", ""],
    ['{"email":"a@x.example"}', ""],
    ['{"data":null}', "/data"],
    ['{"data":[{"email":"a@x.example"}]}', "/data"],
    ['{"data":"a@x.example"}', "/data"],
    ['{"data":{}}', "/data"],
    ['{"data":{"email":null}}', "/data/email"],
    ['{"data":{"email":7}}', "/data/email"],
    ['{"data":{"email":true}}', "/data/email"],
    ['{"data":{"email":["a@x.example"]}}', "/data/email"],
    ['{"data":{"email":{"a":1}}}', "/data/email"],
    ['{"data":{"email":""}}', "/data/email"],
    ['{"data":{"email":"a@x.example,b@x.example"}}', "/data/email"],
    ['{"data":{"email":"a@x.example\\nBcc: b@x.example"}}', "/data/email"],
    [`{"data":{"email":"${"a".repeat(200_000)}"}}`, "/data/email"],
  ] as const) {
    const headers = { "content-type": "application/json" };
    const answer = await app.inject({ method: "POST", url: PATH, headers, payload });
    t.equal(answer.statusCode, 422, payload.slice(0, 50));
    t.match(answer.json(), { errors: [{ source: { pointer } }] });
  }
  t.same(await db("outbox").select(), []);
});

t.test("the limit of a client address is asked", async (t) => {
  const db = await makeDatabase(t);
  const app = makeResetServer(t, db, clock, { limitRequests: () => Promise.reject(tooManyRequests(60)) });
  const answer = await app.inject({ method: "POST", url: PATH, payload: { data: { email: "a@x.example" } } });
  t.equal(answer.statusCode, 429);
  t.same(await db("outbox").select(), []);
});

t.test("who asked stands in the mail, and nothing secret in the outbox", async (t) => {
  const db = await makeDatabase(t);
  const app = makeResetServer(t, db, clock);
  const mailer = new KeepingMailer();
  await insertUser(db, { email: "Ada@x.example", firstName: "Ada" });
  const headers = { "user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0" };
  await app.inject({ method: "POST", url: PATH, headers, payload: { data: { email: "ada@X.example" } } });
  await mailResets(db, clock, mailer);
  t.match(mailer.mails, [{ to: "Ada@x.example", tag: "reset", text: /127\.0\.0\.1[^]*Firefox on Windows/ }]);
});
