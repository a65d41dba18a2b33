import autocannon from "autocannon";

const MEDIA_TYPE = "application/vnd.api+json";

/** What every request of a scenario needs to know. */
export interface Target {
  readonly url: string;
  /** An admin's bearer token. */
  readonly token: string;
  /** Ids of users that exist. */
  readonly ids: readonly string[];
  /** The user in the middle of all users. */
  readonly middle: { readonly id: string; readonly createdAt: string };
}

export interface Scenario {
  readonly name: string;
  /** Queries to the database that the server makes for one request. */
  readonly queries: string;
  request(target: Target, count: number): { method: "GET" | "POST"; path: string; body?: string };
}

export interface Result {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

/** A cursor is the place of a row in an order: the order, and the values that it is by. */
const after = (place: readonly string[]) =>
  `page%5Bafter%5D=${Buffer.from(JSON.stringify(place)).toString("base64url")}&page%5Bsize%5D=20`;

const run = Date.now().toString(36);

export const scenarios: readonly Scenario[] = [
  {
    name: "read by id",
    queries: "2",
    request: ({ ids }, count) => ({ method: "GET", path: `/v1/users/${ids[count % ids.length] ?? ""}` }),
  },
  { name: "page of 20", queries: "3", request: () => ({ method: "GET", path: "/v1/users?page%5Bsize%5D=20" }) },
  {
    name: "page of 20, include=roles",
    queries: "4",
    request: () => ({ method: "GET", path: "/v1/users?include=roles&page%5Bsize%5D=20" }),
  },
  {
    name: "page 50 of 20",
    queries: "3",
    request: () => ({ method: "GET", path: "/v1/users?page%5Bnumber%5D=50&page%5Bsize%5D=20" }),
  },
  {
    name: "by cursor, halfway",
    queries: "2",
    request: ({ middle }) => ({ method: "GET", path: `/v1/users?${after(["id", middle.id])}` }),
  },
  {
    name: "the same, include=roles",
    queries: "3",
    request: ({ middle }) => ({ method: "GET", path: `/v1/users?include=roles&${after(["id", middle.id])}` }),
  },
  {
    name: "the same, by -createdAt",
    queries: "2",
    request: ({ middle }) => ({
      method: "GET",
      path: `/v1/users?sort=-createdAt&${after(["-created_at,-id", middle.createdAt, middle.id])}`,
    }),
  },
  {
    name: "create (a role)",
    queries: "2 + a transaction of 1",
    request: (_target, count) => ({
      method: "POST",
      path: "/v1/roles",
      body: JSON.stringify({
        data: {
          type: "roles",
          attributes: {
            name: `r-${run}-${String(process.hrtime.bigint())}-${String(count)}`,
            description: "made by the benchmark",
          },
        },
      }),
    }),
  },
  {
    name: "reset request",
    queries: "1",
    request: (_target, count) => ({
      method: "POST",
      path: "/v1/auth/reset-password",
      body: JSON.stringify({ data: { email: `nobody${String(count)}@example.org` } }),
    }),
  },
];

/** Loads one target with one scenario for some seconds. */
export async function measure(
  scenario: Scenario,
  target: Target,
  seconds: number,
  connections: number,
): Promise<Result> {
  let count = 0;
  const result = await autocannon({
    url: target.url,
    duration: seconds,
    connections,
    requests: [
      {
        setupRequest: (request) => {
          const { method, path, body } = scenario.request(target, count);
          count += 1;
          return {
            ...request,
            method,
            path,
            headers: {
              accept: path.startsWith("/v1/auth/") ? "application/json" : MEDIA_TYPE,
              authorization: `Bearer ${target.token}`,
              ...(body === undefined
                ? {}
                : { "content-type": path.startsWith("/v1/auth/") ? "application/json" : MEDIA_TYPE }),
            },
            ...(body === undefined ? {} : { body }),
          };
        },
      },
    ],
  });
  return {
    requestsPerSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failures: result.non2xx + result.errors,
  };
}
