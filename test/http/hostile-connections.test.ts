import { once } from "node:events";
import { connect, type Socket } from "node:net";
import t from "tap";

import { listen, makeServer, say, theError } from "../fixtures/bare-server.ts";
import type { Teardown } from "../fixtures/teardown.ts";

async function open(t: Teardown, port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  t.teardown(() => {
    socket.destroy();
  });
  await once(socket, "connect");
  return socket;
}

/** What is read until the server closes the connection. */
async function rest(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  if (!socket.closed) await once(socket, "close");
  return text;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket.resume(), "close");
}

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

t.test("a connection on which nothing is ever said is cut", async (t) => {
  const { app } = makeServer(t, { timeouts: { headers: 200, request: 300 } });
  const { port } = await listen(app);
  const socket = await open(t, port);
  t.match(await rest(socket), /^(HTTP\/1\.1 408 |$)/);
});

t.test("a body of which one byte comes now and then is cut when its time is over", async (t) => {
  const { app } = makeServer(t, { timeouts: { headers: 300, request: 500 } });
  app.post("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const socket = await open(t, port);
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n");
  const drip = setInterval(() => socket.write("1"), 20);
  const answer = await rest(socket);
  clearInterval(drip);
  t.match(answer, /^HTTP\/1\.1 408 /);
});

t.test("a client that has closed its half is taken for gone: nothing is kept open for it", async (t) => {
  const { app } = makeServer(t);
  app.get("/", () => new Promise(() => undefined));
  const { port } = await listen(app);
  const socket = await open(t, port);
  socket.end(GET);
  t.equal(await rest(socket), "");
});

t.test("a kept connection without another request is closed", async (t) => {
  const { app } = makeServer(t, { timeouts: { keepAlive: 100 } });
  app.get("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const socket = await open(t, port);
  socket.write(GET);
  t.match(await rest(socket), /^HTTP\/1\.1 200 OK/);
});

t.test("more connections than there may be are closed at once, and the others served", async (t) => {
  const { app, log } = makeServer(t, { connections: { most: 3 } });
  app.get("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const held = [await open(t, port), await open(t, port), await open(t, port)];
  // Each has been accepted once it is answered.
  for (const socket of held) {
    socket.write(GET);
    await once(socket, "data");
  }
  for (let n = 0; n < 5; n += 1) t.equal(await say(port, GET), "");
  held[0]?.write(GET);
  const [chunk] = (await once(held[0] as Socket, "data")) as [Buffer];
  t.match(chunk.toString(), /^HTTP\/1\.1 200 OK/);
  t.equal(log.filter(({ msg }) => msg.startsWith("too many connections")).length, 1, "told once");
  held[1]?.destroy();
  let again = "";
  while (again === "") again = await say(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  t.match(again, /^HTTP\/1\.1 200 OK/);
});

t.test("one address has its share of them, but for a proxy that is trusted", async (t) => {
  const shared = { connections: { most: 10, mostOfOneAddress: 2 } };
  const served = async (trustProxy: string[]) => {
    const { app } = makeServer(t, { ...shared, trustProxy });
    app.get("/", (_request, reply) => reply.send({}));
    const { port } = await listen(app);
    for (let n = 0; n < 2; n += 1) {
      const socket = await open(t, port);
      socket.write(GET);
      await once(socket, "data");
    }
    return await say(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  };
  t.equal(await served([]), "");
  t.match(await served(["127.0.0.0/8"]), /^HTTP\/1\.1 200 OK/);
});

/** Larger than what the system takes in for a client that does not read. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, "x");

t.test("an answer that nobody takes is given up after a while, with its connection", async (t) => {
  const { app } = makeServer(t, { timeouts: { answer: 300 } });
  app.get("/", (_request, reply) => reply.header("content-type", "text/plain").send(LARGE));
  app.get("/small", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  const socket = await open(t, port);
  socket.pause();
  socket.write(GET);
  const onServer = await new Promise<Socket>((resolve) =>
    app.server.once("request", (request) => resolve(request.socket)),
  );
  await once(onServer, "close");
  t.ok(onServer.destroyed);
  t.match(await say(port, "GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 200 OK/);
});

t.test("of more such answers than may be kept, the oldest goes first", async (t) => {
  const { app } = makeServer(t, { connections: { mostUntaken: 2 } });
  app.get("/", (_request, reply) => reply.header("content-type", "text/plain").send(LARGE));
  const { port } = await listen(app);
  const onServer: Socket[] = [];
  app.server.on("request", (request) => onServer.push(request.socket));
  for (let n = 1; n <= 4; n += 1) {
    const socket = await open(t, port);
    socket.pause();
    socket.write(GET);
    while (onServer.length < n) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(onServer.slice(0, 2).map(closed));
  t.same(
    onServer.map(({ destroyed }) => destroyed),
    [true, true, false, false],
  );
});

t.test("a client that reads all of it gets all of it", async (t) => {
  const { app } = makeServer(t, { timeouts: { answer: 20_000 }, connections: { mostUntaken: 1 } });
  const answer = LARGE.subarray(0, 1024 * 1024);
  app.get("/", (_request, reply) => reply.header("content-type", "text/plain").send(answer));
  const { url } = await listen(app);
  t.equal((await (await fetch(url)).arrayBuffer()).byteLength, answer.length);
});

t.test("a header that never ends, and thousands of them, are 431", async (t) => {
  const { app } = makeServer(t);
  app.get("/", (_request, reply) => reply.send({}));
  const { port } = await listen(app);
  for (const headers of [`X: ${"x".repeat(40_000)}`, "X: x\r\n".repeat(20_000)]) {
    const answer = await say(port, `GET / HTTP/1.1\r\nHost: x\r\n${headers}`);
    t.match(answer, /^HTTP\/1\.1 431 /);
    t.equal(theError(answer.split("\r\n\r\n")[1] ?? "").code, "headers-too-large");
  }
});

t.test("no connection becomes a tunnel or another protocol", async (t) => {
  const { app } = makeServer(t);
  app.get("/", (_request, reply) => reply.send({ here: "it is" }));
  const { port } = await listen(app);
  t.equal(await say(port, "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"), "");
  t.match(
    await say(
      port,
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
    ),
    /^HTTP\/1\.1 (200|400) /,
  );
  t.match(await say(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), /^(HTTP\/1\.1 (400|505) |$)/);
});
