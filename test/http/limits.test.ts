import { randomUUID } from "node:crypto";
import t from "tap";

import { notFound, unauthorized, unknownResetToken, wrongCredentials } from "../../src/errors/catalogue.ts";
import { failureLimiter, type LimitsOptions, registerLimits, requestLimiter } from "../../src/http/limits.ts";
import { makeServer, theError } from "../fixtures/bare-server.ts";
import { startRedis } from "../fixtures/servers.ts";

type Test = Parameters<typeof makeServer>[0];

const redis = await startRedis();
t.teardown(() => redis.stop());

/** Where counters may be: every test of what a client meets runs with each of them. */
const STORES = {
  "in the process": () => undefined,
  "in Redis": () => ({ url: redis.url(), prefix: `${randomUUID()}:`, patience: 20_000 }),
} as const satisfies Record<string, () => LimitsOptions["redis"]>;

type Store = ReturnType<(typeof STORES)[keyof typeof STORES]>;

async function limited(test: Test, store: Store, max: number, windowSeconds = 60) {
  const { app } = makeServer(test);
  await registerLimits(app, { global: null, redis: store });
  app.get("/a", { preHandler: requestLimiter(app, "a", { max, windowSeconds }) }, (_request, reply) => reply.send({}));
  app.get("/b", { preHandler: requestLimiter(app, "b", { max, windowSeconds }) }, (_request, reply) => reply.send({}));
  return app;
}

/** A server whose `GET /try?ok` succeeds and whose `GET /try` fails, with 401 or what `thrown` makes. */
async function guarded(
  test: Test,
  store: Store,
  max: number,
  thrown: () => Error = wrongCredentials,
  counters?: number,
) {
  const { app } = makeServer(test);
  await registerLimits(app, { global: null, redis: store });
  const failures = failureLimiter(app, "login", { max, windowSeconds: 60 }, counters);
  let runs = 0;
  app.get("/try", (request) =>
    failures.attempt(request, async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (!("ok" in (request.query as object))) throw thrown();
      return {};
    }),
  );
  return { app, failures, runs: () => runs };
}

