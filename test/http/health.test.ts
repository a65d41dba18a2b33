import t from "tap";

import { registerHealth } from "../../src/http/health.ts";
import { makeServer } from "../fixtures/bare-server.ts";

function probed(test: Parameters<typeof makeServer>[0], ready: () => Promise<boolean>) {
  const made = makeServer(test);
  registerHealth(made.app, { ready });
  return made;
}

t.test("the process answers, and is not logged for it", async (t) => {
  const { app, log } = probed(t, () => Promise.resolve(true));
  const answer = await app.inject("/healthz");
  t.equal(answer.statusCode, 200);
  t.equal(answer.body, '{"status":"ok"}');
  t.equal((await app.inject({ method: "HEAD", url: "/healthz" })).statusCode, 200);
  t.equal((await app.inject("/readyz")).statusCode, 200);
  t.same(log, []);
});

t.test("not ready is 503, and a failing check is told to the log alone", async (t) => {
  t.equal((await probed(t, () => Promise.resolve(false)).app.inject("/readyz")).statusCode, 503);
  const { app, log } = probed(t, () => Promise.reject(new Error("no database")));
  const answer = await app.inject("/readyz");
  t.equal(answer.statusCode, 503);
  t.notMatch(answer.body, "database");
  t.match(log, [{ level: 40, error: { message: "no database" } }]);
});

t.test("a check that hangs is answered in time, asked once, and not for ever", async (t) => {
  let asked = 0;
  const { app } = probed(t, () => {
    asked += 1;
    return asked === 1 ? new Promise(() => undefined) : Promise.resolve(true);
  });
  const start = performance.now();
  const answers = await Promise.all([app.inject("/readyz"), app.inject("/readyz")]);
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [503, 503],
  );
  t.ok(performance.now() - start < 3000);
  t.equal(asked, 1);
  t.equal((await app.inject("/readyz")).statusCode, 200);
});
