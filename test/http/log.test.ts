import t from "tap";

import { logEvents } from "../../src/events/log.ts";
import { makeServer } from "../fixtures/bare-server.ts";

t.test("a request is one line, without URL, headers or body", async (t) => {
  const { app, log } = makeServer(t);
  app.post("/things/:id", (_request, reply) => reply.code(201).send({}));
  await app.inject({
    method: "POST",
    url: "/things/secret-1?token=secret-2",
    headers: { authorization: "Bearer secret-3", cookie: "secret-4", "content-type": "application/json" },
    payload: '{"password":"secret-5"}',
  });
  await app.inject("/secret-6?token=secret-7");

  t.match(log, [
    {
      level: 30,
      msg: "request",
      method: "POST",
      route: "/things/:id",
      status: 201,
      client: "127.0.0.1",
      requestId: /-7/,
    },
    { level: 30, msg: "request", method: "GET", route: null, status: 404 },
  ]);
  t.type(log[0]?.durationMs, "number");
  t.equal(log.length, 2);
  t.notMatch(JSON.stringify(log), "secret");
});

t.test("the client is who the trusted proxy says, and nobody else", async (t) => {
  for (const [trustProxy, client] of [
    [[], "127.0.0.1"],
    [["127.0.0.0/8"], "203.0.113.9"],
    [["10.0.0.1"], "127.0.0.1"],
  ] as const) {
    const { app, log } = makeServer(t, { trustProxy });
    app.get("/", (_request, reply) => reply.send({}));
    await app.inject({ url: "/", headers: { "x-forwarded-for": "198.51.100.1, 203.0.113.9" } });
    t.equal(log[0]?.client, client);
  }
});

t.test("an event is one line: its type, its level, its fields", (t) => {
  const lines: unknown[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push([level, message, fields]);
  };
  const observe = logEvents({ debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") });
  observe({ type: "mail.sent", kind: "reset", entry: "1", attempts: 1, messageId: "m" });
  observe({ type: "reset.limited" });
  observe({ type: "outbox.unreachable", error: Object.assign(new Error("down"), { secret: "row" }), inSeconds: 3 });
  t.same(lines.slice(0, 2), [
    ["info", "mail.sent", { kind: "reset", entry: "1", attempts: 1, messageId: "m" }],
    ["info", "reset.limited", {}],
  ]);
  t.match(lines[2], ["error", "outbox.unreachable", { error: { name: "Error", message: "down" }, inSeconds: 3 }]);
  t.notMatch(JSON.stringify(lines[2]), "row");
  t.end();
});
