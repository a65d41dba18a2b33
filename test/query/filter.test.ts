import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser, type Person } from "../fixtures/people.ts";

/** An admin, and five people with names; Ada and Grace are editors. */
async function makePeople(t: Parameters<typeof makeApp>[0]) {
  // No two things happen at the same moment.
  let now = Date.now();
  const server = await makeApp(t, {}, { clock: () => (now += 10) });
  const admin = await makeAdmin(server);
  const people: Record<string, Person> = {};
  for (const [firstName, lastName] of [
    ["Ada", "Lovelace"],
    ["Grace", "Hopper"],
    ["ada", "100%_[x]*"],
    ["Niklaus", null],
    ["Åse", "Ærø"],
  ] as const) {
    people[firstName] = await makeUser(server, { firstName, lastName });
  }
  const users = [people["Ada"], people["Grace"]].map((person) => ({ type: "users", id: person?.id }));
  const role = await server.ask("POST", "/v1/roles", {
    token: admin.token,
    body: { data: { type: "roles", attributes: { name: "editor" }, relationships: { users: { data: users } } } },
  });
  return { server, admin, people, roleId: String(role.body.data.id) };
}

async function names(server: TestApp, token: string, query: string): Promise<string[]> {
  const answer = await server.ask("GET", `/v1/users?${query}`, { token });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body.data
    .map((user: { attributes: { firstName: string | null } }) => user.attributes.firstName ?? "admin")
    .sort();
}

void t.test("operators compare as their names say", async (t) => {
  const { server, admin, people } = await makePeople(t);
  const created = (await server.ask("GET", `/v1/users/${people["Grace"]?.id ?? ""}`, { token: admin.token })).body.data
    .attributes.createdAt as string;
  const cases: [string, string[]][] = [
    ["filter[firstName]=Ada", ["Ada"]],
    ["filter[firstName][eq]=Ada", ["Ada"]],
    ["filter[firstName]=Ada,Grace", ["Ada", "Grace"]],
    ["filter[firstName][in]=Ada,Grace", ["Ada", "Grace"]],
    ["filter[firstName]=Ada&filter[firstName]=Grace", ["Ada", "Grace"]],
    ["filter%5BfirstName%5D%5B%5D=Ada&filter[firstName][]=Grace", ["Ada", "Grace"]],
    ["filter[firstName][ne]=Ada", ["Grace", "Niklaus", "ada", "admin", "Åse"].sort()],
    ["filter[firstName][nin]=Ada,ada,Grace", ["Niklaus", "admin", "Åse"].sort()],
    ["filter[lastName][null]=true", ["Niklaus", "admin"]],
    ["filter[lastName][null]=false", ["Ada", "Grace", "ada", "Åse"].sort()],
    ["filter[firstName][like]=A*", ["Ada"]],
    ["filter[firstName][ilike]=A*", ["Ada", "ada"]],
    ["filter[firstName][like]=*a*", ["Ada", "Grace", "Niklaus", "ada"]],
    ["filter[lastName][like]=*l*a*", ["Ada"]],
    ["filter[lastName][ilike]=l*a*e", ["Ada"]],
    ["filter[lastName][like]=100%25_[x]*", ["ada"]],
    ["filter[lastName][ilike]=100%25_[x]*", ["ada"]],
    ["filter[lastName][ilike]=100_*", []],
    ["filter[lastName][like]=100?*", []],
    ["filter[email][like]=PERSON*@example.org", ["Ada", "Grace", "Niklaus", "ada", "admin", "Åse"].sort()],
    [`filter[createdAt][lt]=${created}`, ["Ada", "admin"]],
    [`filter[createdAt][lte]=${created}`, ["Ada", "Grace", "admin"]],
    [`filter[createdAt][gt]=${created}`, ["Niklaus", "ada", "Åse"].sort()],
    [`filter[createdAt][gte]=${created}&filter[firstName][ilike]=*a*`, ["Grace", "Niklaus", "ada"]],
    ["filter[isVerified]=false&filter[firstName]=Ada", ["Ada"]],
    ["filter[isVerified]=true", []],
    [`filter[id][ne]=${people["Ada"]?.id ?? ""}&filter[firstName][ilike]=ada`, ["ada"]],
  ];
  for (const [query, expected] of cases) t.same(await names(server, admin.token, query), expected, query);
});

