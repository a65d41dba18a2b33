import t from "tap";

import { makeArticlesDatabase, people, type PersonRow } from "../fixtures/articles/tables.ts";
import { checkAnswer, type Json } from "../fixtures/document.ts";
import { registerErrorHandling } from "../../src/http/error-handler.ts";
import { createServer } from "../../src/http/server.ts";
import { registerJsonApi } from "../../src/jsonapi/http/plugin.ts";
import { defineResource } from "../../src/jsonapi/resource/define.ts";
import { string } from "../../src/jsonapi/resource/value-types.ts";

/** A server where Ada manages whoever is new, unless a chief says otherwise. */
async function makePeople(t: Parameters<typeof makeArticlesDatabase>[0]) {
  const db = await makeArticlesDatabase(t);
  const app = createServer();
  t.teardown(() => app.close());
  registerErrorHandling(app);
  const anyone = () => true;
  const resource = defineResource<PersonRow, string>()({
    type: "people",
    table: "people",
    scope: anyone,
    attributes: { name: { value: string(), required: true, create: anyone } },
    relationships: {
      manager: {
        to: "one",
        type: "people",
        column: "manager_id",
        nullable: true,
        write: (caller) => caller === "chief",
        default: () => people.ada,
      },
    },
    create: { access: anyone },
  });
  registerJsonApi<string>(app, {
    db,
    resources: [resource],
    publicUrl: () => "https://people.example",
    prefix: "/api",
    pageLimits: { defaultSize: 10, maxSize: 50 },
    clock: () => 0,
    authenticate: async ({ headers }) => String(headers["x-caller"]),
    challenge: () => undefined,
  });

  /** Who manages somebody new, or the status of the answer that refuses them. */
  return async (caller: string, manager?: string | null): Promise<unknown> => {
    const data = manager === null ? null : { type: "people", id: manager };
    const relationships = manager === undefined ? {} : { relationships: { manager: { data } } };
    const payload = JSON.stringify({ data: { type: "people", attributes: { name: "New" }, ...relationships } });
    const headers = { "content-type": "application/vnd.api+json", "x-caller": caller };
    const url = "/api/people?include=manager";
    const answer = await app.inject({ method: "POST", url, headers, payload });
    const { statusCode: status, headers: answered, body: text } = answer;
    const request = { method: "POST", url, payload, baseUrl: "https://people.example" };
    const document: Json = checkAnswer(request, { status, headers: answered, text });
    return status === 201 ? (document.data.relationships.manager.data?.id ?? null) : status;
  };
}

void t.test("a new resource is linked as the declaration says, unless somebody who may says otherwise", async (t) => {
  const create = await makePeople(t);
  t.equal(await create("chief"), people.ada);
  t.equal(await create("chief", people.ben), people.ben);
  t.equal(await create("chief", null), null, "nobody is an answer too");
});

void t.test("whoever may not write the link may say what it will be anyway", async (t) => {
  const create = await makePeople(t);
  t.equal(await create("clerk"), people.ada);
  t.equal(await create("clerk", people.ada), people.ada);
  t.equal(await create("clerk", null), people.ada, "nothing was given");
  t.equal(await create("clerk", people.ben), 403);
});
