import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeUser, newestMail, tokenIn } from "../fixtures/people.ts";
import { statementsOf } from "../fixtures/statements.ts";

const HOME = "192.0.2.7";
const AWAY = "198.51.100.9";
const NEW_PASSWORD = "thistle-harbor-7";

interface Scene {
  readonly server: TestApp;
  pass(milliseconds: number): void;
  logIn(email: string, password: string, from: string): Promise<number>;
  /** Wrong passwords from as many places as there are attempts, one after the other. */
  guess(email: string, times: number): Promise<number[]>;
}

async function makeScene(t: Parameters<typeof makeApp>[0]): Promise<Scene> {
  let now = Date.now();
  let places = 0;
  const server = await makeApp(t, {}, { clock: () => now });
  const logIn = async (email: string, password: string, from: string) =>
    (
      await server.ask("POST", "/v1/sessions", {
        body: { data: { type: "sessions", attributes: { email, password } } },
        from,
      })
    ).status;
  return {
    server,
    logIn,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    guess: async (email, times) => {
      const statuses: number[] = [];
      for (let time = 0; time < times; time += 1) {
        places += 1;
        statuses.push(await logIn(email, "wrong-wrong", `203.0.${String(places)}.1`));
      }
      return statuses;
    },
  };
}

void t.test(
  "guessing from many places is slowed down: even the right password lets nobody in from a new place",
  async (t) => {
    const { server, logIn, guess, pass } = await makeScene(t);
    const person = await makeUser(server);
    t.same(new Set(await guess(person.email, 10)), new Set([401]));
    t.equal(await logIn(person.email, person.password, AWAY), 401, "during the pause");
    pass(29_000);
    t.equal(await logIn(person.email, person.password, AWAY), 401, "it lasts half a minute");
    pass(2_000);
    t.equal(await logIn(person.email, person.password, AWAY), 201, "and is over then");
  },
);

void t.test(
  "each further failure doubles the pause, up to an hour; attempts during it do not prolong it",
  async (t) => {
    const { server, logIn, guess, pass } = await makeScene(t);
    const person = await makeUser(server);
    await guess(person.email, 10);
    for (const seconds of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      pass((seconds - 1) * 1000);
      t.equal(await logIn(person.email, "wrong-wrong", AWAY), 401, "an attempt that does not count");
      pass(2_000);
      await guess(person.email, 1);
    }
    pass(3_599_000);
    t.equal(await logIn(person.email, person.password, AWAY), 401);
    pass(2_000);
    t.equal(await logIn(person.email, person.password, AWAY), 201);
  },
);

void t.test("the holder is not shut out: not from a place that the account knows", async (t) => {
  const { server, logIn, guess } = await makeScene(t);
  const person = await makeUser(server);
  t.equal(await logIn(person.email, person.password, HOME), 201);
  await guess(person.email, 30);
  t.equal(await logIn(person.email, person.password, "192.0.2.200"), 201, "the same network");
  t.equal(
    await logIn(person.email, person.password, AWAY),
    401,
    "which does not end the pause of who guesses elsewhere",
  );
});

void t.test("the holder is not shut out: a mailed link ends the pause, and makes the place known", async (t) => {
  const { server, logIn, guess } = await makeScene(t);
  const person = await makeUser(server);
  await guess(person.email, 12);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const token = tokenIn(await newestMail(server, person.email));
  const body = { data: { token, password: NEW_PASSWORD } };
  t.equal((await server.ask("PATCH", "/v1/auth/reset-password", { body, from: AWAY })).status, 200);
  t.equal(await logIn(person.email, NEW_PASSWORD, "203.0.250.1"), 201);
  await guess(person.email, 12);
  t.equal(await logIn(person.email, NEW_PASSWORD, AWAY), 201);
});

void t.test("sessions go on all the while", async (t) => {
  const { server, guess } = await makeScene(t);
  const person = await makeUser(server);
  await guess(person.email, 30);
  t.equal((await server.ask("GET", `/v1/users/${person.id}`, { token: person.token })).status, 200);
});

void t.test("a known place that guesses is slowed down as well", async (t) => {
  const { server, logIn } = await makeScene(t);
  const person = await makeUser(server);
  await logIn(person.email, person.password, HOME);
  for (let time = 0; time < 10; time += 1) await logIn(person.email, "wrong-wrong", HOME);
  t.equal(await logIn(person.email, person.password, HOME), 401);
  t.equal(await logIn(person.email, person.password, AWAY), 201, "places are counted apart");
});

void t.test("one known place that guesses does not shut out another", async (t) => {
  const { server, logIn } = await makeScene(t);
  const person = await makeUser(server);
  const cafe = "198.51.100.7";
  for (const place of [HOME, cafe]) t.equal(await logIn(person.email, person.password, place), 201);
  for (let time = 0; time < 12; time += 1) await logIn(person.email, "wrong-wrong", cafe);
  t.equal(await logIn(person.email, person.password, cafe), 401);
  t.equal(await logIn(person.email, person.password, HOME), 201);
});

