import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";

import { load } from "../../bench/load.ts";
import { mix } from "../../bench/scenarios/mix.ts";
import { seedDatabase } from "../../bench/seeded.ts";
import { makeFolder, startServer, type ServerProcess } from "../fixtures/process.ts";

/** So many of every kind of request, faulty ones among them, that caches are full and what is made once is made. */
const WARM_UP = 400;
const REQUESTS = 600;

interface Heap {
  readonly bytes: number;
  readonly objects: number;
}

async function heapOf({ child, printed }: ServerProcess): Promise<Heap> {
  const heaps = () => [...printed().matchAll(/^HEAP (\d+) (\d+)$/gm)];
  const before = heaps().length;
  child.kill("SIGWINCH");
  while (heaps().length === before) await sleep(5);
  const [, bytes, objects] = heaps().at(-1) ?? [];
  return { bytes: Number(bytes), objects: Number(objects) };
}

/** As soon as nothing changes any more: mails are still made when their requests have been answered, and connections are closed. */
async function settledHeapOf(server: ServerProcess): Promise<Heap> {
  let heap = await heapOf(server);
  for (let turn = 0, same = 0; turn < 100 && same < 2; turn += 1) {
    await sleep(200);
    const next = await heapOf(server);
    same = Math.abs(next.objects - heap.objects) <= 1 ? same + 1 : 0;
    heap = next;
  }
  return heap;
}

void t.test("requests leave nothing behind in the server's memory", async (t) => {
  const folder = makeFolder(t);
  const url = `sqlite:${join(folder, "memory.sqlite")}`;
  // Few: all have got the mails that are kept for people to look at before anything is counted.
  const world = await seedDatabase(url, 20);
  const server = await startServer(t, {
    folder,
    preload: import.meta.resolve("../fixtures/heap-probe.js"),
    environment: {
      DATABASE_URL: url,
      LOG_LEVEL: "silent",
      RESET_LIMIT_PER_IP: "1000000/60",
      LOGIN_LIMIT_PER_IP: "1000000/60",
    },
  });
  const target = { url: server.url, world, counters: new Map() };
  const ask = (requests: number) => load(target, mix(50), { seconds: 120, requests, connections: 10 });

  await ask(WARM_UP);
  const before = await settledHeapOf(server);
  const { requests } = await ask(REQUESTS);
  const after = await settledHeapOf(server);

  const [objects, bytes] = [after.objects - before.objects, after.bytes - before.bytes];
  // What is bounded still fills a little: some fifty objects. One object of every fifth request would be seen. Bytes tell less: what
  // the compiler makes and forgets comes and goes.
  t.ok(objects < requests / 5, `${String(objects)} objects more after ${String(requests)} requests`);
  t.ok(bytes < 1000 * requests, `${String(bytes)} bytes more after ${String(requests)} requests`);
});
