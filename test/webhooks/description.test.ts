import { Validator } from "@seriousme/openapi-schema-validator";
import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { Description } from "../fixtures/description.ts";
import { basic, bounce, CREDENTIALS, HOOKED, WEBHOOK } from "../fixtures/postmark-events.ts";

void t.test("the description with the webhook is valid OpenAPI 3.1", async (t) => {
  const server = await makeApp(t, HOOKED);
  const { body } = await server.ask("GET", "/openapi.json", { headers: { accept: "application/json" } });
  const { valid, errors } = await new Validator().validate(body);
  t.equal(valid, true, JSON.stringify(errors));
  const [scheme = ""] = Object.keys(body.paths[WEBHOOK].post.security[0] as object);
  t.match(body.components.securitySchemes[scheme], { type: "http", scheme: "basic" });
  t.match(body.components.securitySchemes.bearer, { scheme: "bearer" });
});

void t.test("every answer of the webhook is described, and nothing that it does not answer", async (t) => {
  const server = await makeApp(t, { ...HOOKED, LOGIN_LIMIT_PER_IP: "1/60" });
  const description = await Description.of(server);
  const send = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
    const contentType = headers["content-type"] ?? "application/json";
    const all = { authorization: basic(CREDENTIALS), "content-type": contentType, ...headers };
    const answer = await server.ask("POST", WEBHOOK, { body, headers: all });
    t.equal(answer.status, status);
    t.same(description.faultsIn({ method: "POST", url: WEBHOOK, body, contentType }, answer), []);
  };
  const event = bounce("nobody@example.org");
  await send(200, event);
  await send(200, event, { "content-type": "application/vnd.api+json" });
  await send(400, "{");
  await send(401, event, { authorization: "Basic none" });
  await send(429, event, { authorization: "Basic none" });
  await send(413, `"${"x".repeat(1_100_000)}"`);
  await send(415, "x", { "content-type": "text/plain" });
  await send(422, { RecordType: "Bounce" });

  // Another process writes and does not come to its end.
  await server.db.raw("create trigger busy before insert on webhook_events begin select raise(abort, 'gone'); end");
  await send(500, event);
  const told = description.told.filter((line) => line.startsWith(`POST ${WEBHOOK} `));
  t.same(
    told.filter((line) => !description.seen.has(line)),
    [`POST ${WEBHOOK} 503`],
    "503 is the answer of a database that is busy, as everywhere",
  );
});
