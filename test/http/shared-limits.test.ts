import { randomUUID } from "node:crypto";
import { connect, createServer, type AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import t from "tap";

import { wrongCredentials } from "../../src/errors/catalogue.ts";
import type { Event } from "../../src/events/event.ts";
import { failureLimiter, registerLimits, requestLimiter } from "../../src/http/limits.ts";
import { makeApp } from "../fixtures/app.ts";
import { makeServer } from "../fixtures/bare-server.ts";
import { freePort, type RunningServer, startRedis } from "../fixtures/servers.ts";
import { until } from "../fixtures/until.ts";

type Test = Parameters<typeof makeServer>[0];

const shared = await startRedis();
t.teardown(() => shared.stop());
// Most of the time here passes by waiting.
t.jobs = 8;

const newPrefix = () => `${randomUUID()}:`;

/** Longer than any machine makes Redis wait (milliseconds): where it is not about slowness. */
const patience = 20_000;

/** One instance: `GET /ask` is limited, `GET /try` always fails and is limited by that. */
async function instance(test: Test, redis: { url: string; prefix: string; patience?: number }, max: number) {
  const { app } = makeServer(test);
  const events: Event["type"][] = [];
  const reasons: string[] = [];
  const observe = (event: Event) => {
    if (event.type !== "limit.exceeded" && event.type !== "limits.late") events.push(event.type);
    if (event.type === "limits.unshared") reasons.push(event.reason);
  };
  await registerLimits(app, { global: null, redis, observe });
  const rate = { max, windowSeconds: 60 };
  const failures = failureLimiter(app, "failures", rate);
  let runs = 0;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  test.teardown(release);
  app.get("/ask", { preHandler: requestLimiter(app, "a", rate) }, (_request, reply) => reply.send({}));
  app.get("/try", (request) =>
    failures.attempt(request, async () => {
      runs += 1;
      await sleep(20);
      throw wrongCredentials();
    }),
  );
  app.get("/hold", (request) =>
    failures.attempt(request, async () => {
      await held;
      return {};
    }),
  );
  // On a slow machine the server is there before Redis has answered.
  await until(() => events.length > 0);
  return {
    app,
    events,
    reasons,
    runs: () => runs,
    release: () => {
      release();
    },
    status: async (url: string, remoteAddress = "192.0.2.1") => (await app.inject({ url, remoteAddress })).statusCode,
  };
}

/** Does something to a Redis as its operator. */
async function administer(redis: RunningServer, ...commands: readonly (readonly [string, ...string[]])[]) {
  const client = new Redis(redis.url(), {
    retryStrategy: () => null,
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  });
  client.on("error", () => undefined);
  try {
    const answers: unknown[] = [];
    for (const [command, ...values] of commands) answers.push(await client.call(command, ...values));
    return answers;
  } finally {
    client.disconnect();
  }
}

void t.test("three instances count together, and two installations apart", async (t) => {
  const redis = { url: shared.url(), prefix: newPrefix(), patience };
  const all = [await instance(t, redis, 4), await instance(t, redis, 4), await instance(t, redis, 4)];
  const seen: unknown[] = [];
  for (let n = 0; n < 6; n += 1) {
    const answer = await all[n % 3]?.app.inject("/ask");
    seen.push([answer?.statusCode, answer?.headers["ratelimit-remaining"]]);
  }
  const refused = [429, "0"];
  t.same(seen, [[200, "3"], [200, "2"], [200, "1"], [200, "0"], refused, refused]);
  const other = await instance(t, { ...redis, prefix: newPrefix() }, 4);
  t.equal(await other.status("/ask", "127.0.0.1"), 200);
  t.same(other.events, ["limits.shared"]);
});

void t.test("a hundred guesses at once, spread over three instances, are no more than the rate", async (t) => {
  const redis = { url: shared.url(), prefix: newPrefix(), patience };
  const one = await instance(t, redis, 5);
  const all = [one, await instance(t, redis, 5), await instance(t, redis, 5)];
  const guesses = Array.from({ length: 100 }, (_, n) => (all[n % 3] ?? one).status("/try"));
  const statuses = await Promise.all(guesses);
  t.equal(statuses.filter((status) => status === 401).length, 5);
  t.equal(statuses.filter((status) => status === 429).length, 95);
  t.equal(
    all.reduce((sum, { runs }) => sum + runs(), 0),
    5,
  );
  for (const { status } of all) t.equal(await status("/try"), 429);
});

void t.test(
  "an attempt that runs counts everywhere, and that of an instance that died until its lease is over",
  async (t) => {
    const redis = { url: shared.url(), prefix: newPrefix(), patience };
    const dying = await instance(t, redis, 1);
    const other = await instance(t, redis, 1);
    const held = dying.app.inject({ url: "/hold", remoteAddress: "192.0.2.1" });
    const key = `${redis.prefix}{failures:192.0.2.1}:running`;
    const running = async () => (await administer(shared, ["zrange", key, "0", "-1", "withscores"]))[0] as string[];
    await until(async () => (await running()).length > 0);

    const refused = await other.app.inject({ url: "/try", remoteAddress: "192.0.2.1" });
    t.same([refused.statusCode, refused.headers["retry-after"]], [429, "1"]);
    t.equal(await other.status("/try", "192.0.2.2"), 401, "nobody else is refused");

    const [member = "", end = ""] = await running();
    t.ok(Number(end) > Date.now() && Number(end) <= Date.now() + 60_000, "it ends within a minute");
    const [left] = await administer(shared, ["pttl", key], ["zadd", key, String(Date.now() - 1), member]);
    t.ok(Number(left) > 0 && Number(left) <= 60_000, "and nothing stays");
    t.equal(await other.status("/try"), 401);
    dying.release();
    t.equal((await held).statusCode, 200);
  },
);

void t.test("every key has an end, and none is kept when attempts went well", async (t) => {
  const redis = { url: shared.url(), prefix: newPrefix(), patience };
  const one = await instance(t, redis, 2);
  const holding = one.app.inject({ url: "/hold", remoteAddress: "192.0.2.9" });
  await one.status("/ask");
  await one.status("/try");
  one.release();
  await holding;
  const [keys] = (await administer(shared, ["keys", `${redis.prefix}*`])) as [string[]];
  const names = keys.map((key) => key.slice(redis.prefix.length)).filter((name) => name !== "probe");
  t.same(names.sort(), ["a:192.0.2.1", "{failures:192.0.2.1}"]);
  for (const key of keys) {
    const [left] = await administer(shared, ["pttl", key]);
    t.ok(Number(left) > 0 && Number(left) <= 60_000, `${key} ${String(left)}`);
  }
});

interface Trouble {
  spoil(redis: RunningServer): Promise<unknown>;
  mend(redis: RunningServer): Promise<RunningServer | undefined>;
  /** What is told where it was so from the start, and where it came later. */
  readonly reasons: readonly [string, string];
  readonly patience?: number;
}

const operator = (...commands: Parameters<typeof administer>[1][]) => ({
  async do(redis: RunningServer): Promise<undefined> {
    await administer(redis, ...commands);
  },
});

const signal = (name: NodeJS.Signals) => async (redis: RunningServer) => {
  process.kill(redis.pid, name);
  return Promise.resolve(undefined);
};

const TROUBLES: Readonly<Record<string, Trouble>> = {
  "is gone, and comes back empty": {
    spoil: (redis) => redis.stop(),
    mend: ({ port }) => startRedis(port),
    reasons: ["ECONNREFUSED", "closed"],
  },
  "takes connections and never answers": {
    spoil: signal("SIGSTOP"),
    mend: signal("SIGCONT"),
    reasons: ["no answer in time", "no answer in time"],
    patience: 1000,
  },
  "is full": {
    spoil: operator(["config", "set", "maxmemory", "1"]).do,
    mend: operator(["config", "set", "maxmemory", "0"]).do,
    reasons: ["OOM", "OOM"],
  },
  "is a replica that may not be written to": {
    spoil: operator(["replicaof", "127.0.0.1", "1"]).do,
    mend: operator(["replicaof", "no", "one"]).do,
    reasons: ["READONLY", "READONLY"],
  },
  "wants another password": {
    spoil: operator(
      ["acl", "setuser", "operator", "on", "nopass", "+@all", "~*"],
      ["config", "set", "requirepass", "other"],
      ["client", "kill", "type", "normal"],
    ).do,
    mend: operator(["auth", "operator", "x"], ["config", "set", "requirepass", ""]).do,
    reasons: ["NOAUTH", "closed"],
  },
};

for (const [name, { spoil, mend, reasons, ...trouble }] of Object.entries(TROUBLES)) {
  void t.test(`a Redis that ${name}: each instance counts by itself meanwhile`, { buffered: true }, async (t) => {
    let redis = await startRedis();
    t.teardown(async () => {
      process.kill(redis.pid, "SIGCONT");
      await redis.stop();
    });
    const options = { url: redis.url(), prefix: newPrefix(), patience: trouble.patience ?? patience };
    const max = 4;

    await spoil(redis);
    const one = await instance(t, options, max);
    for (let n = 0; n < max; n += 1) t.equal(await one.status("/ask", "192.0.2.8"), 200, "before it was ever there");
    t.equal(await one.status("/ask", "192.0.2.8"), 429, "the limit holds");
    redis = (await mend(redis)) ?? redis;
    await until(() => one.events.length > 1);
    t.same(one.events, ["limits.unshared", "limits.shared"]);

    const other = await instance(t, options, max);
    for (let n = 0; n < max - 1; n += 1) t.equal(await other.status("/ask"), 200, "now it is shared");
    t.equal((await one.app.inject({ url: "/ask", remoteAddress: "192.0.2.1" })).headers["ratelimit-remaining"], "0");

    await spoil(redis);
    t.equal(await one.status("/ask"), 429, "it goes on from what it knew");
    const statuses = await Promise.all(Array.from({ length: 30 }, () => one.status("/try", "192.0.2.3")));
    t.equal(statuses.filter((status) => status === 401).length, max, "failures are limited too");
    t.equal(statuses.filter((status) => status === 429).length, 30 - max);
    await until(() => one.events.length > 2);
    redis = (await mend(redis)) ?? redis;
    await until(() => one.events.length > 3 && other.events.at(-1) === "limits.shared");
    t.same(one.events.slice(2), ["limits.unshared", "limits.shared"], "which is told once");
    t.same(one.reasons, reasons);

    t.equal(await one.status("/try", "192.0.2.3"), 429);
    t.equal(await other.status("/try", "192.0.2.3"), 429, "what was counted without it counts for all");
  });
}

void t.test("while it does not answer it is not asked, and nobody waits for it, not even the end", async (t) => {
  const redis = await startRedis();
  t.teardown(async () => {
    process.kill(redis.pid, "SIGCONT");
    await redis.stop();
  });
  const one = await instance(t, { url: redis.url(), prefix: newPrefix() }, 1000);
  const calls = async () => {
    const [stats] = await administer(redis, ["info", "commandstats"]);
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(stats))?.[1]);
  };
  const before = await calls();
  process.kill(redis.pid, "SIGSTOP");
  for (let n = 0; n < 100; n += 1) t.equal(await one.status("/ask"), 200);
  await one.app.close();
  process.kill(redis.pid, "SIGCONT");
  const asked = (await calls()) - before;
  t.ok(asked < 20, `${String(asked)} times for a hundred requests`);
});

