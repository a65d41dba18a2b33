import { randomBytes } from "node:crypto";

import { newId } from "../../src/db/id.ts";
import type { Answer, Connection, Request } from "./connection.ts";
import { nobody, type Person, type World } from "./world.ts";

/** What somebody may wonder about, and the numbers that they would look at: milliseconds, by the name of what was looked at. */
export interface Scenario {
  readonly name: string;
  /** What is asked about. The last one is what does not exist; the others are compared with it. */
  readonly cases: readonly string[];
  /** Of each case this part of the wanted number is measured: some take long. */
  readonly share?: number;
  measure(kind: string, number: number): Promise<Readonly<Record<string, number>>>;
  /** A request that shows the answer of a case, where answers are to be alike. */
  show?(kind: string, number: number): Request;
}

export interface Tools {
  readonly connection: Connection;
  /** For what others ask meanwhile. */
  readonly others: readonly Connection[];
  readonly world: World;
}

const RESET = "/v1/auth/reset-password";

/** How long after a request the worker may still be at work on it (milliseconds): it wakes within 250, and waits for the mail service. */
const AFTERMATH = 400;

const one = (answer: Answer) => ({ answer: answer.milliseconds });

export function scenarios({ connection, others, world }: Tools): readonly Scenario[] {
  const pick = (people: readonly Person[], number: number) =>
    people[number % people.length] ?? { id: "", email: "", sessionId: "" };
  const ownRead: Request = { method: "GET", path: `/v1/users/${world.userId}`, token: world.token };

  const simple = (
    name: string,
    cases: readonly string[],
    request: (kind: string, number: number) => Request,
  ): Scenario => ({
    name,
    cases,
    show: request,
    measure: async (kind, number) => one(await connection.ask(request(kind, number))),
  });
  /** What else the server takes longer for, from the answer on, while it works on what was asked: reads and writes of somebody who only looks. */
  const aftermath = (
    name: string,
    cases: readonly string[],
    request: (kind: string, number: number) => Request,
    probe: () => Request,
  ): Scenario => ({
    name,
    cases,
    share: 0.5,
    measure: async (kind, number) => {
      await connection.ask(request(kind, number));
      const times: number[] = [];
      const end = performance.now() + AFTERMATH;
      while (performance.now() < end) times.push((await connection.ask(probe())).milliseconds);
      const sorted = [...times].sort((a, b) => a - b);
      return {
        "next request": times[0] ?? 0,
        "time of a probe": AFTERMATH / times.length,
        "longest probe": sorted.at(-1) ?? 0,
        "ten longest": sorted.slice(-10).reduce((sum, time) => sum + time, 0),
      };
    },
  });
  const ofSomebodyElse = (name: string, request: (id: string, person: Person) => Request): Scenario =>
    simple(name, ["exists", "does not"], (kind, number) => {
      const person = pick(world.people, number);
      return {
        token: world.token,
        ...request(
          kind === "exists" ? person.id : newId(),
          kind === "exists" ? person : { ...person, sessionId: newId() },
        ),
      };
    });

  const reset = (kind: string, number: number): Request => ({
    method: "POST",
    path: RESET,
    body: { data: { email: kind === "account" ? pick(world.people, number).email : nobody() } },
  });
  const register = (kind: string, number: number): Request => ({
    method: "POST",
    path: "/v1/users",
    body: {
      data: {
        type: "users",
        attributes: { email: kind === "taken" ? pick(world.people, number).email : nobody(), firstName: "Ada" },
      },
    },
  });
  const logIn = (kind: string, number: number): Request => {
    const people = {
      account: world.people,
      "without password": world.withoutPassword,
      "older hash": world.withOldHash,
    }[kind];
    const email = people === undefined ? nobody() : pick(people, number).email;
    return {
      method: "POST",
      path: "/v1/sessions",
      body: { data: { type: "sessions", attributes: { email, password: "wrong-orbit-9" } } },
    };
  };
  const users = (id: string) => `/v1/users/${id}`;

  return [
    simple("reset request", ["account", "nobody"], reset),
    aftermath("after a reset request, reads", ["account", "nobody"], reset, () => ownRead),
    aftermath("after a reset request, health", ["account", "nobody"], reset, () => ({
      method: "GET",
      path: "/healthz",
    })),
    simple("login, wrong password", ["account", "without password", "older hash", "nobody"], logIn),
    {
      name: "login in a crowd of others",
      cases: ["account", "nobody"],
      share: 0.5,
      measure: async (kind, number) => {
        // They come first, so that the one that is measured waits for its turn.
        const crowd = others.map((other) => other.ask(logIn("nobody", 0)));
        const answer = await connection.ask(logIn(kind, number));
        await Promise.all(crowd);
        return one(answer);
      },
    },
    simple("registration to confirm", ["taken", "free"], register),
    aftermath("after a registration, reads", ["taken", "free"], register, () => ownRead),
    ofSomebodyElse("GET another's user", (id) => ({ method: "GET", path: users(id) })),
    ofSomebodyElse("GET …?include=roles,sessions", (id) => ({
      method: "GET",
      path: `${users(id)}?include=roles,sessions`,
    })),
    ofSomebodyElse("GET …/sessions", (id) => ({ method: "GET", path: `${users(id)}/sessions` })),
    ofSomebodyElse("GET …/relationships/roles", (id) => ({ method: "GET", path: `${users(id)}/relationships/roles` })),
    ofSomebodyElse("PATCH another's user", (id) => ({
      method: "PATCH",
      path: users(id),
      body: { data: { type: "users", id, attributes: { firstName: "Eve" } } },
    })),
    ofSomebodyElse("PATCH …/relationships/roles", (id) => ({
      method: "PATCH",
      path: `${users(id)}/relationships/roles`,
      body: { data: [] },
    })),
    ofSomebodyElse("DELETE another's user", (id) => ({ method: "DELETE", path: users(id) })),
    ofSomebodyElse("GET another's session", (_id, { sessionId }) => ({
      method: "GET",
      path: `/v1/sessions/${sessionId}`,
    })),
    ofSomebodyElse("DELETE another's session", (_id, { sessionId }) => ({
      method: "DELETE",
      path: `/v1/sessions/${sessionId}`,
    })),
    simple("PATCH reset, bad token", ["of the wrong form", "unknown"], (kind) => ({
      method: "PATCH",
      path: RESET,
      body: {
        data: {
          token: kind === "unknown" ? randomBytes(32).toString("base64url") : randomBytes(32).toString("base64"),
          password: "walnut-orbit-9",
        },
      },
    })),
  ];
}
