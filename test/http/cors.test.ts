import t from "tap";

import { registerCors } from "../../src/http/cors.ts";
import { registerLimits } from "../../src/http/limits.ts";
import { makeServer } from "../fixtures/bare-server.ts";

const APP = "https://app.example";

async function crossOrigin(test: Parameters<typeof makeServer>[0]) {
  const { app } = makeServer(test);
  await registerCors(app, [APP, "http://localhost:5173"]);
  await registerLimits(app, { global: { max: 3, windowSeconds: 60 } });
  app.get("/things", (_request, reply) => reply.send({}));
  app.get("/broken", () => {
    throw new Error("broken");
  });
  return app;
}

t.test("an origin on the list may read every answer, faults too", async (t) => {
  const app = await crossOrigin(t);
  for (const [url, status] of [
    ["/things", 200],
    ["/broken", 500],
    ["/nothing", 404],
    ["/things", 429],
  ] as const) {
    const { statusCode, headers } = await app.inject({ url, headers: { origin: APP } });
    t.equal(statusCode, status);
    t.equal(headers["access-control-allow-origin"], APP);
    t.match(headers.vary, /\bOrigin\b/);
    t.match(headers["access-control-expose-headers"], /Location, ETag, Retry-After.*X-Request-Id/);
    t.notOk("access-control-allow-credentials" in headers);
  }
});

t.test("any other origin, and none, gets no permission", async (t) => {
  const app = await crossOrigin(t);
  for (const origin of ["https://app.example.evil.example", "null", undefined]) {
    const { statusCode, headers } = await app.inject({
      url: "/things",
      headers: origin === undefined ? {} : { origin },
    });
    t.equal(statusCode, 200);
    t.notOk("access-control-allow-origin" in headers);
    t.match(headers.vary, /\bOrigin\b/);
  }
});

t.test("a preflight is answered, and counts for no limit", async (t) => {
  const app = await crossOrigin(t);
  for (let n = 0; n < 5; n++) {
    const { statusCode, headers, body } = await app.inject({
      method: "OPTIONS",
      url: "/things",
      headers: {
        origin: APP,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization",
      },
    });
    t.equal(statusCode, 204);
    t.equal(body, "");
    t.equal(headers["access-control-allow-origin"], APP);
    t.match(headers["access-control-allow-methods"], /PATCH.*DELETE/);
    t.match(headers["access-control-allow-headers"], /Authorization/);
    t.equal(headers["access-control-max-age"], "7200");
  }
});

t.test("a preflight from elsewhere gets no permission", async (t) => {
  const app = await crossOrigin(t);
  const { headers } = await app.inject({
    method: "OPTIONS",
    url: "/things",
    headers: { origin: "https://evil.example", "access-control-request-method": "GET" },
  });
  t.notOk("access-control-allow-origin" in headers);
});