void t.test("one that is slow is as good as away, and does not come and go", { buffered: true }, async (t) => {
  let delay = 400;
  const gate = createServer((client) => {
    const upstream = connect(shared.port, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("data", (chunk: Buffer) => {
        setTimeout(() => to.write(chunk), delay / 2);
      });
      from.on("error", () => undefined);
      from.on("close", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  t.teardown(() => {
    gate.close();
  });
  await new Promise((resolve) => gate.once("listening", resolve));
  const { port } = gate.address() as AddressInfo;
  const one = await instance(t, { url: `redis://127.0.0.1:${String(port)}`, prefix: newPrefix() }, 2);
  for (const status of [200, 200, 429]) t.equal(await one.status("/ask"), status);
  // Long enough for further tries.
  await sleep(2500);
  t.same(one.reasons, ["no answer in time"]);
  delay = 0;
  await until(() => one.events.length > 1);
  delay = 400;
  await until(async () => (await one.status("/ask", "192.0.2.2")) !== 200 && one.events.length > 2);
  t.same(one.events, ["limits.unshared", "limits.shared", "limits.unshared"]);
});

void t.test("the server says how it is in its log and metrics, and never with which password", async (t) => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().trim().split("\n"));
      done();
    },
  });
  const gauge = async (url: string | undefined) => {
    const environment = { GLOBAL_LIMIT_PER_IP: "100/60", ...(url === undefined ? {} : { REDIS_URL: url }) };
    const server = await makeApp(t, environment, { logger: { level: "trace", stream } });
    await server.ask("GET", "/v1/users");
    const metric = async (name: string) =>
      new RegExp(`^${name} (.*)$`, "m").exec((await server.ask("GET", "/metrics")).text)?.[1];
    if (url !== undefined) await until(async () => (await metric("rekey_shared_limits")) !== undefined);
    return [await metric("rekey_shared_limits"), await metric("rekey_shared_limits_lost_total")];
  };
  t.same(await gauge(undefined), [undefined, "0"]);
  t.same(await gauge(shared.url(3)), ["1", "0"]);
  const password = "walnut%20orbit";
  const port = await freePort();
  t.same(await gauge(`redis://:${password}@127.0.0.1:${String(port)}/3`), ["0", "1"]);
  const locked = await startRedis();
  t.teardown(() => locked.stop());
  await administer(locked, ["config", "set", "requirepass", "walnut orbit"]);
  t.same(await gauge(`redis://:${password}@127.0.0.1:${String(locked.port)}`), ["1", "0"]);
  t.same(await gauge(`redis://:copper%20lantern@127.0.0.1:${String(locked.port)}`), ["0", "1"]);

  const told = lines
    .map((line) => JSON.parse(line) as { msg: string; reason?: string })
    .filter(({ msg }) => /^limits\./.test(msg));
  t.same(
    told.map(({ msg, reason }) => [msg, reason]),
    [
      ["limits.shared", undefined],
      ["limits.unshared", "ECONNREFUSED"],
      ["limits.shared", undefined],
      ["limits.unshared", "WRONGPASS"],
    ],
  );
  t.notMatch(lines.join("\n"), /walnut|lantern/);
});
