import fc from "fast-check";
import t from "tap";

import { steps } from "../fixtures/fuzz/actions.ts";
import { fuzz } from "../fixtures/fuzz/runs.ts";
import { World } from "../fixtures/fuzz/world.ts";

void t.test(
  "whatever people do, in a row and at once, the right password, sessions and links are good, and no others",
  async (t) => {
    const world = await World.make(t);
    await fuzz(
      t,
      fc.asyncProperty(steps, async (story) => {
        await world.begin();
        for (const step of story) await world.take(step);
        await world.finish();
      }),
      25,
    );
    t.same(await world.evidence.broken(), []);
  },
);
