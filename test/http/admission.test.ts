import { once } from "node:events";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import t from "tap";

import { registerAdmission, type AdmissionOptions } from "../../src/http/admission.ts";
import { registerLimits } from "../../src/http/limits.ts";
import { listen, makeServer, say, theError } from "../fixtures/bare-server.ts";

/** A server whose `/slow` answers when the test says so. */
async function makeBusy(test: Parameters<typeof makeServer>[0], options: AdmissionOptions) {
  const { app, log } = makeServer(test);
  await registerLimits(app, { global: null });
  registerAdmission(app, options);
  const finish: (() => void)[] = [];
  app.get("/slow", async () => {
    await new Promise<void>((resolve) => finish.push(resolve));
    return {};
  });
  app.get("/fast", (_request, reply) => reply.send({}));
  app.post("/take", (_request, reply) => reply.send({}));
  app.get("/broken", () => Promise.reject(new Error("broken")));
  app.get("/unsayable", (_request, reply) => reply.header("x-broken", "a\nb").send({}));
  app.get("/probe", { config: { rateLimit: false } }, (_request, reply) => reply.send({}));
  /** Puts so many to work, and waits until they are. */
  const occupy = async (count: number, from = "192.0.2.1") => {
    const already = finish.length;
    const answers = Array.from({ length: count }, () => app.inject({ url: "/slow", remoteAddress: from }));
    while (finish.length < already + count) await new Promise((resolve) => setTimeout(resolve, 2));
    return answers;
  };
  const release = () => {
    for (const one of finish.splice(0)) one();
  };
  const status = async (url: string, from = "192.0.2.1") => (await app.inject({ url, remoteAddress: from })).statusCode;
  return { app, log, finish, occupy, release, status };
}

async function untilServed(app: FastifyInstance): Promise<void> {
  while ((await app.inject("/fast")).statusCode !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
}

t.test("what is more than may be at work is 503 at once, and served when there is room again", async (t) => {
  const { app, log, occupy, release, status } = await makeBusy(t, { most: 3, mostOfOneClient: 3 });
  const slow = await occupy(3);
  const refused = await app.inject("/fast");
  t.equal(refused.statusCode, 503);
  t.equal(refused.headers["retry-after"], "1");
  t.equal(theError(refused.body).code, "service-unavailable");
  const told = log.filter(({ msg }) => msg === "request refused");
  t.match(told, [{ level: 40, route: "/fast", reason: /^Too many requests/ }]);
  t.notMatch(JSON.stringify(told), "stack");
  t.equal(await status("/probe"), 200, "probes are answered");
  t.equal(await status("/nothing"), 404, "what is no work is no matter");
  release();
  t.same(
    (await Promise.all(slow)).map(({ statusCode }) => statusCode),
    [200, 200, 200],
  );
  t.equal(await status("/fast"), 200);
});

t.test("one client has half of it, by its network, and the others the rest", async (t) => {
  const { occupy, release, status } = await makeBusy(t, { most: 4 });
  const slow = await occupy(2, "2001:db8::1");
  t.equal(await status("/fast", "2001:db8::2"), 503);
  t.equal(await status("/fast", "192.0.2.9"), 200);
  release();
  await Promise.all(slow);
  t.equal(await status("/fast", "2001:db8::2"), 200);
});

t.test("every way to end gives the place back", async (t) => {
  const { status } = await makeBusy(t, { most: 1, mostOfOneClient: 1 });
  for (const [url, expected] of [
    ["/broken", 500],
    ["/unsayable", 500],
    ["/fast", 200],
  ] as const) {
    for (let n = 0; n < 3; n += 1) t.equal(await status(url), expected, url);
  }
});

t.test("work whose client has gone still counts, until it is done", async (t) => {
  const { app, finish, release, status } = await makeBusy(t, { most: 1, mostOfOneClient: 1 });
  const { port } = await listen(app);
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  while (finish.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  socket.destroy();
  await once(socket, "close");
  t.equal(await status("/fast"), 503);
  release();
  await untilServed(app);
  t.equal(await status("/fast"), 200);
});

t.test("a body that comes slowly takes nobody's place", async (t) => {
  const { app, status } = await makeBusy(t, { most: 1, mostOfOneClient: 1 });
  const { port } = await listen(app);
  const socket = connect(port, "127.0.0.1");
  t.teardown(() => {
    socket.destroy();
  });
  socket.on("error", () => undefined);
  socket.write(
    "POST /take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{",
  );
  // The server says so when it has begun with the request.
  await once(socket, "data");
  t.equal(await status("/fast"), 200);
});

t.test("a connection that sends many requests at once gets the first ones served, in their order", async (t) => {
  const { app, finish, release } = await makeBusy(t, { most: 100 });
  const { port } = await listen(app);
  const request = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  const said = say(port, request("/slow") + request("/fast").repeat(38) + request("/fast", "Connection: close\r\n"));
  while (finish.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  release();
  const statuses = [...(await said).matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
  t.same(
    statuses.slice(0, 16),
    Array.from({ length: 16 }, () => "200"),
  );
  t.ok(statuses.slice(16).every((status) => status === "503"));
  t.ok(statuses.length > 16);
});
