import { Pool } from "./storm-client.ts";
import { JSONAPI, type Ask, type Scenario, type World } from "./scenarios/scenario.ts";

export interface Target {
  readonly url: string;
  readonly world: World;
  /** Request numbers that were used: each request of a run is another one. */
  readonly counters: Map<Scenario, number>;
}

export interface Load {
  /** Ends after so many seconds or requests, whichever comes first. */
  readonly seconds: number;
  readonly requests?: number;
  readonly connections: number;
}

export interface Result {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx, and none at all. */
  readonly failures: number;
}

/**
 * The next request of a scenario, as bytes of HTTP/1.1. Each comes from another browser, so that nobody is given again what somebody was
 * given a moment ago; unless that is what the scenario is about.
 */
export function nextRequest(target: Target, scenario: Scenario): Buffer {
  const count = target.counters.get(scenario) ?? 0;
  target.counters.set(scenario, count + 1);
  const browser = scenario.again === true ? "one" : String(count);
  return bytesOf(scenario.request(target.world, count), target.world.token, browser);
}

function bytesOf({ method, path, body, type = JSONAPI }: Ask, token: string, browser: string): Buffer {
  const text = body === undefined ? "" : JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    `User-Agent: bench/${browser}`,
    `Accept: ${type}`,
    `Authorization: Bearer ${token}`,
    ...(text === "" ? [] : [`Content-Type: ${type}`, `Content-Length: ${String(Buffer.byteLength(text))}`]),
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${text}`);
}

/** Asks as fast as is answered, on so many connections at once, and waits for the last answer. */
export async function load(
  target: Target,
  scenario: Scenario,
  { seconds, requests = Infinity, connections }: Load,
): Promise<Result> {
  const pool = new Pool(Number(new URL(target.url).port), connections);
  const times: number[] = [];
  let failures = 0;
  let asked = 0;
  const begun = performance.now();
  const until = begun + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let now = performance.now(); now < until && asked < requests;) {
        asked += 1;
        const { status } = await pool.ask(nextRequest(target, scenario));
        if (status < 200 || status > 299) failures += 1;
        const answered = performance.now();
        times.push(answered - now);
        now = answered;
      }
    }),
  );
  const elapsed = (performance.now() - begun) / 1000;
  pool.close();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return {
    requests: times.length,
    requestsPerSecond: times.length / elapsed,
    p50: at(0.5),
    p99: at(0.99),
    failures,
  };
}
