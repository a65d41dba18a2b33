import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { holdConnections } from "../fixtures/dialect.ts";
import { makeUser } from "../fixtures/people.ts";

void t.test(
  "where the database stays busy, the answer is 503 with Retry-After, and the next one is right",
  async (t) => {
    const server = await makeApp(t);
    const { id, token } = await makeUser(server);
    // Not for ten seconds, as usual: the pool of Knex (tarn) reads it with every wait.
    const { pool } = server.db.client as { pool: { acquireTimeoutMillis: number } };
    const release = await holdConnections(server.db);
    pool.acquireTimeoutMillis = 50;
    const busy = await server.ask("GET", `/v1/users/${id}`, { token });
    await release();
    t.equal(busy.status, 503, busy.text);
    t.equal(busy.headers["retry-after"], "1");
    t.equal(busy.body.errors[0].code, "service-unavailable");
    t.equal((await server.ask("GET", `/v1/users/${id}`, { token })).status, 200);
  },
);
