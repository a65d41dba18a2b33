import { isDeepStrictEqual } from "node:util";

import type { Target } from "./load.ts";
import { JSONAPI, type Scenario } from "./scenarios/scenario.ts";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

/** Asks both for the same, and says in what the answers differ: status, media type and document, whatever the order of its members. */
export async function differences(scenario: Scenario, one: Target, other: Target): Promise<string[]> {
  const [mine, theirs] = [await ask(scenario, one), await ask(scenario, other)];
  return [...differing(mine, theirs, "answer")].slice(0, 3);
}

async function ask(scenario: Scenario, { url, world }: Target): Promise<Answer> {
  const { method, path, body, type = JSONAPI } = scenario.request(world, 0);
  const answer = await fetch(url + path, {
    method,
    headers: {
      accept: type,
      authorization: `Bearer ${world.token}`,
      ...(body === undefined ? {} : { "content-type": type }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = (await answer.text()).replaceAll(url, "");
  const made = scenario.makes === true ? withoutNews(text) : text;
  return {
    status: answer.status,
    type: answer.headers.get("content-type")?.replace("; charset=utf-8", "") ?? null,
    body: made === "" ? null : (JSON.parse(made) as unknown),
  };
}

const RECENT = new Date(Date.now() - 3_600_000).toISOString();

/** Without the ids that were made for this answer, and the times of this hour. */
function withoutNews(text: string): string {
  return text
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b/g, (time) => (time > RECENT ? "now" : time))
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => (id.startsWith("016f5e") ? id : "new"));
}

function* differing(mine: unknown, theirs: unknown, at: string): Iterable<string> {
  if (isDeepStrictEqual(mine, theirs)) return;
  if (isObject(mine) && isObject(theirs) && Array.isArray(mine) === Array.isArray(theirs)) {
    for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
      yield* differing(mine[key], theirs[key], `${at}.${key}`);
    }
  } else yield `${at}: ${JSON.stringify(mine)} here, ${JSON.stringify(theirs)} on the floor`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