void t.test("a place from which a thief came is known no more, once the holder has said so", async (t) => {
  const { server, guess } = await makeScene(t);
  const person = await makeUser(server);
  const logIn = async (password: string, from: string) => {
    const body = { data: { type: "sessions", attributes: { email: person.email, password } } };
    return await server.ask("POST", "/v1/sessions", { body, from });
  };
  const stolen = await logIn(person.password, AWAY);
  const attributes = { password: "stolen-lantern-4", currentPassword: person.password };
  await server.ask("PATCH", `/v1/users/${person.id}`, {
    token: String(stolen.body.data.attributes.token),
    body: { data: { type: "users", id: person.id, attributes } },
    from: AWAY,
  });
  const token = tokenIn(await newestMail(server, person.email), "not-me");
  t.equal((await server.ask("POST", "/v1/auth/not-me", { body: { data: { token } }, from: HOME })).status, 200);
  const link = tokenIn(await newestMail(server, person.email));
  const redemption = { data: { token: link, password: NEW_PASSWORD } };
  t.equal((await server.ask("PATCH", "/v1/auth/reset-password", { body: redemption, from: HOME })).status, 200);
  await guess(person.email, 10);
  t.equal((await logIn(NEW_PASSWORD, AWAY)).status, 401, "as from any new place");
  t.equal((await logIn(NEW_PASSWORD, HOME)).status, 201);
});

void t.test("of many guesses at once no more than a few get a look at the password", async (t) => {
  const { server, logIn } = await makeScene(t);
  const person = await makeUser(server);
  const wrong = Array.from({ length: 40 }, (_, n) => logIn(person.email, "wrong-wrong", `203.0.113.${String(n)}`));
  const right = logIn(person.email, person.password, AWAY);
  await Promise.all(wrong);
  t.equal(await right, 401, "the forty before it were wrong");
});

void t.test("a day without failures forgets them", async (t) => {
  const { server, guess, pass, logIn } = await makeScene(t);
  const person = await makeUser(server);
  await guess(person.email, 18);
  pass(24 * 3_600_000 + 1000);
  t.equal((await guess(person.email, 1))[0], 401);
  t.equal(await logIn(person.email, person.password, AWAY), 201);
});

void t.test(
  "nothing tells whether an address has an account: answers and statements are the same at every stage",
  async (t) => {
    const { server, logIn } = await makeScene(t);
    const person = await makeUser(server);
    const trails = new Map<string, string[]>();
    for (const email of [person.email, "nobody@example.org"]) {
      const trail: string[] = [];
      const note = ({ sql }: { sql: string }) => void trail.push(sql);
      server.db.on("query", note);
      for (let time = 0; time < 14; time += 1) {
        const answer = await server.ask("POST", "/v1/sessions", {
          body: { data: { type: "sessions", attributes: { email, password: "wrong-wrong" } } },
          from: `203.0.113.${String(time)}`,
        });
        const [{ id: _id, ...error }] = answer.body.errors;
        const { date: _date, "x-request-id": _requestId, ...headers } = answer.headers;
        trail.push(JSON.stringify({ status: answer.status, error, headers: { ...headers, "content-length": 0 } }));
      }
      server.db.off("query", note);
      trails.set(email, trail);
    }
    t.same(trails.get(person.email), trails.get("nobody@example.org"));
    t.equal(await logIn(person.email, person.password, AWAY), 401);
  },
);

void t.test("a right password that the pause refuses leaves the same trail as a wrong one", async (t) => {
  const { server, guess } = await makeScene(t);
  const person = await makeUser(server);
  await guess(person.email, 10);
  const trails: string[][] = [];
  for (const password of ["wrong-wrong", person.password]) {
    const body = { data: { type: "sessions", attributes: { email: person.email, password } } };
    const logIn = () => server.ask("POST", "/v1/sessions", { body, from: AWAY });
    const { result, statements } = await statementsOf(server.db, logIn);
    t.equal(result.status, 401);
    trails.push(statements);
  }
  t.same(trails[0], trails[1]);
});

void t.test("the current password is guarded alike", async (t) => {
  const { server } = await makeScene(t);
  const person = await makeUser(server);
  const change = (currentPassword: string) =>
    server.ask("PATCH", `/v1/users/${person.id}`, {
      token: person.token,
      body: { data: { type: "users", id: person.id, attributes: { password: NEW_PASSWORD, currentPassword } } },
      from: AWAY,
    });
  for (let time = 0; time < 10; time += 1) t.equal((await change("wrong-wrong")).status, 422);
  t.equal((await change(person.password)).status, 422, "a thief of the session who guesses it at last");
});
