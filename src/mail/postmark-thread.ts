/** The other side of threaded.ts: runs in the thread. */
import { parentPort, workerData } from "node:worker_threads";

import { postmarkMailer, type PostmarkOptions } from "./postmark.ts";
import type { Order, Receipt } from "./threaded.ts";

const mailer = postmarkMailer(workerData as PostmarkOptions);

parentPort?.on("message", ({ number, mail }: Order) => {
  const { to } = mail;
  const sent = to === null ? Promise.resolve(null) : mailer.send({ ...mail, to });
  void sent.then((delivery) => {
    parentPort?.postMessage({ number, delivery } satisfies Receipt);
  });
});
