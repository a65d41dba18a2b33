import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import t from "tap";

import { listen, makeServer, say, theError } from "../fixtures/bare-server.ts";

const timeouts = { headers: 300, request: 500 };

t.test("a request whose headers do not end is cut with 408", async (t) => {
  const { app } = makeServer(t, { timeouts });
  const { port } = await listen(app);
  const start = performance.now();
  const answer = await say(port, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  t.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  t.match(answer, "\r\nVary: Accept\r\n");
  t.equal(theError(answer.split("\r\n\r\n")[1] ?? "").status, "408");
  t.ok(performance.now() - start < 3000);
});

t.test("a body that does not end is cut with 408, and is no error of ours", async (t) => {
  const { app, log } = makeServer(t, { timeouts });
  app.post("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const answer = await say(
    port,
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":',
  );
  t.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(
    log.filter(({ level }) => level > 30),
    [],
  );
});

t.test("a client that goes away while it sends is no error of ours", async (t) => {
  const { app, log } = makeServer(t);
  app.post("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const socket = connect(port, "127.0.0.1");
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(
    log.filter(({ level }) => level > 30),
    [],
  );
  t.match(
    log.find(({ msg }) => msg.startsWith("request")),
    { method: "POST", route: "/" },
  );
});

t.test("a second request on a connection is served after a refused body", async (t) => {
  const { app } = makeServer(t);
  app.post("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const answer = await say(
    port,
    `${head}Content-Length: 1\r\n\r\n{${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`,
  );
  t.match(answer, /^HTTP\/1\.1 400 [^]*HTTP\/1\.1 200 OK/);
});

/** Sends `GET /slow` on a connection that is kept open, and gives the status and `Connection` header of its answer. */
function getSlow(port: number, agent: Agent): Promise<{ status: number | undefined; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path: "/slow", agent }, (answer) => {
      answer.resume().on("end", () => {
        resolve({ status: answer.statusCode, connection: answer.headers.connection });
      });
    })
      .on("error", reject)
      .end();
  });
}

t.test("closing finishes the request at hand and waits for nothing else", async (t) => {
  const { app } = makeServer(t);
  let arrived = (): void => undefined;
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  app.get("/slow", async () => {
    arrived();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return {};
  });
  app.get("/fast", (_request, reply) => reply.send({}));
  const { port } = await listen(app);

  const agent = new Agent({ keepAlive: true });
  t.teardown(() => {
    agent.destroy();
  });
  const idle = connect(port, "127.0.0.1");
  idle.write("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(idle, "data");
  idle.resume();
  const silent = connect(port, "127.0.0.1").resume();
  await once(silent, "connect");

  const answer = getSlow(port, agent);
  await arrival;
  const start = performance.now();
  await app.close();
  const took = performance.now() - start;
  t.same(await answer, { status: 200, connection: "close" });
  t.ok(took > 150 && took < 1500, `closed after ${String(took)} ms`);
});

t.test("closing cuts what does not end", async (t) => {
  const { app } = makeServer(t, { timeouts: { drain: 300 } });
  app.get("/slow", () => new Promise(() => undefined));
  const { port } = await listen(app);
  const half = connect(port, "127.0.0.1");
  half.on("error", () => undefined).resume();
  half.write("GET /slow HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const hanging = say(port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const start = performance.now();
  await app.close();
  t.ok(performance.now() - start < 1500);
  t.equal(await hanging, "");
});

t.test("a request has one host, or is refused as any other request is", async (t) => {
  const { app, log } = makeServer(t);
  app.get("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  for (const hosts of [
    "",
    "Host: a\r\nHost: a\r\n",
    "Host: a\r\nhost: b\r\n",
    "Host: a b\r\n",
    "Host: a/b\r\n",
    "Host: \u00ff\r\n",
  ]) {
    const answer = await say(port, `GET / HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, hosts);
    t.match(answer, /\r\nx-request-id: /i);
    t.match(theError(answer.split("\r\n\r\n")[1] ?? ""), { status: "400", code: "bad-request" });
  }
  t.equal(log.filter(({ msg }) => msg === "request").length, 6);
  for (const head of ["GET / HTTP/1.1\r\nHost: [::1]:80\r\n", "GET / HTTP/1.1\r\nHost:\r\n", "GET / HTTP/1.0\r\n"]) {
    t.match(await say(port, `${head}Connection: close\r\n\r\n`), /^HTTP\/1\.1 200 OK\r\n/, head);
  }
});

t.test("what a client expects that nobody knows keeps nothing from being answered", async (t) => {
  const { app } = makeServer(t);
  app.get("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const answer = await say(port, "GET / HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n");
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
});