for (const [where, store] of Object.entries(STORES)) {
  void t.test(`requests beyond the rate are 429, and every answer tells how many are left, ${where}`, async (t) => {
    const app = await limited(t, store(), 2);
    const seen: unknown[] = [];
    for (let n = 0; n < 3; n++) {
      const { statusCode, headers } = await app.inject("/a");
      seen.push([statusCode, headers["ratelimit-limit"], headers["ratelimit-remaining"], headers["retry-after"]]);
      t.ok(Number(headers["ratelimit-reset"]) > 50 && Number(headers["ratelimit-reset"]) <= 60);
    }
    t.match(seen, [
      [200, "2", "1", undefined],
      [200, "2", "0", undefined],
      [429, "2", "0", /^(59|60)$/],
    ]);
    t.equal(theError((await app.inject("/a")).body).code, "too-many-requests");
  });

  void t.test(`each limiter and each client is counted by itself, ${where}`, async (t) => {
    const app = await limited(t, store(), 1);
    t.equal((await app.inject("/a")).statusCode, 200);
    t.equal((await app.inject("/a")).statusCode, 429);
    t.equal((await app.inject("/b")).statusCode, 200);
    t.equal((await app.inject({ url: "/a", remoteAddress: "192.0.2.1" })).statusCode, 200);
  });

  void t.test(`an IPv6 client is its /64, an IPv4-mapped one its IPv4 address, ${where}`, async (t) => {
    const app = await limited(t, store(), 1);
    const from = async (remoteAddress: string) => (await app.inject({ url: "/a", remoteAddress })).statusCode;
    t.equal(await from("2001:db8:1:2::1"), 200);
    t.equal(await from("2001:db8:1:2:ffff::9"), 429);
    t.equal(await from("2001:db8:1:3::1"), 200);
    t.equal(await from("192.0.2.7"), 200);
    t.equal(await from("::ffff:192.0.2.7"), 429);
    t.equal(await from("::ffff:192.0.2.8"), 200);
    t.equal(await from("fe80::1%eth0"), 200);
  });

  void t.test(`after the window a client may again, ${where}`, async (t) => {
    const app = await limited(t, store(), 1, 1);
    t.equal((await app.inject("/a")).statusCode, 200);
    t.equal((await app.inject("/a")).statusCode, 429);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    t.equal((await app.inject("/a")).statusCode, 200);
  });

  void t.test(
    `the global limit counts every request, also of unknown URLs, but no route that is exempt, ${where}`,
    async (t) => {
      const { app } = makeServer(t);
      await registerLimits(app, { global: { max: 2, windowSeconds: 60 }, redis: store() });
      app.get("/probe", { config: { rateLimit: false } }, (_request, reply) => reply.send({}));
      t.equal((await app.inject("/nothing")).statusCode, 404);
      t.equal((await app.inject("/nothing")).statusCode, 404);
      t.equal((await app.inject("/nothing")).statusCode, 429);
      t.equal((await app.inject("/probe")).statusCode, 200);
    },
  );

  void t.test(`only failures count, and after too many nothing is run any more, ${where}`, async (t) => {
    const { app, runs } = await guarded(t, store(), 2);
    for (let n = 0; n < 5; n++) t.equal((await app.inject("/try?ok")).statusCode, 200);
    t.equal((await app.inject("/try")).statusCode, 401);
    t.equal((await app.inject("/try")).statusCode, 401);
    const refused = await app.inject("/try?ok");
    t.equal(refused.statusCode, 429);
    t.ok(Number(refused.headers["retry-after"]) > 50);
    t.equal(refused.headers["ratelimit-remaining"], "0");
    t.equal(runs(), 7);
    t.equal((await app.inject({ url: "/try?ok", remoteAddress: "192.0.2.1" })).statusCode, 200);
  });

  void t.test(`a hundred guesses at once are no more than the rate, ${where}`, async (t) => {
    const { app, runs } = await guarded(t, store(), 5);
    const answers = await Promise.all(Array.from({ length: 100 }, () => app.inject("/try")));
    t.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 5);
    t.equal(answers.filter(({ statusCode }) => statusCode === 429).length, 95);
    t.equal(runs(), 5);
    t.equal((await app.inject("/try")).statusCode, 429);
  });

  void t.test(`attempts that went well leave nothing behind, ${where}`, async (t) => {
    const { app } = await guarded(t, store(), 3);
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 3 }, () => app.inject("/try?ok")));
      t.same(
        answers.map(({ statusCode }) => statusCode),
        [200, 200, 200],
      );
    }
  });

  void t.test(`an unknown token is a failure; whatever is no wrong guess is none, ${where}`, async (t) => {
    const wrong = await guarded(t, store(), 1, unknownResetToken);
    t.equal((await wrong.app.inject("/try")).statusCode, 404);
    t.equal((await wrong.app.inject("/try")).statusCode, 429);
    for (const [thrown, status] of [
      [notFound, 404],
      [() => unauthorized(true), 401],
      [() => new Error("broken"), 500],
    ] as const) {
      const other = await guarded(t, store(), 1, thrown);
      t.equal((await other.app.inject("/try")).statusCode, status);
      t.equal((await other.app.inject("/try")).statusCode, status);
    }
  });
}

void t.test("many other clients do not make the server forget one", async (t) => {
  const app = await limited(t, undefined, 1);
  t.equal((await app.inject({ url: "/a", remoteAddress: "192.0.2.1" })).statusCode, 200);
  for (let n = 0; n < 6000; n++) {
    await app.inject({ url: "/a", remoteAddress: `10.0.${String(n >> 8)}.${String(n & 255)}` });
  }
  t.equal((await app.inject({ url: "/a", remoteAddress: "192.0.2.1" })).statusCode, 429);
});

void t.test("no more counters are kept than may be: the one that was used least lately is forgotten", async (t) => {
  const { app } = makeServer(t);
  await registerLimits(app, { global: null });
  const limit = requestLimiter(app, "a", { max: 1, windowSeconds: 60 }, 3);
  app.get("/a", { preHandler: limit }, (_request, reply) => reply.send({}));
  const from = async (remoteAddress: string) => (await app.inject({ url: "/a", remoteAddress })).statusCode;
  for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) t.equal(await from(address), 200);
  t.equal(await from("192.0.2.1"), 429, "three are kept");
  t.equal(await from("192.0.2.4"), 200);
  t.equal(await from("192.0.2.1"), 429, "who goes on trying is not forgotten");
  t.equal(await from("192.0.2.2"), 200, "who was silent is");
});

void t.test("however many clients fail, nothing of them is kept beside so many counters", async (t) => {
  const { app, failures } = await guarded(t, undefined, 1, wrongCredentials, 10);
  const from = (n: number) => ({ url: "/try", remoteAddress: `10.0.${String(n >> 8)}.${String(n & 255)}` });
  const running = Array.from({ length: 500 }, (_, n) => app.inject(from(n)));
  const statuses = (await Promise.all(running)).map(({ statusCode }) => statusCode);
  t.ok(statuses.every((status) => status === 401));
  t.equal(failures.clients, 0);
  t.equal((await app.inject(from(499))).statusCode, 429);
  t.equal((await app.inject(from(0))).statusCode, 401, "the first ones are forgotten");
});
