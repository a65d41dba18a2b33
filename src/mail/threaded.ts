import { Worker } from "node:worker_threads";

import type { Delivery, Mail, Mailer } from "./mailer.ts";
import { postmarkMailer, type PostmarkOptions } from "./postmark.ts";

/** To the thread. Without a recipient it is dropped there. */
export interface Order {
  readonly number: number;
  readonly mail: Omit<Mail, "to"> & { readonly to: string | null };
}

/** From the thread. Of a mail that was dropped: null. */
export interface Receipt {
  readonly number: number;
  readonly delivery: Delivery | null;
}

const THREAD = new URL("./postmark-thread.js", import.meta.url);

/** From source, in development, there is no thread: Node loads no TypeScript into one (tsx registers for the first thread alone). */
const IS_SOURCE = import.meta.url.endsWith(".ts");

const LOST: Delivery = { outcome: "retry", reason: "the mail thread ended" };

/**
 * `postmarkMailer` in a thread of its own. Sending a mail is milliseconds of work (TLS, HTTP, JSON), and only those are mailed who
 * have an account: in the thread that answers requests it would keep those waiting that come meanwhile, and so tell. A mail to nobody
 * is handed over in the same way.
 *
 * @throws {Error} as postmarkMailer()
 */
export function threadedMailer(options: PostmarkOptions): Mailer & { close(): Promise<void> } {
  const here = postmarkMailer(options); // Throws now, and here, what the thread would.
  if (IS_SOURCE) return { ...here, close: () => Promise.resolve() };
  const waiting = new Map<number, (delivery: Delivery | null) => void>();
  let count = 0;
  let thread: Worker | undefined;

  function start(): Worker {
    const started = new Worker(THREAD, { workerData: options });
    // A server that has closed ends, whatever the thread does; but not while a mail is on its way.
    started.unref();
    started.on("message", ({ number, delivery }: Receipt) => {
      settle(number, delivery);
    });
    const ended = () => {
      if (thread !== started) return;
      thread = undefined;
      for (const number of [...waiting.keys()]) settle(number, LOST);
    };
    started.on("error", ended);
    started.on("exit", ended);
    return started;
  }

  function settle(number: number, delivery: Delivery | null): void {
    const resolve = waiting.get(number);
    waiting.delete(number);
    if (waiting.size === 0) thread?.unref();
    resolve?.(delivery);
  }

  function order(mail: Order["mail"]): Promise<Delivery | null> {
    const number = (count += 1);
    const worker = (thread ??= start());
    worker.ref();
    return new Promise((resolve) => {
      waiting.set(number, resolve);
      worker.postMessage({ number, mail } satisfies Order);
    });
  }

  thread = start();
  return {
    send: async (mail) => (await order(mail)) ?? LOST,
    drop: async (mail) => {
      await order({ ...mail, to: null });
    },
    close: async () => {
      await thread?.terminate();
    },
  };
}
