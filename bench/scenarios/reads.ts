import { pick, type Scenario } from "./scenario.ts";

const get = (path: string) => ({ method: "GET", path }) as const;

/** A cursor is the place of a row in an order: the order, and the values that it is by. */
const after = (...place: readonly string[]) =>
  `page%5Bafter%5D=${Buffer.from(JSON.stringify(place)).toString("base64url")}&page%5Bsize%5D=20`;

const compound = () => get("/v1/users?include=roles&page%5Bsize%5D=20");

export const reads: readonly Scenario[] = [
  { name: "read by id", request: ({ ids }, count) => get(`/v1/users/${pick(ids, count)}`) },
  { name: "  the same one again", again: true, request: ({ ids }) => get(`/v1/users/${pick(ids, 1)}`) },
  { name: "page of 20", request: () => get("/v1/users?page%5Bsize%5D=20") },
  { name: "  include=roles", request: compound },
  { name: "  include=roles, again", again: true, request: compound },
  {
    name: "  fields[users]=email,firstName",
    request: () => get("/v1/users?fields%5Busers%5D=email,firstName&page%5Bsize%5D=20"),
  },
  {
    name: "  filter[email], finds one",
    request: (_world, count) =>
      get(`/v1/users?filter%5Bemail%5D=user${String(1 + (count % 1000))}%40example.org&page%5Bsize%5D=20`),
  },
  { name: "  number 250", request: () => get("/v1/users?page%5Bnumber%5D=250&page%5Bsize%5D=20") },
  { name: "  by cursor, halfway", request: ({ middle }) => get(`/v1/users?${after("id", middle.id)}`) },
  {
    name: "  the same, include=roles",
    request: ({ middle }) => get(`/v1/users?include=roles&${after("id", middle.id)}`),
  },
  {
    name: "  the same, sort=-createdAt",
    request: ({ middle }) => get(`/v1/users?sort=-createdAt&${after("-created_at,-id", middle.createdAt, middle.id)}`),
  },
];
