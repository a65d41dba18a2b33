import fc from "fast-check";
import t from "tap";

import { Description } from "../fixtures/description.ts";
import { askWell } from "../fixtures/fuzz/judge.ts";
import { mutations } from "../fixtures/fuzz/mutations.ts";
import { fuzz } from "../fixtures/fuzz/runs.ts";
import { Scene } from "../fixtures/fuzz/scene.ts";

/** Links are good once: every so often there are new ones. */
const BETWEEN_MAILS = 50;

for (const [mode, runs] of [
  ["open", 700],
  ["confirm", 200],
] as const) {
  void t.test(
    `a good request with something changed is done or refused, never half (registration ${mode})`,
    async (t) => {
      const scene = await Scene.make(t, { REGISTRATION: mode });
      const description = new Description(scene.description);
      let sent = 0;
      const done = new Set<number>();
      await fuzz(
        t,
        fc.asyncProperty(mutations, async (draft) => {
          if (sent++ % BETWEEN_MAILS === 0) await scene.mailResets();
          for (const { status } of await askWell(scene, description, draft)) done.add(status);
        }),
        runs,
      );
      t.ok(done.has(200) && done.has(204) && done.has(422), "some were served and some refused");
      t.same(await scene.evidence.broken(), []);
    },
  );
}

void t.test("several of them at once are each done or refused", async (t) => {
  const scene = await Scene.make(t);
  const description = new Description(scene.description);
  let sent = 0;
  await fuzz(
    t,
    fc.asyncProperty(fc.array(mutations, { minLength: 3, maxLength: 10, size: "max" }), async (drafts) => {
      if (sent++ % BETWEEN_MAILS === 0) await scene.mailResets();
      await askWell(scene, description, ...drafts);
    }),
    100,
  );
  t.same(await scene.evidence.broken(), []);
});
