import fc from "fast-check";
import t from "tap";

import { Description } from "../fixtures/description.ts";
import { askWell } from "../fixtures/fuzz/judge.ts";
import { requestsOf } from "../fixtures/fuzz/requests.ts";
import { fuzz } from "../fixtures/fuzz/runs.ts";
import { Scene } from "../fixtures/fuzz/scene.ts";

for (const [mode, runs] of [
  ["open", 1200],
  ["confirm", 300],
] as const) {
  void t.test(`whatever is asked for, the answer is one that is described (registration ${mode})`, async (t) => {
    const scene = await Scene.make(t, { REGISTRATION: mode });
    await scene.mailResets();
    const description = new Description(scene.description);
    const seen = new Set<number>();
    await fuzz(
      t,
      fc.asyncProperty(requestsOf(scene.description), async (draft) => {
        for (const { status } of await askWell(scene, description, draft)) seen.add(status);
      }),
      runs,
    );
    t.ok(seen.has(200) && seen.has(204) && seen.has(400), "some were served and some refused");
    t.same(await scene.evidence.broken(), []);
  });
}
