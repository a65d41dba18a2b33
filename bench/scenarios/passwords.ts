import { SEED_PASSWORD } from "../../src/cli/seed.ts";
import { run, type Scenario } from "./scenario.ts";

/** Fewer than may wait for their turn: who waits in vain is answered 503. */
const together = { connections: 8, seconds: 8, hashes: 1 } as const;

export const passwords: readonly Scenario[] = [
  {
    name: "login",
    ...together,
    request: (_world, count) => ({
      method: "POST",
      path: "/v1/sessions",
      body: {
        data: {
          type: "sessions",
          attributes: { email: `user${String(2 + (count % 1000))}@example.org`, password: SEED_PASSWORD },
        },
      },
    }),
  },
  {
    name: "create (a user with password)",
    ...together,
    request: (_world, count) => ({
      method: "POST",
      path: "/v1/users",
      body: {
        data: {
          type: "users",
          attributes: { email: `${run}-${String(count)}@example.org`, password: "walnut-orbit-9" },
        },
      },
    }),
  },
];
