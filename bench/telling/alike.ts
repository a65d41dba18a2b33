import type { Answer, Connection, Request } from "./connection.ts";
import type { Scenario } from "./scenarios.ts";

/** Headers of which everybody knows that they vary. */
const VARYING = new Set(["date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"]);

/** An answer without what says when it was given, and with what was asked for in place of itself. */
function shapeOf(answer: Answer, request: Request): string {
  const headers = answer.headers.map(([name, value]) => (VARYING.has(name.toLowerCase()) ? name : `${name}: ${value}`));
  const requestId = answer.headers.find(([name]) => name.toLowerCase() === "x-request-id")?.[1] ?? "";
  const asked = [request.path.split(/[/?]/)[3] ?? "", emailIn(request.body), requestId].filter((text) => text !== "");
  const body = asked.reduce((text, part) => text.replaceAll(part, "…"), answer.body);
  return [String(answer.status), ...headers, body].join("\n");
}

function emailIn(body: unknown): string {
  return /"email":"([^"]+)"/.exec(JSON.stringify(body ?? {}))?.[1] ?? "";
}

/** In what the answers of a scenario's cases differ: status, names and order of headers, their values, body. Empty: in nothing. */
export async function differences(scenario: Scenario, connection: Pick<Connection, "ask">): Promise<string[]> {
  if (scenario.show === undefined) return [];
  const shapes: string[] = [];
  for (const [number, kind] of scenario.cases.entries()) {
    const request = scenario.show(kind, number);
    shapes.push(shapeOf(await connection.ask(request), request));
  }
  const [first = ""] = shapes;
  return shapes.filter((shape) => shape !== first).map((shape) => `${first}\n--- but ---\n${shape}`);
}
