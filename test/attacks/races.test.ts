import t from "tap";

import { makeApp, MEDIA_TYPE, type TestApp } from "../fixtures/app.ts";
import { hasher } from "../fixtures/accounts.ts";
import { logIn, makeAdmin, makeUser, newestMail, tokenIn, type Person } from "../fixtures/people.ts";

const PATH = "/v1/auth/reset-password";

/** A server that listens: requests come over connections of their own, and meet as they please. */
async function makeListening(t: Parameters<typeof makeApp>[0], environment: Record<string, string> = {}) {
  const server = await makeApp(t, { PUBLIC_URL: "", PORT: "0", ...environment });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const send = async (method: string, path: string, body?: object, token?: string) => {
    const type =
      path === PATH
        ? "application/json"
        : path === "/v1/operations"
          ? `${MEDIA_TYPE};ext="https://jsonapi.org/ext/atomic"`
          : MEDIA_TYPE;
    const response = await fetch(server.publicUrl() + path, {
      method,
      headers: {
        accept: type,
        ...(body === undefined ? {} : { "content-type": type }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  return { server, send };
}

async function mailedToken(server: TestApp, person: Person): Promise<string> {
  await server.ask("POST", PATH, { body: { data: { email: person.email } } });
  return tokenIn(await newestMail(server, person.email));
}

/** Begins all of them in an order of chance. */
async function allAtOnce<Result>(starts: Readonly<Record<string, () => Promise<Result>>>) {
  const shuffled = Object.entries(starts).sort(() => Math.random() - 0.5);
  const results = await Promise.all(shuffled.map(async ([name, start]) => [name, await start()] as const));
  return Object.fromEntries(results);
}

void t.test("forty at once with one token over the network: exactly one wins, all others get one answer", async (t) => {
  const { server, send } = await makeListening(t);
  const person = await makeUser(server);
  const token = await mailedToken(server, person);
  const passwords = Array.from({ length: 40 }, (_, i) => `racing-walnut-${String(i)}`);
  const answers = await Promise.all(passwords.map((password) => send("PATCH", PATH, { data: { token, password } })));
  const winners = answers.flatMap(({ status }, i) => (status === 200 ? [passwords[i] ?? ""] : []));
  t.equal(winners.length, 1);
  const losers = answers.filter(({ status }) => status !== 200);
  t.ok(losers.every(({ status }) => status === 404));
  t.equal(new Set(losers.map(({ text }) => text.replace(/"id":"[^"]+"/, ""))).size, 1);
  const row = await server.db("users").where({ id: person.id }).first();
  t.equal((await hasher.verify(row?.password ?? null, winners[0] ?? "")).matches, true);
  await server.worker.drain();
  const notices = server.mailbox?.list().filter(({ mail }) => mail.tag === "password-changed");
  t.equal(notices?.length, 1, "one change is told once");
});

void t.test(
  "two redemptions, a password change, an email change and a deletion at once, many rounds: a link that wins wins alone",
  async (t) => {
    const { server, send } = await makeListening(t);
    for (let round = 0; round < 15; round += 1) {
      await server.worker.drain();
      const person = await makeUser(server);
      const elsewhere = await logIn(server, person);
      const token = await mailedToken(server, person);
      const url = `/v1/users/${person.id}`;
      const currentPassword = person.password;
      const change = (attributes: object) =>
        send(
          "PATCH",
          url,
          { data: { type: "users", id: person.id, attributes: { ...attributes, currentPassword } } },
          person.token,
        );
      const moved = `moved${String(round)}@example.org`;
      const { first, second, password, email, end } = await allAtOnce({
        first: () => send("PATCH", PATH, { data: { token, password: "first-walnut-1" } }),
        second: () => send("PATCH", PATH, { data: { token, password: "second-walnut-2" } }),
        password: () => change({ password: "third-walnut-3" }),
        email: () => change({ email: moved }),
        // Not in every round: whoever is gone shows nothing of the others.
        ...(round % 3 === 0 ? { end: () => send("DELETE", url, undefined, person.token) } : {}),
      });
      const won = (answer: { status: number } | undefined) => answer !== undefined && answer.status < 300;
      const outcome = JSON.stringify([first, second, password, email, end].map((answer) => answer?.status));

      const links = [first, second].filter(won).length;
      const others = [password, email, end].filter(won).length;
      t.ok(links === 1 ? others === 0 : links === 0 && others > 0, `${outcome}: a link or the others`);
      for (const answer of [first, second]) t.ok([200, 404].includes(answer?.status ?? 0), outcome);
      for (const answer of [password, email]) t.ok([200, 401, 404, 409, 422].includes(answer?.status ?? 0), outcome);

      const row = await server.db("users").where({ id: person.id }).first();
      const sessions = await server.db("sessions").where({ user_id: person.id }).pluck("id");
      t.equal(row === undefined, won(end), `${outcome}: gone if it was deleted`);
      t.notOk(sessions.includes(elsewhere.sessionId), "no session of before but the one that made the change");
      if (row === undefined) {
        t.same(sessions, []);
        continue;
      }
      t.same(sessions, links === 1 ? [] : [person.sessionId]);
      t.same([row.reset_password, row.reset_password_expires_at], [null, null], "no link is left");
      t.equal(row.email, won(email) ? moved : person.email);
      const present = won(first)
        ? "first-walnut-1"
        : won(second)
          ? "second-walnut-2"
          : won(password)
            ? "third-walnut-3"
            : person.password;
      for (const tried of ["first-walnut-1", "second-walnut-2", "third-walnut-3", person.password]) {
        t.equal((await hasher.verify(row.password, tried)).matches, tried === present, `${outcome}: ${tried}`);
      }
      await server.worker.drain();
      const mails = server.mailbox?.list().map(({ mail }) => mail) ?? [];
      const told = mails.filter(({ to, tag }) => [person.email, moved].includes(to) && tag !== "reset");
      const expected = [
        ...(won(email) ? [`email-changed to ${person.email}`] : []),
        ...(links === 1 || won(password) ? [`password-changed to ${row.email}`] : []),
      ];
      t.same(told.map(({ to, tag }) => `${tag} to ${to}`).sort(), expected, "each change is told once");
    }
  },
);

void t.test("two admins who take each other's role at once: one of them stays", async (t) => {
  const { server, send } = await makeListening(t);
  const role = await server.db("roles").where({ name: "admin" }).first("id");
  const data = [{ type: "roles", id: role?.id ?? "" }];
  for (let round = 0; round < 6; round += 1) {
    const [ada, eve] = [await makeAdmin(server), await makeAdmin(server)];
    const take = (from: Person, by: Person) =>
      send("DELETE", `/v1/users/${from.id}/relationships/roles`, { data }, by.token);
    const results = await allAtOnce({ ada: () => take(ada, eve), eve: () => take(eve, ada) });
    const statuses = Object.values(results).map(({ status }) => status);
    // 404: whose role went before their request was looked at does not see others any more.
    t.same(
      statuses.filter((status) => ![204, 403, 404, 409, 503].includes(status)),
      [],
    );
    const left = await server.db("user_roles").whereIn("user_id", [ada.id, eve.id]).pluck("user_id");
    t.equal(left.length, 2 - statuses.filter((status) => status === 204).length);
    t.ok(left.length > 0, "there is an admin");
    if (left.length === 2) continue;
    await server.db("user_roles").delete();
  }
});

void t.test(
  "two who write the same rows in opposite order: each does all of it, or nothing and may try again",
  async (t) => {
    const { server, send } = await makeListening(t);
    const admins = [await makeAdmin(server), await makeAdmin(server)];
    const [one, two] = [await makeUser(server), await makeUser(server)];
    const rename = (people: readonly Person[], firstName: string, admin: Person | undefined) => {
      const operations = people.map(({ id }) => ({
        op: "update",
        data: { type: "users", id, attributes: { firstName } },
      }));
      return send("POST", "/v1/operations", { "atomic:operations": operations }, admin?.token);
    };
    for (let round = 0; round < 5; round += 1) {
      const results = await allAtOnce({
        forth: () => rename([one, two], `forth ${String(round)}`, admins[0]),
        back: () => rename([two, one], `back ${String(round)}`, admins[1]),
      });
      const statuses = Object.values(results).map(({ status }) => status);
      t.ok(statuses.includes(200) && statuses.every((status) => status === 200 || status === 503), statuses.join());
      const names = await server.db("users").whereIn("id", [one.id, two.id]).pluck("first_name");
      t.equal(names[0], names[1], "both rows are one's or the other's");
      t.match(names[0], new RegExp(`(?:forth|back) ${String(round)}`));
    }
  },
);

void t.test("logins with the old password while a link is used: no session of them outlives it", async (t) => {
  const { server, send } = await makeListening(t);
  for (let round = 0; round < 8; round += 1) {
    const person = await makeUser(server);
    const token = await mailedToken(server, person);
    const { email, password } = person;
    const logins = Array.from({ length: 6 }, (_, i) => [
      `login${String(i)}`,
      () => send("POST", "/v1/sessions", { data: { type: "sessions", attributes: { email, password } } }),
    ]);
    const { set, ...others } = await allAtOnce<{ status: number }>({
      ...(Object.fromEntries(logins) as Record<string, () => Promise<{ status: number }>>),
      set: () => send("PATCH", PATH, { data: { token, password: "thistle-harbor-7" } }),
    });
    t.equal(set?.status, 200);
    // 204: logged in, and over before the answer was written.
    t.same(
      [...new Set(Object.values(others).map(({ status }) => status))].filter(
        (status) => ![201, 204, 401].includes(status),
      ),
      [],
    );
    t.same(await server.db("sessions").where({ user_id: person.id }).select("id"), []);
  }
});

void t.test("a link used while a newer one is mailed: one of them is good, and only one", async (t) => {
  const { server, send } = await makeListening(t);
  for (let round = 0; round < 8; round += 1) {
    const person = await makeUser(server);
    const token = await mailedToken(server, person);
    const redeem = (by: string, password: string) => send("PATCH", PATH, { data: { token: by, password } });
    const { set } = await allAtOnce<{ status: number }>({
      set: () => redeem(token, "thistle-harbor-7"),
      mail: async () => {
        const asked = await send("POST", PATH, { data: { email: person.email } });
        await server.worker.drain();
        return asked;
      },
    });
    if (set?.status === 404) {
      const newer = tokenIn(
        server.mailbox?.list().find(({ mail }) => mail.to === person.email && mail.tag === "reset")?.mail,
      );
      t.not(newer, token);
      t.equal((await redeem(newer, "harbor-thistle-8")).status, 200);
    } else {
      t.equal(set?.status, 200);
    }
    t.equal((await redeem(token, "harbor-thistle-9")).status, 404, "in the end the first one is void");
  }
});

void t.test(
  "fifty guesses at once at the present password, by a stolen session, are no more than the rate",
  async (t) => {
    const { server, send } = await makeListening(t, { LOGIN_LIMIT_PER_IP: "5/60" });
    const person = await makeUser(server);
    const guess = (currentPassword: string) => {
      const attributes = { password: "thief-walnut-1", currentPassword };
      return send(
        "PATCH",
        `/v1/users/${person.id}`,
        { data: { type: "users", id: person.id, attributes } },
        person.token,
      );
    };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => guess(`guess-${String(i)}`)));
    t.equal(answers.filter(({ status }) => status === 422).length, 5);
    t.equal(answers.filter(({ status }) => status === 429).length, 45);
    t.equal((await guess(person.password)).status, 429, "a right one in the end comes too late");
  },
);
