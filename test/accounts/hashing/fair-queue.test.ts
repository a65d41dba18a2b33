import t from "tap";

import { FairQueue } from "../../../src/accounts/hashing/fair-queue.ts";

/** A queue whose work is done when the test says so, and what became of whom. */
function makeQueue(concurrency: number, maxWaiting: number) {
  const queue = new FairQueue({ concurrency, maxWaiting, full: () => new Error("full") });
  const begun: string[] = [];
  const refused: string[] = [];
  const finish: (() => void)[] = [];
  let most = 0;
  const ask = (group: string, name = group) =>
    queue
      .run(group, async () => {
        begun.push(name);
        most = Math.max(most, queue.running);
        await new Promise<void>((resolve) => finish.push(resolve));
      })
      .catch(() => refused.push(name));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  /** Finishes one after the other, until nothing is left. */
  const finishAll = async () => {
    await settle();
    while (finish.length > 0) {
      finish.shift()?.();
      await settle();
    }
  };
  return { queue, begun, refused, ask, settle, finishAll, most: () => most };
}

t.test("groups are served in turns, each in its own order", async (t) => {
  const { ask, begun, finishAll, queue, most } = makeQueue(1, 10);
  for (const name of ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]) void ask(name.charAt(0), name);
  await finishAll();
  t.same(begun, ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  t.same([queue.running, queue.waiting, most()], [0, 0, 1]);
});

t.test("a newcomer to a full queue gets the newest place of the group that has most", async (t) => {
  const { ask, begun, refused, settle, finishAll, queue } = makeQueue(1, 4);
  for (const name of ["a1", "a2", "a3", "a4", "a5"]) void ask("a", name);
  void ask("a", "a6");
  await settle();
  t.same(refused, ["a6"], "its own group is the largest");
  void ask("b", "b1");
  void ask("b", "b2");
  await settle();
  t.same(refused, ["a6", "a5", "a4"]);
  void ask("b", "b3");
  await settle();
  t.same(refused.at(-1), "b3", "two each: nobody gives way any more");
  t.equal(queue.waiting, 4);
  await finishAll();
  t.same(begun, ["a1", "a2", "b1", "a3", "b2"]);
});

t.test("where each group has one place, a newcomer is turned away", async (t) => {
  const { ask, begun, refused, finishAll } = makeQueue(1, 2);
  for (const group of ["a", "b", "c", "d"]) void ask(group);
  await finishAll();
  t.same({ begun, refused }, { begun: ["a", "b", "c"], refused: ["d"] });
});

t.test("however many come from however many, no more than its bounds are kept", async (t) => {
  const { ask, begun, refused, settle, finishAll, queue, most } = makeQueue(3, 20);
  for (let n = 0; n < 5000; n += 1) void ask(`group ${String(n % 700)}`);
  await settle();
  t.same([queue.running, queue.waiting], [3, 20]);
  t.equal(begun.length + refused.length, 5000 - 20);
  await finishAll();
  t.same([begun.length, most(), queue.running, queue.waiting], [23, 3, 0, 0]);
});

t.test("work that fails gives its place back", async (t) => {
  const queue = new FairQueue({ concurrency: 1, maxWaiting: 1, full: () => new Error("full") });
  await t.rejects(
    queue.run("a", () => Promise.reject(new Error("broken"))),
    { message: "broken" },
  );
  t.equal(await queue.run("a", () => Promise.resolve(7)), 7);
});