void t.test("paths lead through relationships: at least one related resource", async (t) => {
  const { server, admin, people, roleId } = await makePeople(t);
  const cases: [string, string[]][] = [
    ["filter[roles.name]=editor", ["Ada", "Grace"]],
    ["filter[roles.name][ne]=editor", ["admin"]],
    [`filter[roles]=${roleId}`, ["Ada", "Grace"]],
    [`filter[roles.id]=${roleId}`, ["Ada", "Grace"]],
    [`filter[roles][nin]=${roleId}`, ["Niklaus", "ada", "admin", "Åse"].sort()],
    ["filter[roles][null]=true", ["Niklaus", "ada", "Åse"].sort()],
    ["filter[roles][null]=false", ["Ada", "Grace", "admin"]],
    [`filter[roles.users]=${people["Ada"]?.id ?? ""}`, ["Ada", "Grace"]],
    ["filter[roles.users.lastName]=Hopper", ["Ada", "Grace"]],
    ["filter[roles]=not-an-id", []],
  ];
  for (const [query, expected] of cases) t.same(await names(server, admin.token, query), expected, query);
});

void t.test("filters work on related collections and on linkage alike", async (t) => {
  const { server, admin, people, roleId } = await makePeople(t);
  const related = await server.ask("GET", `/v1/roles/${roleId}/users?filter[lastName][like]=H*`, {
    token: admin.token,
  });
  t.same(
    related.body.data.map(({ id }: { id: string }) => id),
    [people["Grace"]?.id],
  );
  const linkage = await server.ask("GET", `/v1/roles/${roleId}/relationships/users?filter[lastName]=Hopper`, {
    token: admin.token,
  });
  t.same(linkage.body.data, [{ type: "users", id: people["Grace"]?.id }]);
});

void t.test("what a caller may not read cannot be found out by filtering", async (t) => {
  const { server, people } = await makePeople(t);
  const { token } = people["Ada"] as Person;
  t.same(await names(server, token, "filter[roles.users.lastName]=Hopper"), [], "Grace is not there for Ada");
  t.same(await names(server, token, "filter[roles.users.lastName]=Lovelace"), ["Ada"]);
  t.same(await names(server, token, "filter[roles.users.lastName][ne]=Lovelace"), []);
});

void t.test("what is not known, or not readable, is the same 400, with suggestions among what is", async (t) => {
  const { server, admin } = await makePeople(t);
  const refusals: [string, string][] = [
    ["filter[nickname]=x", "filter[nickname]"],
    ["filter[password]=x", "filter[password]"],
    ["filter[currentPassword][like]=x*", "filter[currentPassword][like]"],
    ["filter[roles.nope]=x", "filter[roles.nope]"],
    ["filter[firstName.name]=x", "filter[firstName.name]"],
    ["filter[sessions.token]=x", "filter[sessions.token]"],
    ["filter[firstName][matches]=x", "filter[firstName][matches]"],
    ["filter[isVerified]=maybe", "filter[isVerified]"],
    ["filter[isVerified][gt]=true", "filter[isVerified][gt]"],
    ["filter[createdAt]=yesterday", "filter[createdAt]"],
    ["filter[createdAt][like]=2026*", "filter[createdAt][like]"],
    ["filter[lastName][null]=perhaps", "filter[lastName][null]"],
    ["filter[createdAt][lt]=2026-01-01,2027-01-01", "filter[createdAt][lt]"],
    ["filter[firstName][like]=*a*b*c*d*e*f*", "filter[firstName][like]"],
    ["filter[roles.users.roles.users.roles]=x", "filter[roles.users.roles.users.roles]"],
    ["filter[email]=a%00b", "filter[email]"],
    ["filter[firstName][eq][x]=x", "filter[firstName][eq][x]"],
    ["filter=x", "filter"],
    ["filter[]=x", "filter"],
  ];
  for (const [query, parameter] of refusals) {
    const answer = await server.ask("GET", `/v1/users?${query}`, { token: admin.token });
    t.equal(answer.status, 400, query);
    t.equal(answer.body.errors[0].source.parameter, parameter, query);
  }
  const near = await server.ask("GET", "/v1/users?filter[fristName]=x", { token: admin.token });
  t.same(near.body.errors[0].meta.suggestions, ["firstName"]);
  const operator = await server.ask("GET", "/v1/users?filter[firstName][lik]=x", { token: admin.token });
  t.match(operator.body.errors[0].meta.suggestions, ["like"]);
});
