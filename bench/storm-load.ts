/**
 * The load of `npm run bench:storm`, as a process of its own: reads a `Load` as JSON from standard input, sends its requests for some
 * seconds, and prints a `Report` as JSON.
 */
import { randomBytes, randomInt } from "node:crypto";
import { json } from "node:stream/consumers";

import { Pool } from "./storm-client.ts";

export interface Load {
  readonly port: number;
  /** What is asked for, in turns. */
  readonly requests: readonly LoadRequest[];
  /** Requests a second, whatever becomes of those before; 0: as fast as `connections` are answered. */
  readonly rate: number;
  /** Ends after so many seconds or requests, whatever is first. */
  readonly seconds: number;
  readonly count?: number;
  readonly connections: number;
}

export interface LoadRequest {
  readonly name: string;
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  /** `UNIQUE` in it is another text each time. */
  readonly body?: string;
  readonly token?: string;
}

export interface Report {
  /** By status; milliseconds, sorted. */
  readonly times: Readonly<Record<string, number[]>>;
  readonly byName: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the answers 503, in seconds: the least and the most. */
  readonly retryAfter: readonly [number, number] | null;
  readonly withoutRetryAfter: number;
  readonly seconds: number;
}

const load = (await json(process.stdin)) as Load;
const pool = new Pool(load.port, load.connections);
const times: Record<string, number[]> = {};
const byName: Record<string, Record<string, number>> = {};
let retryAfter: [number, number] | null = null;
let withoutRetryAfter = 0;

const prefix = randomBytes(4).toString("hex");

/** Each request comes from an address of its own: the server believes this proxy. */
function bytesOf({ method, path, body, token }: LoadRequest, turn: number): Buffer {
  const text = body?.replaceAll("UNIQUE", `${prefix}${String(turn)}`) ?? "";
  const type = path.startsWith("/v1/auth/") ? "application/json" : "application/vnd.api+json";
  const from = `10.${String(randomInt(256))}.${String(randomInt(256))}.${String(randomInt(256))}`;
  const head = [
    `${method} ${path} HTTP/1.1`,
    "Host: rekey",
    `Accept: ${type}`,
    `X-Forwarded-For: ${from}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : [`Content-Type: ${type}`, `Content-Length: ${String(Buffer.byteLength(text))}`]),
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${text}`);
}

async function ask(turn: number): Promise<void> {
  const request = load.requests[turn % load.requests.length];
  if (request === undefined) return;
  const bytes = bytesOf(request, turn);
  const begun = performance.now();
  const answer = await pool.ask(bytes);
  (times[answer.status] ??= []).push(performance.now() - begun);
  const counts = (byName[request.name] ??= {});
  counts[answer.status] = (counts[answer.status] ?? 0) + 1;
  if (answer.status !== 503) return;
  if (answer.retryAfter === undefined) withoutRetryAfter += 1;
  else {
    const [least, most] = retryAfter ?? [answer.retryAfter, answer.retryAfter];
    retryAfter = [Math.min(least, answer.retryAfter), Math.max(most, answer.retryAfter)];
  }
}

const begun = performance.now();
const elapsed = () => (performance.now() - begun) / 1000;
const isOver = (turn: number) => elapsed() >= load.seconds || turn >= (load.count ?? Infinity);
let turns = 0;

/** At its rate, open loop: a slow answer does not slow down what comes after it. */
async function atRate(): Promise<void> {
  const running = new Set<Promise<void>>();
  while (!isOver(turns)) {
    while (turns < elapsed() * load.rate && !isOver(turns)) {
      const one = ask(turns).finally(() => running.delete(one));
      running.add(one);
      turns += 1;
    }
    const wait = (turns / load.rate - elapsed()) * 1000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, wait)));
  }
  await Promise.all(running);
}

async function asFastAsAnswered(): Promise<void> {
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      while (!isOver(turns)) {
        turns += 1;
        await ask(turns - 1);
      }
    }),
  );
}

await (load.rate > 0 ? atRate() : asFastAsAnswered());
pool.close();
for (const list of Object.values(times)) list.sort((a, b) => a - b);
const report: Report = { times, byName, retryAfter, withoutRetryAfter, seconds: elapsed() };
process.stdout.write(JSON.stringify(report));
