import t from "tap";

import { listen, makeServer, say, theError } from "../fixtures/bare-server.ts";

const JSON_API = "application/vnd.api+json";

async function taker(test: Parameters<typeof makeServer>[0]) {
  const { app } = makeServer(test);
  app.post("/take", (_request, reply) => reply.send({}));
  return listen(app);
}

t.test("a body over the limit is 413, and its sender gets to read that", async (t) => {
  const { url } = await taker(t);
  for (const size of [300 * 1024, 8 * 1024 * 1024]) {
    const answer = await fetch(`${url}/take`, {
      method: "POST",
      headers: { "content-type": JSON_API },
      body: JSON.stringify("x".repeat(size)),
    });
    t.equal(answer.status, 413);
    t.equal(answer.headers.get("content-type"), JSON_API);
    t.equal(theError(await answer.text()).code, "payload-too-large");
  }
});

t.test("a body over the limit that does not tell its length is 413", async (t) => {
  const { url } = await taker(t);
  const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
  let left = 6;
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
  const init = { method: "POST", headers: { "content-type": JSON_API }, body, duplex: "half" };
  const answer = await fetch(`${url}/take`, init as RequestInit);
  t.equal(answer.status, 413);
  t.match(theError(await answer.text()).detail, "262144");
});

t.test("a body of exactly the limit passes", async (t) => {
  const { url } = await taker(t);
  const body = JSON.stringify("x".repeat(262_144 - 2));
  const answer = await fetch(`${url}/take`, { method: "POST", headers: { "content-type": JSON_API }, body });
  t.equal(answer.status, 200);
});

t.test("headers over the limit are 431 as a document", async (t) => {
  const { port } = await taker(t);
  const answer = await say(port, `GET /take HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
  t.match(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  t.match(answer, /\r\nContent-Type: application\/vnd\.api\+json\r\n/);
  t.equal(theError(answer.split("\r\n\r\n")[1] ?? "").status, "431");
});

t.test("the answer to HEAD has no body, though the request never became one", async (t) => {
  const { port } = await taker(t);
  const answer = await say(port, `HEAD /take HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
  t.match(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  t.equal(answer.split("\r\n\r\n")[1], "");
});

t.test("what is no HTTP is 400 as a document", async (t) => {
  const { port } = await taker(t);
  const answer = await say(port, "HELLO\r\n\r\n");
  t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  t.equal(theError(answer.split("\r\n\r\n")[1] ?? "").code, "bad-request");
});
