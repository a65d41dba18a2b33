import { passwords } from "./passwords.ts";
import { reads } from "./reads.ts";
import { JSON_TYPE, type Ask, type Scenario, type World } from "./scenario.ts";
import { writes } from "./writes.ts";

/** What a server refuses: faults must not be kept either. */
const refused: readonly ((world: World, count: number) => Ask)[] = [
  (_world, count) => ({ method: "GET", path: `/v1/users/00000000-0000-7000-8000-${String(count).padStart(12, "0")}` }),
  (_world, count) => ({ method: "GET", path: `/v1/users?include=nothing-${String(count)}` }),
  (_world, count) => ({
    method: "POST",
    path: "/v1/roles",
    body: { data: { type: "roles", attributes: { name: "", [`unknown-${String(count)}`]: 1 } } },
  }),
  (_world, count) => ({
    method: "PATCH",
    path: "/v1/auth/reset-password",
    type: JSON_TYPE,
    body: { data: { token: `wrong-${String(count)}`, password: "walnut-orbit-9" } },
  }),
  (_world, count) => ({ method: "GET", path: `/nowhere/${String(count)}` }),
];

/** A reset of an address that has an account: the worker makes a token and a mail. */
const realReset = (_world: World, count: number): Ask => ({
  method: "POST",
  path: "/v1/auth/reset-password",
  type: JSON_TYPE,
  body: { data: { email: `user${String(2 + (count % 1000))}@example.org` } },
});

/**
 * Everything that is measured, and what is refused, in turns.
 *
 * @param passwordsEvery one of so many requests hashes a password
 */
export function mix(passwordsEvery: number): Scenario {
  const asks = [...[...reads, ...writes].map(({ request }) => request), ...refused, realReset];
  return {
    name: "a bit of everything",
    request: (world, count) => {
      const at = Math.floor(count / asks.length);
      if (count % passwordsEvery === 0) {
        const turn = count / passwordsEvery;
        const scenario = passwords[turn % passwords.length];
        if (scenario !== undefined) return scenario.request(world, turn);
      }
      return (asks[count % asks.length] ?? realReset)(world, at);
    },
  };
}
