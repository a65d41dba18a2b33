import { ATOMIC, JSON_TYPE, pick, run, type Scenario, type World } from "./scenario.ts";

/** Not the admin: whatever is done to them, the session that does it goes on. */
const someone = ({ ids }: World, count: number) => pick(ids.slice(1), count);

const newRole = (name: string) => ({
  type: "roles",
  attributes: { name: `${run}-${name}`, description: "made by the benchmark" },
});
const renamed = (id: string, count: number) => ({
  type: "users",
  id,
  attributes: { firstName: `Ada ${String(count)}` },
});

export const writes: readonly Scenario[] = [
  {
    name: "create (a role)",
    makes: true,
    request: (_world, count) => ({ method: "POST", path: "/v1/roles", body: { data: newRole(String(count)) } }),
  },
  {
    name: "update (a user)",
    makes: true,
    request: (world, count) => {
      const id = someone(world, count);
      return { method: "PATCH", path: `/v1/users/${id}`, body: { data: renamed(id, count) } };
    },
  },
  {
    name: "replace a relationship",
    request: (world, count) => {
      // Other ones each time that the same user comes again.
      const ids = [world.roles[count % 8], world.roles[(count + 1 + (count % 5)) % 8]];
      const data = ids.map((id) => ({ type: "roles", id }));
      return { method: "PATCH", path: `/v1/users/${someone(world, count)}/relationships/roles`, body: { data } };
    },
  },
  {
    name: "10 atomic operations",
    makes: true,
    request: (world, count) => ({
      method: "POST",
      path: "/v1/operations",
      type: ATOMIC,
      body: {
        "atomic:operations": [0, 1, 2, 3, 4].flatMap((number) => [
          { op: "add", data: newRole(`${String(count)}-${String(number)}`) },
          { op: "update", data: renamed(someone(world, 5 * count + number), count) },
        ]),
      },
    }),
  },
  {
    name: "reset request",
    request: (_world, count) => ({
      method: "POST",
      path: "/v1/auth/reset-password",
      type: JSON_TYPE,
      body: { data: { email: `nobody${String(count)}@example.org` } },
    }),
  },
];
